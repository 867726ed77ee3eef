import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { openByteSource } from "../../src/store/byte-source.js";
import { openMemorySource } from "../../src/store/memory-source.js";
import { startRangeServer, type RangeServer } from "../support/range-server.js";
import { testStore } from "./store.js";

describe("byte sources", () => {
  let folder = "";
  let server: RangeServer;
  let made = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tectile-store-"));
    server = await startRangeServer();
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await server.close();
  });

  testStore("memory", { open: async (bytes) => openMemorySource(bytes) });
  testStore("file", {
    open: async (bytes) => {
      const path = join(folder, `${made++}.bin`);
      await writeFile(path, bytes);
      return openByteSource(path);
    },
    openMissing: () => openByteSource(join(folder, "missing.bin")),
  });
  testStore("http", {
    open: async (bytes) => {
      const path = `/${made++}.bin`;
      server.files.set(path, bytes);
      return openByteSource(server.origin + path);
    },
    openMissing: () => openByteSource(`${server.origin}/missing.bin`),
  });
});

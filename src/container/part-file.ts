import { open, rename, rm } from "node:fs/promises";
import { onDisk } from "../core/on-disk.js";

/** A file written under a temporary name beside its place; `finish` puts it there at once, so a killed writer leaves no half file. */
export interface PartFile {
  /** @throws UpstreamError where the disk doesn't take it, as `finish` does. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

export async function createPartFile(path: string): Promise<PartFile> {
  const temporary = `${path}.${process.pid}.part`;
  const file = await onDisk(path, () => open(temporary, "w"));
  return {
    write: (bytes, position) =>
      onDisk(path, async () => {
        let written = 0;
        while (written < bytes.length) {
          written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
        }
      }),
    finish: () =>
      onDisk(path, async () => {
        await file.sync();
        await file.close();
        await rename(temporary, path);
      }),
    async abort() {
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

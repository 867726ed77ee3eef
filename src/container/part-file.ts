import { open, rename, rm } from "node:fs/promises";

/** A file written under a temporary name beside its place; `finish` puts it there at once, so a killed writer leaves no half file. */
export interface PartFile {
  write(bytes: Uint8Array, position: number): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

export async function createPartFile(path: string): Promise<PartFile> {
  const temporary = `${path}.${process.pid}.part`;
  const file = await open(temporary, "w");
  return {
    async write(bytes, position) {
      let written = 0;
      while (written < bytes.length) {
        written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
      }
    },
    async finish() {
      await file.sync();
      await file.close();
      await rename(temporary, path);
    },
    async abort() {
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

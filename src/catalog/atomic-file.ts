import { randomBytes } from "node:crypto";
import { copyFile, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { onDisk } from "../core/on-disk.js";

/**
 * Writes a file whole or not at all, whatever kills the process: temporary name, fsync, rename, fsync of the folder.
 *
 * @throws UpstreamError where the disk doesn't take it, as all here that write.
 */
export function writeFileAtomic(path: string, text: string): Promise<void> {
  return onDisk(path, () => writeWhole(path, text));
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncPath(dirname(path));
}

/** Moves a file into place so that it is on disk, whole, before the new name shows; copies where it comes from another disk. */
export function moveFileAtomic(from: string, to: string): Promise<void> {
  return onDisk(to, () => moveWhole(from, to));
}

async function moveWhole(from: string, to: string): Promise<void> {
  await syncPath(from);
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EXDEV")) throw error;
    const temporary = temporaryName(to);
    await copyFile(from, temporary);
    await syncPath(temporary);
    await rename(temporary, to);
    await rm(from);
  }
  await syncPath(dirname(to));
}

/** Creates a folder and its parents, on disk. */
export async function makeFolder(path: string): Promise<void> {
  await onDisk(path, async () => {
    if ((await mkdir(path, { recursive: true })) !== undefined) await syncPath(dirname(path));
  });
}

/** A hidden name beside a path that nobody else uses; TEMPORARY matches it. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
}

/** True for the names that temporaryName makes. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith(".") && name.endsWith(".tmp");
}

/** Removes what temporaryName named in a folder and nobody has touched for `ageMs`. */
export async function removeTemporaries(folder: string, ageMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporaryName)) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined && Date.now() - stats.mtimeMs >= ageMs) await rm(path, { force: true });
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems and Windows can't sync a folder.
    if (!(error instanceof Error && "code" in error && ["EPERM", "EISDIR", "EINVAL"].includes(String(error.code))))
      throw error;
  } finally {
    await handle.close();
  }
}

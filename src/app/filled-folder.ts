import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../core/assert.js";
import type { FilledStore } from "../tile/fill/fills.js";

export interface FilledFolderOptions {
  /** The files that were used longest ago go when all together are larger. */
  readonly maxBytes: number;
  /** Told of the first failure. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

const EXTENSION = ".filled";
/** Of the bytes allowed, what is left after files went: not every one that comes makes one go. */
const KEPT_SHARE = 0.9;

/**
 * Filled chunks in a folder, a file each, so that they survive restarts. Servers may share it: files appear whole. It never fails by itself:
 * what can't be read is filled again, what can't be written isn't kept.
 */
export function createFilledFolder(folder: string, { maxBytes, onProblem }: FilledFolderOptions): FilledStore {
  let [isTold, written] = [false, 0];
  let held: Promise<number> | undefined;
  let trimming: Promise<void> | undefined;

  function tell(error: unknown): void {
    if (!isTold) onProblem?.(`Filled chunks can't be kept in ${folder}: ${messageOf(error)}`);
    isTold = true;
  }

  async function files(): Promise<
    readonly { readonly path: string; readonly bytes: number; readonly usedMs: number }[]
  > {
    const names = (await readdir(folder)).filter((name) => name.endsWith(EXTENSION));
    const found = await Promise.all(
      names.map(async (name) => {
        const path = join(folder, name);
        const known = await stat(path).catch(() => undefined);
        return known === undefined ? [] : [{ path, bytes: known.size, usedMs: known.mtimeMs }];
      }),
    );
    return found.flat();
  }

  async function trim(): Promise<void> {
    const oldestFirst = (await files()).toSorted((a, b) => a.usedMs - b.usedMs);
    let total = oldestFirst.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > maxBytes) {
      for (const { path, bytes } of oldestFirst) {
        if (total <= KEPT_SHARE * maxBytes) break;
        await rm(path, { force: true });
        total -= bytes;
      }
    }
    held = Promise.resolve(total);
  }

  return {
    async get(key) {
      const path = join(folder, key + EXTENSION);
      try {
        const bytes = await readFile(path);
        const now = new Date();
        utimes(path, now, now).catch(() => undefined);
        return bytes;
      } catch {
        return undefined;
      }
    },
    async set(key, value) {
      const path = join(folder, key + EXTENSION);
      const part = `${path}.${process.pid}-${written++}.part`;
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(part, value);
        await rename(part, path);
        held ??= files().then((known) => known.reduce((sum, { bytes }) => sum + bytes, -value.length));
        const total = (await held) + value.length;
        held = Promise.resolve(total);
        if (total <= maxBytes) return;
        trimming ??= trim().finally(() => (trimming = undefined));
        await trimming;
      } catch (error) {
        tell(error);
        await rm(part, { force: true }).catch(() => undefined);
      }
    },
  };
}

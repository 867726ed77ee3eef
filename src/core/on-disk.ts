import { UpstreamError } from "./errors.js";

/** What a disk says when it can't be written, in words. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "the disk is full"],
  ["EDQUOT", "the disk's quota is used up"],
  ["EFBIG", "the file is larger than may be"],
  ["EROFS", "the disk is read-only"],
  ["EACCES", "it may not be written"],
  ["EIO", "the disk failed"],
  ["EMFILE", "too many files are open"],
  ["ENFILE", "too many files are open"],
]);

/**
 * Runs what writes at a path.
 *
 * @throws UpstreamError saying in words why the disk doesn't take it; what else `work` throws as it is.
 */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const reason = REASONS.get(code);
    if (reason === undefined) throw cause;
    throw new UpstreamError(`${path} can't be written: ${reason} (${code})`, { cause });
  }
}

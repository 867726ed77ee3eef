import { constants, type BigIntStats } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { AppError, InvalidRequestError, NotFoundError, UpstreamError } from "../core/errors.js";
import type { ByteSource } from "./byte-source.js";
import { shortLocation } from "./location.js";

/**
 * A file, held open: a rename over it doesn't disturb reads under way.
 *
 * @throws NotFoundError, or InvalidRequestError for a folder.
 */
export async function openFileSource(path: string): Promise<ByteSource> {
  const location = shortLocation(path);
  // A pipe without a writer would wait forever; Windows has neither the flag nor such pipes.
  const handle = await guarded(location, () => open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    const stats = await guarded(location, () => handle.stat({ bigint: true }));
    if (!stats.isFile()) throw new InvalidRequestError(`${location} is not a file`);
    return new FileSource(location, handle, Number(stats.size), identityOf(stats));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * What the `identity` of a file's source would be now, without opening it.
 *
 * @throws NotFoundError
 */
export async function fileIdentity(path: string): Promise<string> {
  return identityOf(await guarded(shortLocation(path), () => stat(path, { bigint: true })));
}

const identityOf = ({ mtimeNs, size }: BigIntStats): string => `${mtimeNs.toString(36)}-${size.toString(36)}`;

class FileSource implements ByteSource {
  readonly location: string;
  private readonly handle: FileHandle;
  private readonly sizeBytes: number;
  private readonly version: string;

  constructor(location: string, handle: FileHandle, sizeBytes: number, version: string) {
    this.location = location;
    this.handle = handle;
    this.sizeBytes = sizeBytes;
    this.version = version;
  }

  async size(): Promise<number> {
    return this.sizeBytes;
  }

  async getRange(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted();
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await guarded(this.location, () =>
        this.handle.read(bytes, filled, bytes.length - filled, offset + filled),
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    signal?.throwIfAborted();
    return filled === bytes.length ? bytes : bytes.slice(0, filled);
  }

  async identity(): Promise<string> {
    return this.version;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

async function guarded<T>(location: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    if (code === "ENOENT" || code === "ENOTDIR") throw new NotFoundError(`File ${location} does not exist`, { cause });
    if (code === "EISDIR") throw new InvalidRequestError(`${location} is a folder; wanted a file`, { cause });
    throw new UpstreamError(`File ${location} could not be read (${code})`, { cause });
  }
}

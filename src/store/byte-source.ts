import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import { openFileSource } from "./file-source.js";
import { openHttpSource, type HttpSourceOptions } from "./http-source.js";
import { parseLocation } from "./location.js";

/** Bytes that can be read in pieces: a file, a URL, a buffer. Every implementation passes test/contract/store.ts. */
export interface ByteSource {
  /** For messages only: no host, no query, no credentials; see shortLocation. */
  readonly location: string;
  /** Length in bytes. */
  size(signal?: AbortSignal): Promise<number>;
  /**
   * Those of the bytes [offset, offset + length) that exist: fewer than `length` only at the end, none beyond it. The buffer
   * returned belongs to the caller.
   *
   * @throws NotFoundError, UpstreamError
   */
  getRange(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Changes when the bytes may have changed (ETag, or time and size); cheap after the first read. */
  identity(signal?: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens a path, file: URL or http(s) URL. A file is opened at once; a URL is first contacted by the first read.
 *
 * @throws NotFoundError when the file is missing; UnsupportedError for other schemes, such as s3:.
 */
export async function openByteSource(location: string, options: HttpSourceOptions = {}): Promise<ByteSource> {
  const parsed = parseLocation(location);
  switch (parsed.kind) {
    case "file":
      return openFileSource(parsed.path);
    case "http":
      return openHttpSource(parsed.url, options);
    case "other":
      throw new UnsupportedError(`Location has the scheme ${parsed.scheme}:; wanted a path, file:, http: or https:`);
  }
}

/**
 * Exactly the bytes [offset, offset + length).
 *
 * @throws CorruptDataError when the source ends before.
 */
export async function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await source.getRange(offset, length, signal);
  if (bytes.length === length) return bytes;
  throw new CorruptDataError(
    source.location,
    `${length} bytes expected at offset ${offset}, ${bytes.length} read: the file ends early`,
  );
}

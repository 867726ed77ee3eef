import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import { openFileSource } from "./file-source.js";
import { openHttpSource, type HttpSourceOptions } from "./http-source.js";
import { parseLocation, schemeOf } from "./location.js";

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

/** Opens the bytes at a location; stores of plugins are of this form too. */
export type OpenStore = (location: string) => Promise<ByteSource>;

/** What opens each URL scheme without any plugin; a plain path counts as "file". */
export const BUILT_IN_STORES: Readonly<Record<"file" | "http" | "https", OpenStore>> = {
  file: (location) => openByteSource(location),
  http: (location) => openByteSource(location),
  https: (location) => openByteSource(location),
};

/** Opens locations with the store of their scheme; what it opens throws UnsupportedError for a scheme that none has. */
export function createStoreOpener(stores: Readonly<Record<string, OpenStore>>): OpenStore {
  return async (location) => {
    const scheme = schemeOf(location);
    const open = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined;
    if (open !== undefined) return open(location);
    const others = Object.keys(stores).map((name) => `${name}:`);
    throw new UnsupportedError(`Location has the scheme ${scheme}:; wanted a path or ${others.join(", ")}`);
  };
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

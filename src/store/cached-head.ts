import type { ByteSource } from "./byte-source.js";

/**
 * The same source with its first bytes kept: reads inside the head cost one request in all, made by the first of them.
 *
 * @param headBytes what one request may fetch to open a file: 64 KiB holds a TEC-COG's directories
 */
export function withCachedHead(source: ByteSource, headBytes = 64 * 1024): ByteSource {
  let head: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const readHead = async (signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> => {
    signal?.throwIfAborted();
    // Read without the signal: another caller may be waiting for the same bytes.
    head ??= source.getRange(0, headBytes).catch((error: unknown) => {
      head = undefined;
      throw error;
    });
    const bytes = await head;
    signal?.throwIfAborted();
    return bytes;
  };
  return {
    location: source.location,
    size: async (signal) => {
      const bytes = await readHead(signal);
      return bytes.length < headBytes ? bytes.length : source.size(signal);
    },
    identity: async (signal) => {
      await readHead(signal);
      return source.identity(signal);
    },
    getRange: async (offset, length, signal) => {
      if (offset + length > headBytes) return source.getRange(offset, length, signal);
      return (await readHead(signal)).slice(offset, offset + length);
    },
    close: () => source.close(),
  };
}

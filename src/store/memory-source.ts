import { createHash } from "node:crypto";
import type { ByteSource } from "./byte-source.js";

/** A buffer as a byte source. The buffer must not change afterwards. */
export function openMemorySource(bytes: Uint8Array, location = "memory"): ByteSource {
  let digest: string | undefined;
  return {
    location,
    size: async () => bytes.length,
    getRange: async (offset, length, signal) => {
      signal?.throwIfAborted();
      return new Uint8Array(bytes.subarray(offset, Math.max(offset, offset + length)));
    },
    identity: async () => (digest ??= createHash("sha256").update(bytes).digest("hex")),
    close: async () => undefined,
  };
}

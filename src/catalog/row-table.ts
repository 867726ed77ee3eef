import { createSlices } from "../core/slices.js";

/** Finds rows by a hash of something that each has: open addressing in one typed array, 8 to 16 bytes a row. */
export interface RowTable {
  /** The first row of this hash of which `isIt` holds. */
  find(hash: number, isIt: (row: number) => boolean): number | undefined;
}

/** Made in slices; `hashOf` gives 32 bits. */
export async function createRowTable(size: number, hashOf: (row: number) => number): Promise<RowTable> {
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * size + 2))).fill(-1);
  const mask = slots.length - 1;
  const slices = createSlices();
  for (let row = 0; row < size; row++) {
    let slot = hashOf(row) & mask;
    while (slots[slot] !== -1) slot = (slot + 1) & mask;
    slots[slot] = row;
    if (row % 4096 === 0 && slices.isOver()) await slices.pause();
  }
  return {
    find(hash, isIt) {
      for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
        const row = slots[slot] ?? -1;
        if (row === -1) return undefined;
        if (isIt(row)) return row;
      }
    },
  };
}

/** Of bytes (FNV-1a, its bits mixed once more). */
export function hashOfBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d);
}

import { CorruptDataError } from "../../core/errors.js";

/**
 * Where an encoder's floats were too near to a threshold for another device to be sure of the side: positions, ascending, and for each
 * whether the upper side was taken. Coded as gaps in Rice codes and one bit a side: about 12 bits an entry; nothing at all when empty.
 *
 * Bytes: the count as LEB128, u8 k, then for each entry, most significant bit first, the gap's upper bits as ones and a zero, its lower
 * k bits, the side; gap = position - the position before - 1.
 */
export interface BoundaryList {
  readonly positions: readonly number[];
  readonly upper: readonly boolean[];
}

export function packBoundaries({ positions, upper }: BoundaryList): Uint8Array {
  if (positions.length === 0) return new Uint8Array();
  const gaps = positions.map((position, i) => position - (positions[i - 1] ?? -1) - 1);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const k = Math.max(0, Math.round(Math.log2(mean + 1) - 0.5));
  const bits: number[] = [];
  gaps.forEach((gap, i) => {
    for (let q = gap >>> k; q > 0; q--) bits.push(1);
    bits.push(0);
    for (let b = k - 1; b >= 0; b--) bits.push((gap >> b) & 1);
    bits.push(upper[i] === true ? 1 : 0);
  });
  const bytes: number[] = [];
  for (let n = positions.length; ; n >>>= 7) {
    bytes.push(n > 127 ? (n & 127) | 128 : n);
    if (n <= 127) break;
  }
  bytes.push(k);
  for (let at = 0; at < bits.length; at += 8)
    bytes.push(bits.slice(at, at + 8).reduce((v, b, i) => v | (b << (7 - i)), 0));
  return Uint8Array.from(bytes);
}

/**
 * The side at each of `total` positions: -1 not listed, 0 lower, 1 upper.
 *
 * @throws CorruptDataError naming `location` when the bytes end early, are too many or name a position beyond `total`.
 */
export function unpackBoundaries(bytes: Uint8Array, total: number, location: string): Int8Array {
  const sides = new Int8Array(total).fill(-1);
  if (bytes.length === 0) return sides;
  let [count, at, shift] = [0, 0, 0];
  for (; ; at++, shift += 7) {
    const byte = bytes[at] ?? 0;
    count |= (byte & 127) << shift;
    if (byte < 128 || shift > 21) break;
  }
  const k = bytes[at + 1] ?? 32;
  if (count < 1 || count > total || k > 24) throw new CorruptDataError(location, "the boundary list's head is damaged");
  let bit = 8 * (at + 2);
  const next = (): number => {
    const byte = bytes[bit >> 3];
    if (byte === undefined) throw new CorruptDataError(location, "the boundary list ended early");
    return (byte >> (7 - (bit++ & 7))) & 1;
  };
  let position = -1;
  for (let i = 0; i < count; i++) {
    let gap = 0;
    while (next() === 1) gap++;
    for (let b = 0; b < k; b++) gap = gap * 2 + next();
    position += gap + 1;
    if (position >= total) throw new CorruptDataError(location, `a boundary at ${position}, the chunk has ${total}`);
    sides[position] = next();
  }
  if (bytes.length !== (bit + 7) >> 3) throw new CorruptDataError(location, "the boundary list was not used up");
  return sides;
}

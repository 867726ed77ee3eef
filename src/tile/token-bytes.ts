import { SECTION } from "../container/chunk.js";
import { MOST_TOKENS } from "../core/codecs.js";
import { CorruptDataError } from "../core/errors.js";

/** Bytes of a chunk's head, and of each entry of its section table (docs/format.md §3). */
const [HEAD_BYTES, ENTRY_BYTES] = [16, 4];
/** Sections of a FlexTEC chunk, at most: each kind below the tokens once, and the tokens. */
const FLEXTEC_SECTIONS = SECTION.correction + 1 + MOST_TOKENS;

/**
 * The bytes from a chunk's start that its first `tokens` tokens need; undefined where `head` is too short to tell, which one of 116
 * bytes never is.
 *
 * @throws CorruptDataError where there are more sections than a FlexTEC chunk can have, or tokens in disorder.
 */
export function bytesOfTokens(head: Uint8Array, tokens: number, location: string): number | undefined {
  const sections = head[5] ?? 0;
  if (sections > FLEXTEC_SECTIONS)
    throw new CorruptDataError(location, `${sections} sections, ${FLEXTEC_SECTIONS} at most expected of FlexTEC`);
  const start = HEAD_BYTES + ENTRY_BYTES * sections;
  if (head.length < start) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let end = start;
  for (let i = 0; i < sections; i++) {
    const word = view.getUint32(HEAD_BYTES + ENTRY_BYTES * i, true);
    if ((word & 255) >= SECTION.token0 + tokens) continue;
    if (end !== start + sumBefore(view, i)) throw new CorruptDataError(location, "its tokens are out of order");
    end += word >>> 8;
  }
  return end;
}

/** Cuts what was not read off a chunk's section table, so that the rest parses as a chunk with fewer tokens. */
export function withoutMissingTokens(bytes: Uint8Array, tokens: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes[5] ?? 0;
  const kept = Array.from({ length: count }, (_, i) => view.getUint32(HEAD_BYTES + ENTRY_BYTES * i, true)).filter(
    (word) => (word & 255) < SECTION.token0 + tokens,
  );
  const out = new Uint8Array(bytes.length - ENTRY_BYTES * (count - kept.length));
  out.set(bytes.subarray(0, HEAD_BYTES));
  out[5] = kept.length;
  const outView = new DataView(out.buffer);
  kept.forEach((word, i) => outView.setUint32(HEAD_BYTES + ENTRY_BYTES * i, word, true));
  out.set(bytes.subarray(HEAD_BYTES + ENTRY_BYTES * count), HEAD_BYTES + ENTRY_BYTES * kept.length);
  return out;
}

function sumBefore(view: DataView, sections: number): number {
  let sum = 0;
  for (let i = 0; i < sections; i++) sum += view.getUint32(HEAD_BYTES + ENTRY_BYTES * i, true) >>> 8;
  return sum;
}

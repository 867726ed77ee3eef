/** Magnitudes are looked up in eighths of a symbol: the finest unit that a feature comes in. */
const EIGHTHS = 8;
/** round(12 log2(1 + v)) reaches 127 below this. */
const LARGEST = 1536 * EIGHTHS;

const LEVELS = Uint8Array.from({ length: LARGEST + 1 }, (_, e) =>
  Math.min(127, Math.round(12 * Math.log2(1 + e / EIGHTHS))),
);

/**
 * The integer logarithm of all context features: round(12 log2(1 + |v|)), 0..127, for v in eighths of a symbol.
 * No value of the table lies near a half, so every engine's log2 gives the same table.
 */
export function levelOfEighths(eighths: number): number {
  const magnitude = eighths < 0 ? -eighths : eighths;
  return magnitude >= LARGEST ? 127 : (LEVELS[magnitude] ?? 0);
}

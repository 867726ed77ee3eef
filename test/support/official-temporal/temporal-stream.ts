import { CorruptDataError } from "../../../src/core/errors.js";
import type { IndexedRans } from "../../../src/codec/rans-indexed.js";
import type { Doubt, TokenRows } from "./temporal-rows.js";

/** How many of the least certain doubts are tried in all their ones, twos, threes, ...; at most about 7,000 readings of 0.2 ms each. */
const TRIED = [500, 64, 26, 16, 12, 10];

/**
 * Decodes one token's stream to latents. The encoder's floats chose the tables; where ours may have chosen otherwise (`doubts`) the other
 * choice is tried, one to six at a time, the least certain first: only the right one uses the stream up and ends in the coder's
 * first state (a wrong one does so with a chance below 2^-31).
 *
 * @throws CorruptDataError naming `location` when no reading fits.
 */
export function decodeToken(
  rans: IndexedRans,
  stream: Uint8Array,
  token: TokenRows,
  location: string,
): { readonly latents: Int16Array; readonly repaired: number } {
  const first = read(rans, stream, token.rows, location);
  if (!(first instanceof CorruptDataError)) return { latents: sum(first, token.base), repaired: 0 };
  for (const flips of choices(token.doubts)) {
    const rows = token.rows.slice();
    for (const { at, row } of flips) rows[at >> 1] = row;
    const symbols = read(rans, stream, rows, location);
    if (symbols instanceof CorruptDataError) continue;
    const base = token.base.slice();
    for (const flip of flips) base[flip.at >> 1] = flip.base;
    return { latents: sum(symbols, base), repaired: flips.length };
  }
  throw first;
}

function read(
  rans: IndexedRans,
  stream: Uint8Array,
  rows: Uint16Array,
  location: string,
): Int16Array | CorruptDataError {
  try {
    const decoder = rans.decoder(stream, location);
    const symbols = decoder.next(rows);
    decoder.finish();
    return symbols;
  } catch (error) {
    if (error instanceof CorruptDataError) return error;
    throw error;
  }
}

function* choices(doubts: readonly Doubt[]): Generator<readonly Doubt[]> {
  for (const [i, tried] of TRIED.entries()) yield* subsets(doubts.slice(0, tried), i + 1);
}

/** Subsets of one size in the order of their last member, so that far members come late. */
function* subsets(doubts: readonly Doubt[], size: number): Generator<readonly Doubt[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [i, last] of doubts.entries()) {
    for (const others of subsets(doubts.slice(0, i), size - 1)) yield [...others, last];
  }
}

function sum(symbols: Int16Array, base: Int16Array): Int16Array {
  return symbols.map((symbol, i) => symbol + (base[i] ?? 0));
}

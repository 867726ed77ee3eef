import type { ByteSource } from "./byte-source.js";
import { readExactly } from "./byte-source.js";

/** Bytes [offset, offset + length) of a source. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** One request, and which of the ranges asked for lie in it. */
export interface MergedRange extends ByteRange {
  readonly members: readonly number[];
}

export interface MergeOptions {
  /** Unwanted bytes worth fetching to save a request; 16 KiB. */
  readonly maxGapBytes?: number;
  /** No merged request grows beyond this; 4 MiB. */
  readonly maxBytes?: number;
}

/** The fewest requests that cover the ranges, in file order. Pure. */
export function mergeRanges(ranges: readonly ByteRange[], options: MergeOptions = {}): readonly MergedRange[] {
  const { maxGapBytes = 16 * 1024, maxBytes = 4 * 1024 * 1024 } = options;
  const order = ranges.map((range, index) => ({ ...range, index })).sort((a, b) => a.offset - b.offset);
  const merged: { offset: number; length: number; members: number[] }[] = [];
  for (const { offset, length, index } of order) {
    const last = merged.at(-1);
    const grown = last === undefined ? Infinity : Math.max(last.length, offset + length - last.offset);
    if (last === undefined || offset > last.offset + last.length + maxGapBytes || grown > maxBytes) {
      merged.push({ offset, length, members: [index] });
      continue;
    }
    last.length = grown;
    last.members.push(index);
  }
  return merged;
}

/**
 * Reads several ranges with as few requests as sensible, at once; results in the order asked.
 *
 * @throws CorruptDataError when one reaches beyond the source's end.
 */
export async function readRanges(
  source: ByteSource,
  ranges: readonly ByteRange[],
  options: MergeOptions & { readonly signal?: AbortSignal } = {},
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const results: Uint8Array<ArrayBuffer>[] = ranges.map(() => new Uint8Array(0));
  await Promise.all(
    mergeRanges(ranges, options).map(async (request) => {
      const bytes = await readExactly(source, request.offset, request.length, options.signal);
      for (const member of request.members) {
        const range = ranges[member];
        if (range === undefined) continue;
        const start = range.offset - request.offset;
        results[member] = bytes.slice(start, start + range.length);
      }
    }),
  );
  return results;
}

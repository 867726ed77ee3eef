import { BANDS, type NativeFactors } from "../../core/bands.js";
import { PROVENANCE } from "../../core/provenance.js";
import type { PixelWindow } from "../../core/raster.js";
import { intersectWindow } from "../../ingest/block.js";
import type { MergedWindow } from "../../tile/mosaic/merge-window.js";

/** The bands that are coarser by the same factor on all dates; undefined for none. */
export function commonNative(dates: readonly (NativeFactors | undefined)[]): NativeFactors | undefined {
  const [first, ...others] = dates;
  const shared = Object.entries(first ?? {}).filter(([band, factor]) =>
    others.every((one) => Object.entries(one ?? {}).some(([name, other]) => name === band && other === factor)),
  );
  return shared.length === 0 ? undefined : (Object.fromEntries(shared) as NativeFactors);
}

/** Whole pixels of 20 and 60 m: blocks of 6 hold whole ones of 2. */
const WHOLE_PX = 6;

/** A window of a grid with the native pixels whole that it cuts. */
export function wholeNative(
  { x, y, width, height }: PixelWindow,
  grid: { readonly width: number; readonly height: number },
): PixelWindow {
  const down = (at: number): number => Math.floor(at / WHOLE_PX) * WHOLE_PX;
  const up = (at: number): number => Math.ceil(at / WHOLE_PX) * WHOLE_PX;
  const [left, top] = [down(x), down(y)];
  return intersectWindow({ x: left, y: top, width: up(x + width) - left, height: up(y + height) - top }, grid);
}

/**
 * Gives each native pixel of a merged window one value again, in place. The methods choose and merge at 10 m, so that within one different dates may meet: it
 * becomes what most of its pixels come from (the first of equally many, and what was seen before what is inferred), of several values their mean.
 */
export function repeatNative(
  { samples, valid, provenance }: Pick<MergedWindow, "samples" | "valid" | "provenance">,
  { x, y, width, height }: PixelWindow,
  native: NativeFactors,
): void {
  for (const [b, band] of BANDS.entries()) {
    const factor = native[band];
    if (factor === undefined) continue;
    const plane = samples.subarray(b * width * height, (b + 1) * width * height);
    for (let top = -(y % factor); top < height; top += factor)
      for (let left = -(x % factor); left < width; left += factor) {
        const block = pixelsIn({ left, top, factor }, width, height);
        const value = valueOf(block, plane, { valid, provenance });
        if (value !== undefined) for (const i of block) plane[i] = value;
      }
  }
}

function pixelsIn(
  { left, top, factor }: { readonly left: number; readonly top: number; readonly factor: number },
  width: number,
  height: number,
): readonly number[] {
  const found: number[] = [];
  for (let r = Math.max(0, top); r < Math.min(height, top + factor); r++)
    for (let c = Math.max(0, left); c < Math.min(width, left + factor); c++) found.push(r * width + c);
  return found;
}

/** Undefined where nothing of it is valid. */
function valueOf(
  block: readonly number[],
  plane: Float32Array,
  { valid, provenance }: Pick<MergedWindow, "valid" | "provenance">,
): number | undefined {
  const votes = new Map<number, { count: number; sum: number }>();
  for (const i of block) {
    if (valid[i] === 0) continue;
    const code = provenance[i] ?? PROVENANCE.none;
    const vote = votes.get(code) ?? { count: 0, sum: 0 };
    vote.count++;
    vote.sum += plane[i] ?? 0;
    votes.set(code, vote);
  }
  const seen = [...votes].filter(([code]) => code !== PROVENANCE.inferred);
  const [first, ...others] = (seen.length > 0 ? seen : [...votes]).map(([, vote]) => vote);
  if (first === undefined) return undefined;
  const most = others.reduce((best, vote) => (vote.count > best.count ? vote : best), first);
  return Math.round(most.sum / most.count);
}

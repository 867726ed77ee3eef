import { BANDS } from "../core/bands.js";
import type { Source } from "./source.js";
import { sampleWindows } from "./source-sampling.js";

/** Sentinel-2 imagery stays above 30 dB at every quality; what falls below this is something else, or in other units. */
const LOW_DB = 20;

/**
 * What to say of an image that was kept badly: undefined where it is 20 dB or more, else a sentence with the likely reason, found by
 * looking at the source again.
 */
export async function explainLowPsnr(
  source: Source,
  psnr: Readonly<Record<string, number>>,
): Promise<string | undefined> {
  const all = psnr["all"];
  if (all === undefined || all >= LOW_DB) return undefined;
  const looks = await lookAt(source);
  return `PSNR ${all} dB is far below what Sentinel-2 imagery gives (30 and more): ${reasonOf(source, psnr, looks)}`;
}

interface Look {
  /** Median of valid digital numbers. */
  readonly median: number;
  readonly top: number;
  /** Mean difference between neighbours, as a share of the spread: 0.3 and more is noise. */
  readonly roughness: number;
}

function reasonOf(source: Source, psnr: Readonly<Record<string, number>>, looks: readonly Look[]): string {
  const top = Math.max(...looks.map((look) => look.top));
  const median = Math.max(...looks.map((look) => look.median));
  if (top > 30_000)
    return `its numbers reach ${Math.round(top)}, reflectance x 10000 ends near 16000: another scale or a nodata value without a tag? See --scale and --offset`;
  if (median < 30)
    return `its numbers are no larger than ${Math.round(top)}, as of reflectance or percent that was not scaled to x 10000; see --scale`;
  const bad = BANDS.filter((band) => (psnr[band] ?? 99) < LOW_DB);
  if (bad.length > 0 && bad.length < BANDS.length / 2)
    return `${bad.join(", ")} ${bad.length === 1 ? "is" : "are"} the reason, perhaps another band, a mask or an index under that name`;
  if (looks.every(({ roughness }) => roughness > 0.2)) return "it looks like noise, not like a picture";
  if (source.warnings.some((text) => text.includes("no names")))
    return "its bands have no names, and may be in another order than was taken";
  return "its bands may be in another order or units than Sentinel-2's";
}

async function lookAt(source: Source): Promise<readonly Look[]> {
  const values: number[][] = BANDS.map(() => []);
  const steps = BANDS.map(() => [0, 0]);
  for (const window of sampleWindows(source.grid)) {
    const { raster } = await source.read(window);
    const size = raster.width * raster.height;
    for (const [b, list] of values.entries()) {
      for (let i = 0; i < size; i++) {
        if (raster.valid[i] === 0) continue;
        const value = raster.samples[b * size + i] ?? 0;
        list.push(value);
        if (i % raster.width === 0 || raster.valid[i - 1] === 0) continue;
        const step = steps[b];
        if (step === undefined) continue;
        step[0] = (step[0] ?? 0) + Math.abs(value - (raster.samples[b * size + i - 1] ?? 0));
        step[1] = (step[1] ?? 0) + 1;
      }
    }
  }
  return values.map((list, b) => {
    const sorted = Float64Array.from(list).sort();
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
    const [sum = 0, count = 0] = steps[b] ?? [];
    return { median: at(0.5), top: at(1), roughness: sum / Math.max(1, count) / Math.max(1, at(0.98) - at(0.02)) };
  });
}

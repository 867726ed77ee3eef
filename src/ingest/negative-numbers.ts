import { BANDS } from "../core/bands.js";
import type { Source } from "./source.js";
import { sampleWindows } from "./source-sampling.js";

/** Of the valid pixels of each of these bands; over dark water and in shadows some are negative, of land hardly any. */
const LARGE_SHARE = 0.25;
const LOOKED_AT = ["B03", "B04"] as const;

/**
 * What to say where an offset makes so much of an image negative that it was probably subtracted before, as catalogs are known to state it
 * wrongly; undefined where it is plausible. Looks at nine small places of the source.
 */
export async function explainNegatives(source: Source): Promise<string | undefined> {
  if (source.units.offset >= 0) return undefined;
  const negative = LOOKED_AT.map(() => 0);
  let pixels = 0;
  for (const window of sampleWindows(source.grid)) {
    const { raster } = await source.read(window);
    const size = raster.width * raster.height;
    for (let i = 0; i < size; i++) {
      if (raster.valid[i] === 0) continue;
      pixels++;
      for (const [k, band] of LOOKED_AT.entries())
        if ((raster.samples[BANDS.indexOf(band) * size + i] ?? 0) < 0) negative[k] = (negative[k] ?? 0) + 1;
    }
  }
  const shares = negative.map((count) => count / Math.max(1, pixels));
  if (shares.some((share) => share < LARGE_SHARE)) return undefined;
  const percent = Math.round(Math.min(...shares) * 100);
  return `${percent} % of ${LOOKED_AT.join(" and ")} lie below 0 with the offset of ${source.units.offset}: it was probably subtracted before (--offset 0 leaves it out)`;
}

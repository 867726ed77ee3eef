import { BANDS } from "../core/bands.js";
import type { PixelWindow, Raster } from "../core/raster.js";
import type { Source } from "./source.js";
import { sampleWindows } from "./source-sampling.js";

/** Of the valid pixels of each of these bands; over dark water and in shadows some are negative, of land hardly any. */
const LARGE_SHARE = 0.25;
const LOOKED_AT = ["B03", "B04"] as const;

/** A source whose pixels are looked at as they are read. */
export interface WatchedSource {
  readonly source: Source;
  /**
   * When all was read: what to say where an offset makes so much of an image negative that it was probably subtracted before, as catalogs
   * are known to state it wrongly; undefined where it is plausible.
   */
  explain(): string | undefined;
}

/** Looks at nine small places of a source, without reading them again. */
export function watchNegatives(source: Source): WatchedSource {
  if (source.units.offset >= 0) return { source, explain: () => undefined };
  const places = sampleWindows(source.grid).map((window) => ({
    window,
    signs: new Uint8Array(window.width * window.height),
  }));
  const read: Source["read"] = async (window, signal) => {
    const block = await source.read(window, signal);
    for (const place of places) noteSigns(place, window, block.raster);
    return block;
  };
  return { source: Object.create(source, { read: { value: read } }) as Source, explain: () => explain(source, places) };
}

/** Bits of a pixel that was read: VALID, and above it one for each band that is negative. */
const VALID = 1;

interface Place {
  readonly window: PixelWindow;
  readonly signs: Uint8Array;
}

function noteSigns({ window: { x, y, width, height }, signs }: Place, read: PixelWindow, raster: Raster): void {
  const size = read.width * read.height;
  const planes = LOOKED_AT.map((band) => BANDS.indexOf(band) * size);
  for (let r = Math.max(y, read.y); r < Math.min(y + height, read.y + read.height); r++) {
    for (let c = Math.max(x, read.x); c < Math.min(x + width, read.x + read.width); c++) {
      const from = (r - read.y) * read.width + c - read.x;
      if (raster.valid[from] === 0) continue;
      let bits = VALID;
      for (const [k, plane] of planes.entries()) if ((raster.samples[plane + from] ?? 0) < 0) bits |= 2 << k;
      signs[(r - y) * width + c - x] = bits;
    }
  }
}

function explain({ units: { offset } }: Source, places: readonly Place[]): string | undefined {
  const count = (bit: number): number =>
    places.reduce((sum, { signs }) => sum + signs.reduce((found, bits) => found + ((bits & bit) === 0 ? 0 : 1), 0), 0);
  const pixels = Math.max(1, count(VALID));
  const shares = LOOKED_AT.map((_, k) => count(2 << k) / pixels);
  if (shares.some((share) => share < LARGE_SHARE)) return undefined;
  const percent = Math.round(Math.min(...shares) * 100);
  return `${percent} % of ${LOOKED_AT.join(" and ")} lie below 0 with the offset of ${offset}: it was probably subtracted before (--offset 0 leaves it out)`;
}

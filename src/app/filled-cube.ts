import { bandsWithout, type BandName } from "../core/bands.js";
import { CHUNK_PX } from "../core/geometry.js";
import type { PixelWindow } from "../core/raster.js";
import type { CatalogItem } from "../catalog/types.js";
import { chunksUnder } from "../tile/fill/fill-chunk.js";
import type { FilledChunk } from "../tile/fill/filled-chunk.js";
import type { FillSubject } from "../tile/fill/guide.js";
import { referencesOfDate } from "../tile/mosaic/find-items.js";
import type { Services } from "./services.js";

/** What finding and filling uses. */
export type FillUse = Pick<Services, "catalog" | "fills" | "stamps" | "config">;

/** What the viewer fills with; where dates can't serve it, it is "linear". */
const METHOD = "tec";

/** An item whose holes are filled from its collection's other dates, as its tiles with inpaint=tec are. */
export async function fillSubjectOf(item: CatalogItem, { catalog, stamps, config }: FillUse): Promise<FillSubject> {
  const bands = bandsWithout(item.absentBands ?? []);
  const { fillFrom } = await referencesOfDate({
    find: (query) => catalog.search({ ...query, collections: [item.collection] }),
    item,
    limit: config.maxItemsPerTile,
  });
  const whole = fillFrom.filter(({ absentBands = [] }) => !bands.some((band) => absentBands.includes(band)));
  return { base: [item], references: await stamps.stamp(whole), bands, tokens: undefined };
}

/** Names what a filled window depends on. */
export function identityOfSubject({ references }: FillSubject): string {
  return references.map(({ href, checksum }) => `${href}#${checksum}`).join("+");
}

/** Of a window of an item's pixels, what is inferred of it: digital numbers of a band, or, without one, by which method (1 + its index). */
export async function eachInferred(
  subject: FillSubject,
  { window, band }: { readonly window: PixelWindow; readonly band: BandName | undefined },
  { fills, signal }: { readonly fills: Services["fills"]; readonly signal: AbortSignal },
  put: (pixel: number, value: number) => void,
): Promise<void> {
  for (const { row, column } of chunksUnder(window)) {
    const filled = await fills.chunk({ subject, level: 0, row, column, method: METHOD }, signal);
    if (filled.width === 0) continue;
    const plane = band === undefined ? 0 : filled.bands.indexOf(band) * filled.width * filled.height;
    for (let r = 0; r < filled.height; r++) {
      const y = row * CHUNK_PX + r - window.y;
      if (y < 0 || y >= window.height) continue;
      for (let c = 0; c < filled.width; c++) {
        const x = column * CHUNK_PX + c - window.x;
        const from = r * filled.width + c;
        if (x < 0 || x >= window.width || filled.by[from] === 0) continue;
        put(y * window.width + x, valueOf(filled, { from, plane, band }));
      }
    }
  }
}

function valueOf(
  { samples, by }: FilledChunk,
  { from, plane, band }: { readonly from: number; readonly plane: number; readonly band: BandName | undefined },
): number {
  return (band === undefined ? by[from] : samples[plane + from]) ?? 0;
}

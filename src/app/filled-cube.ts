import { holdsAll } from "../catalog/absent-bands.js";
import { bandsWithout, type BandName } from "../core/bands.js";
import { CHUNK_PX } from "../core/geometry.js";
import type { PixelWindow } from "../core/raster.js";
import type { CatalogItem } from "../catalog/types.js";
import { chunksUnder } from "../tile/fill/fill-chunk.js";
import { eachInferred } from "../tile/fill/filled-chunk.js";
import type { FillSubject } from "../tile/fill/guide.js";
import { referencesOfDate } from "../tile/mosaic/find-items.js";
import { CLOUD_FREE_METHOD } from "../tile/mosaic/mosaic-spec.js";
import type { Services } from "./services.js";

/** What finding and filling uses. */
export type FillUse = Pick<Services, "catalog" | "fills" | "stamps" | "config">;

/** An item whose holes are filled from its collection's other dates, as its tiles with inpaint=tec are. */
export async function fillSubjectOf(item: CatalogItem, { catalog, stamps, config }: FillUse): Promise<FillSubject> {
  const bands = bandsWithout(item.absentBands ?? []);
  const { fillFrom } = await referencesOfDate({
    find: (query) => catalog.search({ ...query, collections: [item.collection] }),
    item,
    limit: config.maxItemsPerTile,
  });
  const references = await stamps.stamp(fillFrom.filter((one) => holdsAll(one, bands)));
  return { base: [item], references, bands, tokens: undefined };
}

/** Names what a filled window depends on. */
export function identityOfSubject({ references }: FillSubject): string {
  return references.map(({ href, checksum }) => `${href}#${checksum}`).join("+");
}

/** Of a window of an item's pixels, what is inferred of it: digital numbers of a band, or, without one, by which method (1 + its index). */
export async function putInferred(
  subject: FillSubject,
  { window, band }: { readonly window: PixelWindow; readonly band: BandName | undefined },
  { fills, signal }: { readonly fills: Services["fills"]; readonly signal: AbortSignal },
  values: Uint16Array | Uint8Array,
): Promise<void> {
  for (const { row, column } of chunksUnder(window)) {
    const filled = await fills.chunk({ subject, level: 0, row, column, method: CLOUD_FREE_METHOD }, signal);
    const { samples, by, bands, width, height } = filled;
    const plane = band === undefined ? 0 : bands.indexOf(band) * width * height;
    eachInferred(filled, { x: column * CHUNK_PX, y: row * CHUNK_PX }, window, (to, from) => {
      values[to] = (band === undefined ? by[from] : samples[plane + from]) ?? 0;
    });
  }
}

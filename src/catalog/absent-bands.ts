import type { BandName } from "../core/bands.js";
import { NotFoundError } from "../core/errors.js";
import type { CatalogItem } from "./types.js";

/** Whether an item's source had all the bands. */
export function holdsAll({ absentBands }: Pick<CatalogItem, "absentBands">, bands: readonly BandName[]): boolean {
  return absentBands === undefined || !bands.some((band) => absentBands.includes(band));
}

/**
 * The items that hold all the bands: what an item's source lacked is never made up, so that it takes no part where it is asked for.
 *
 * @throws NotFoundError naming what is absent, where none of the items holds them all.
 */
export function itemsHolding<T extends CatalogItem>(bands: readonly BandName[], items: readonly T[]): readonly T[] {
  const holding = items.filter((item) => holdsAll(item, bands));
  const [first] = items;
  if (holding.length > 0 || first === undefined) return holding;
  const names = [...new Set(bands)].filter((band) => !holdsAll(first, [band])).join(", ");
  const others = items.length === 1 ? "" : ` and of ${items.length - 1} more`;
  throw new NotFoundError(
    `No ${names} in item ${first.id}${others}: the image that it was made from had none; ask for bands that it holds (assets=B04,B08)`,
  );
}

import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { NotFoundError } from "../core/errors.js";
import { fileNameOf } from "../store/location.js";
import { bandFileOf } from "./band-files.js";
import { datetimeFromName, idFromName } from "./source-datetime.js";
import { openItemSource, type StacItemOptions } from "./source-stac.js";
import type { StacAsset, StacItem } from "./source-stac-item.js";
import type { Source } from "./source.js";

/** The first day of processing baseline 04.00; from then on ESA's numbers hold an offset of 1000. */
const BASELINE_04 = Date.parse("2022-01-25T00:00:00Z");
const PRODUCT = /(S2[A-D]_MSIL(?:1C|2A)_\d{8}T\d{6}_N(\d\d)(\d\d)_[^/\\]*?)(\.SAFE)?$/;

/**
 * Opens the files of one image's bands, JPEG 2000 or GeoTIFF, as one date of imagery. `pattern` is a path whose star stands for the bands'
 * names (band-files); the files lie in its folder, or in R10m, R20m and R60m below it. Nothing tells of an offset but a product's name
 * in the path, and the day.
 *
 * @throws NotFoundError where no file is of a band.
 */
export async function openBandFilesSource(pattern: string, options: StacItemOptions = {}): Promise<Source> {
  const wanted = resolve(pattern.includes("*") ? pattern : (bandFileOf(pattern)?.group ?? pattern));
  const folder = dirname(wanted);
  const lists = await Promise.all(
    ["", "R10m", "R20m", "R60m"].map(async (name) => {
      const names = await readdir(join(folder, name)).catch(() => []);
      return names.map((each) => join(folder, name, each));
    }),
  );
  const files = (pattern.includes("*") ? lists.flat() : [resolve(pattern)]).toSorted();
  const assets: Record<string, StacAsset> = {};
  for (const file of files) {
    const found = bandFileOf(file);
    if (found?.group !== wanted) continue;
    assets[found.metres === undefined ? found.band : `${found.band}_${found.metres}m`] = { href: file };
  }
  if (Object.keys(assets).length === 0)
    throw new NotFoundError(`${pattern} is no file whose name ends in a band, such as _B04.jp2 or _B04_10m.tif`);
  const product = wanted
    .split(/[\\/]/)
    .map((part) => PRODUCT.exec(part))
    .findLast((match) => match !== null);
  const named = [basename(wanted), basename(folder), product?.[1] ?? ""].flatMap(
    (name) => datetimeFromName(name) ?? [],
  );
  const datetime = named[0];
  const stem = idFromName(basename(wanted));
  const { note, baseline } = baselineOf({ product, datetime, isJp2: /\.jp2$/i.test(wanted) });
  const item: StacItem = {
    type: "Feature",
    id: stem === "" || stem.startsWith("item-") ? idFromName(fileNameOf(folder)) : stem,
    properties: {
      ...(datetime === undefined ? {} : { datetime }),
      ...(baseline === undefined ? {} : { "s2:processing_baseline": baseline }),
    },
    assets,
  };
  const digest = createHash("sha256")
    .update(JSON.stringify(Object.keys(assets)))
    .digest("hex");
  const hasOffset = options.offset !== undefined || options.scale !== undefined;
  const warnings = note === undefined || hasOffset ? [] : [`${item.id}: ${note}`];
  return openItemSource({ location: pattern, base: wanted, item, digest, warnings }, options);
}

function baselineOf(known: {
  readonly product: RegExpExecArray | undefined;
  readonly datetime: string | undefined;
  readonly isJp2: boolean;
}): { readonly baseline: string | undefined; readonly note: string | undefined } {
  const { product, datetime, isJp2 } = known;
  if (product !== undefined) return { baseline: `${product[2]}.${product[3]}`, note: undefined };
  if (!isJp2) return { baseline: undefined, note: undefined };
  const isLater = datetime !== undefined && Date.parse(datetime) >= BASELINE_04;
  const note = isLater
    ? "no product metadata is beside the bands: of a date after 25 January 2022 they are taken to hold ESA's offset of 1000, which is subtracted (--offset 0 says otherwise)"
    : "no product metadata is beside the bands: of a date before 25 January 2022 they are taken to hold no offset (of a reprocessed product, baseline 04.00 or later, give --offset -1000)";
  return { baseline: isLater ? "04.00" : undefined, note };
}

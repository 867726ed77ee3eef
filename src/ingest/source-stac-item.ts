import { z } from "zod";
import { BANDS, parseBandName, type BandName } from "../core/bands.js";
import { InvalidRequestError, NotFoundError, UnsupportedError } from "../core/errors.js";
import { fileNameOf } from "../store/location.js";

const number = z.number().nullish();
const bandSchema = z.looseObject({
  name: z.string().nullish(),
  common_name: z.string().nullish(),
  "eo:common_name": z.string().nullish(),
  scale: number,
  offset: number,
  "raster:scale": number,
  "raster:offset": number,
});
const assetSchema = z.looseObject({
  href: z.string().min(1),
  type: z.string().nullish(),
  bands: z.array(bandSchema).nullish(),
  "eo:bands": z.array(bandSchema).nullish(),
  "raster:bands": z.array(bandSchema).nullish(),
  "raster:scale": number,
  "raster:offset": number,
  "proj:transform": z.array(z.number()).nullish(),
  "proj:shape": z.array(z.number()).nullish(),
  "earthsearch:boa_offset_applied": z.boolean().nullish(),
});
const itemSchema = z.looseObject({
  type: z.literal("Feature"),
  id: z.string().min(1),
  properties: z.looseObject({
    datetime: z.string().nullish(),
    start_datetime: z.string().nullish(),
    end_datetime: z.string().nullish(),
  }),
  assets: z.record(z.string(), assetSchema),
});

/** The part of a STAC Item (1.0 or 1.1) that a source needs; unknown fields are kept. */
export type StacItem = z.infer<typeof itemSchema>;
export type StacAsset = z.infer<typeof assetSchema>;

/** @throws InvalidRequestError that names what is missing. */
export function parseStacItem(json: unknown, location: string): StacItem {
  const kind = z.looseObject({ type: z.string() }).safeParse(json);
  if (kind.success && kind.data.type !== "Feature") {
    throw new InvalidRequestError(`${location} is a STAC ${kind.data.type}; wanted an Item`);
  }
  const parsed = itemSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InvalidRequestError(
    `${location} is not a STAC Item: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "unreadable"}`,
  );
}

export interface NamedAsset {
  readonly key: string;
  readonly asset: StacAsset;
}

/** The assets of the bands that are there, in the order of core/bands, and of the scene classification. */
export interface AssetChoice {
  readonly bands: readonly (NamedAsset & { readonly band: BandName })[];
  readonly scl: NamedAsset | undefined;
}

/**
 * Finds each band's own single-band asset, by key ("B04", "red", "B04_10m") or by the band that the asset describes, the finest
 * where there are several, TIFF before JPEG 2000.
 *
 * @throws NotFoundError for an item without a band's asset; UnsupportedError where all of them are of another format, such as netCDF.
 */
export function chooseAssets(item: StacItem): AssetChoice {
  const named = Object.entries(item.assets).map(([key, asset]) => ({ key, asset }));
  checkMission(item);
  const bands = BANDS.flatMap((band) => {
    const found = named.filter((each) => bandOfAsset(each) === band);
    const best = finest(found);
    if (best !== undefined) return [{ ...best, band }];
    const [other] = found;
    if (other !== undefined) throw otherFormat(item, other);
    return [];
  });
  if (bands.length === 0) {
    const keys = Object.keys(item.assets).slice(0, 30).join(" ");
    throw new NotFoundError(
      `Item ${item.id} has no asset for any band; wanted some named or described as ${BANDS.join(" ")}, among: ${keys}`,
    );
  }
  const classes = named.filter(({ key }) => /^scl(_\d\dm)?$/i.test(key));
  const scl = finest(classes);
  if (scl === undefined && classes[0] !== undefined) throw otherFormat(item, classes[0]);
  return { bands, scl };
}

/** Bands of other missions go by the same names. */
function checkMission({ id, properties }: StacItem): void {
  const given = ["platform", "constellation", "instruments"].flatMap((key) => properties[key] ?? []);
  const names = given.flat().filter((name) => typeof name === "string");
  if (names.length === 0 || names.some((name) => /sentinel-?_?2|^s2[a-d]?$|^msi$/i.test(name))) return;
  throw new UnsupportedError(`Item ${id} is of ${names.join(", ")}; wanted Sentinel-2`);
}

function otherFormat(item: StacItem, { key, asset }: NamedAsset): UnsupportedError {
  return new UnsupportedError(
    `Asset ${key} of item ${item.id} is ${asset.type ?? fileNameOf(asset.href)}; wanted a GeoTIFF or JPEG 2000 (image/tiff, image/jp2)`,
  );
}

function bandOfAsset({ key, asset }: NamedAsset): BandName | undefined {
  const described = asset.bands ?? asset["eo:bands"] ?? [];
  // Pictures such as "visual" describe three bands, and none is theirs alone.
  if (described.length > 1) return undefined;
  const byKey = parseBandName(key.replace(/_\d\dm$/i, ""));
  if (byKey !== undefined) return byKey;
  const [band] = described;
  return [band?.name, band?.["eo:common_name"], band?.common_name]
    .flatMap((name) => (name == null ? [] : [parseBandName(name)]))
    .find(Boolean);
}

function finest(assets: readonly NamedAsset[]): NamedAsset | undefined {
  const gsd = ({ key, asset }: NamedAsset): number => Number(/_(\d\d)m$/i.exec(key)?.[1] ?? asset["gsd"] ?? 10);
  return assets
    .filter(isRaster)
    .sort((a, b) => gsd(a) - gsd(b) || Number(isJp2(a)) - Number(isJp2(b)) || a.key.length - b.key.length)[0];
}

const isJp2 = ({ asset }: NamedAsset): boolean =>
  /^image\/(jp2|jpx|x-jp2)/i.test(asset.type ?? "") || /\.jp2$/i.test(fileNameOf(asset.href));

/** By its type, else by its extension. */
function isRaster(named: NamedAsset): boolean {
  const { asset } = named;
  if (isJp2(named)) return true;
  if (asset.type != null) return /^image\/(tiff|vnd\.stac\.geotiff)/i.test(asset.type);
  return /\.tiff?$/i.test(fileNameOf(asset.href));
}

export interface AssetUnits {
  readonly scale: number;
  readonly offset: number;
  /** Which rule gave the offset. */
  readonly rule: "override" | "applied" | "stac" | "tags" | "baseline" | "none";
}

/** What else may tell of an asset's numbers. */
export interface UnitsHints {
  /** GDAL's scale and offset in the file itself. */
  readonly tags?: { readonly scale: number | undefined; readonly offset: number | undefined };
  /** The user's dn = stored x scale + offset. */
  readonly override?: { readonly scale?: number; readonly offset?: number };
}

/** Digital numbers that processing baselines from 04.00 on have added; ESA's BOA_ADD_OFFSET. */
const BASELINE_OFFSET = -1000;

/**
 * dn = stored x scale + offset of a band's asset, with the product's offset removed exactly once:
 *
 * 1. the user's scale and offset;
 * 2. `earthsearch:boa_offset_applied` true: the pixels are free of it already, so that a `raster:offset` is ignored;
 * 3. `raster:offset` (STAC 1.1 `bands[]`, the asset itself, or 1.0 `raster:bands`);
 * 4. the file's own scale and offset, where the item gives neither;
 * 5. processing baseline 04.00 or later: -1000;
 * 6. none.
 */
export function unitsOfAsset(item: StacItem, asset: StacAsset, hints: UnitsHints = {}): AssetUnits {
  const { override = {}, tags } = hints;
  if (override.scale !== undefined || override.offset !== undefined) {
    return { scale: override.scale ?? 1, offset: override.offset ?? 0, rule: "override" };
  }
  const stac = rasterOf(asset);
  const hasTags =
    stac.scale === undefined && stac.offset === undefined && ((tags?.scale ?? 1) !== 1 || (tags?.offset ?? 0) !== 0);
  const given = hasTags ? { scale: tags?.scale, offset: tags?.offset } : stac;
  const scale = given.scale ?? (Math.abs(given.offset ?? 0) > 0 && Math.abs(given.offset ?? 0) < 1 ? 0.0001 : 1);
  // A small scale gives reflectance, one near 1 digital numbers.
  const toDn = Math.abs(scale) < 0.05 ? 10_000 : 1;
  const dnScale = Number((scale * toDn).toPrecision(12));
  const withOffset = (offset: number, rule: AssetUnits["rule"]): AssetUnits => ({ scale: dnScale, offset, rule });
  const applied = item.properties["earthsearch:boa_offset_applied"] ?? asset["earthsearch:boa_offset_applied"];
  if (applied === true) return withOffset(0, "applied");
  if (given.offset !== undefined)
    return withOffset(Number((given.offset * toDn).toPrecision(12)), hasTags ? "tags" : "stac");
  const baseline = baselineOf(item);
  if (baseline !== undefined && baseline >= 4) return withOffset(BASELINE_OFFSET, "baseline");
  return withOffset(0, stac.scale === undefined ? "none" : "stac");
}

function rasterOf(asset: StacAsset): { scale: number | undefined; offset: number | undefined } {
  const [band, older] = [asset.bands?.[0], asset["raster:bands"]?.[0]];
  const scale = band?.["raster:scale"] ?? asset["raster:scale"] ?? older?.scale ?? undefined;
  const offset = band?.["raster:offset"] ?? asset["raster:offset"] ?? older?.offset ?? undefined;
  return { scale, offset };
}

/** The processing baseline as a number: 4 for "04.00", "N0400", or a product named ..._N0400_...; undefined where none is told. */
export function baselineOf(item: StacItem): number | undefined {
  const { properties } = item;
  for (const key of ["s2:processing_baseline", "sentinel:processing_baseline", "processing:version"]) {
    const match = /^N?(\d\d)\.?(\d\d)$/.exec(textOf(properties[key]));
    if (match !== null) return Number(`${match[1]}.${match[2]}`);
  }
  const names = [item.id, properties["s2:product_uri"], properties["sentinel:product_id"]].map((name) => textOf(name));
  const match = names.map((name) => /_N(\d\d)(\d\d)_/.exec(name)).find((found) => found !== null);
  return match === undefined ? undefined : Number(`${match[1]}.${match[2]}`);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

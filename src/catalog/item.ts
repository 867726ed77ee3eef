import create from "stac-js";
import { z } from "zod";
import { BANDS, type BandName, BAND_COMMON_NAME, BAND_RESOLUTION_M, BAND_WAVELENGTH_UM } from "../core/bands.js";
import type { CodecName } from "../core/codecs.js";
import { AppError, CorruptDataError } from "../core/errors.js";
import type { MaskSource } from "../core/scene-classes.js";
import { messageOf } from "../core/assert.js";
import { resolveHref, shortLocation } from "../store/location.js";
import { epsgCode } from "../geo/crs.js";
import { gridFootprint } from "./footprint.js";
import { geometrySchema } from "./geometry.js";
import { DEFAULT_RENDERS, type Renders } from "./renders.js";
import { LATENTS_ROLES, REFERENCE_REL, TEC_EXTENSION, TEC_MEDIA_TYPE, tecItemSchema } from "./tec-extension.js";
import { maskProperties } from "./item-masks.js";
import type { CatalogItem, StacJson } from "./types.js";

/** Everything that an ingest knows about a new item. */
export interface ItemDescription {
  readonly id: string;
  readonly collection: string;
  /** RFC 3339 UTC. */
  readonly datetime: string;
  readonly title?: string;
  readonly grid: CatalogItem["grid"];
  readonly model: { readonly id: string; /** Of model.json, hexadecimal. */ readonly sha256: string };
  readonly quality: number;
  /** What each chunk was to reach instead of the quality's step. */
  readonly target?: { readonly psnr: number } | { readonly maxRmse: number };
  /** How cloud is kept, where it is known. */
  readonly clouds?: "coarse" | "same";
  /** What tells cloud and shadow. */
  readonly maskSource?: MaskSource;
  readonly entropy: CodecName;
  /** dB for a band's name, "all" and "visible", over clear pixels. */
  readonly psnr?: Readonly<Record<string, number>>;
  /** The same over clouded ones. */
  readonly psnrClouded?: Readonly<Record<string, number>>;
  readonly bitsPerPixel?: number;
  /** Of the numbers that decoding gives: dn = stored x scale + offset. */
  readonly units?: StoredUnits;
  /** Whether the file keeps scene classes. */
  readonly classes?: boolean;
  /** Bands that its source lacked. */
  readonly absentBands?: readonly BandName[];
  readonly clearPercent?: number;
  /** Of each chunk of the full resolution, row-major, rounded up. */
  readonly chunkClearPercent?: readonly number[];
  readonly validPercent?: number;
  readonly sourceFingerprint?: string;
  /** What it leans on, in the order of the file's own list. */
  readonly references?: readonly ItemReference[];
  readonly file: {
    readonly sizeBytes: number;
    /** Hexadecimal. */ readonly sha256: string;
    readonly headerBytes: number;
  };
  /** Further STAC properties, from the source: platform, eo:cloud_cover, ... */
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly renders?: Renders;
  /** What the item was made from: URLs that others can reach, or paths relative to the item's folder. */
  readonly derivedFrom?: readonly { readonly href: string; readonly title?: string }[];
  /** RFC 3339; the moment of ingest. */
  readonly created: string;
  readonly software?: Readonly<Record<string, string>>;
}

/** How a source stored its digital numbers. */
export interface StoredUnits {
  readonly dtype: string;
  readonly scale: number;
  readonly offset: number;
  readonly nodata?: number | undefined;
}

const DIGITAL_NUMBERS: StoredUnits = { dtype: "uint16", scale: 1, offset: 0 };

/** An item of the same collection that another one leans on. */
export interface ItemReference {
  readonly id: string;
  /** Its TEC-COG, relative to the leaning item's folder. */
  readonly file?: string;
}

const STAC_VERSION = "1.1.0";

const EXTENSION = (name: string, version: string): string =>
  `https://stac-extensions.github.io/${name}/${version}/schema.json`;

const ITEM_EXTENSIONS = [
  EXTENSION("projection", "v2.0.0"),
  EXTENSION("eo", "v2.0.0"),
  EXTENSION("raster", "v2.0.0"),
  EXTENSION("file", "v2.1.0"),
  EXTENSION("processing", "v1.2.0"),
  EXTENSION("render", "v2.0.0"),
  TEC_EXTENSION,
];

/** The extensions that our collections declare; processing's schema asks for a provider, which only the user knows. */
export const COLLECTION_EXTENSIONS: readonly string[] = ITEM_EXTENSIONS.filter((url) => !url.includes("/processing/"));

/** Extensions that a source's properties may bring along, by prefix. */
const SOURCE_EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["view", EXTENSION("view", "v1.0.0")],
  ["sat", EXTENSION("sat", "v1.0.0")],
  ["grid", EXTENSION("grid", "v1.1.0")],
  ["mgrs", EXTENSION("mgrs", "v1.0.0")],
]);

/** URL of the web-map-links extension, which documents with `xyz` or `tilejson` links declare. */
export const WEB_MAP_LINKS = EXTENSION("web-map-links", "v1.2.0");

/**
 * A STAC Item 1.1.0 for one TEC-COG; its links are relative to `<collection>/<id>/<id>.json`.
 *
 * @throws UnsupportedError for a grid that can't be put on Earth.
 */
export function toItem(description: ItemDescription): StacJson {
  const { geometry, bounds } = gridFootprint(description.grid);
  const brought = Object.keys(description.properties ?? {}).map((key) =>
    SOURCE_EXTENSIONS.get(key.split(":")[0] ?? ""),
  );
  return {
    type: "Feature",
    stac_version: STAC_VERSION,
    stac_extensions: [...new Set([...ITEM_EXTENSIONS, ...brought.filter((url) => url !== undefined)])],
    id: description.id,
    collection: description.collection,
    geometry,
    bbox: bounds,
    properties: itemProperties(description),
    links: [
      { rel: "root", href: "../../catalog.json", type: "application/json" },
      { rel: "parent", href: "../collection.json", type: "application/json" },
      { rel: "collection", href: "../collection.json", type: "application/json" },
      ...(description.references ?? []).map(({ id, file }) => ({
        rel: REFERENCE_REL,
        href: `../${id}/${id}.json`,
        type: "application/geo+json",
        title: id,
        ...(file === undefined ? {} : { "tec:file": file }),
      })),
      ...(description.derivedFrom ?? []).map((link) => ({
        rel: "derived_from",
        type: "application/geo+json",
        ...link,
      })),
    ],
    assets: { tec: tecAsset(description) },
  };
}

/** The `bands` of the asset, with eo and raster fields, the 12 but those that are absent; raster:scale and raster:offset lead to reflectance. */
export function bandObjects(
  { dtype, scale, offset, nodata }: StoredUnits = DIGITAL_NUMBERS,
  absent: readonly BandName[] = [],
): readonly StacJson[] {
  return BANDS.filter((name) => !absent.includes(name)).map((name) => ({
    name,
    "eo:common_name": BAND_COMMON_NAME[name],
    "eo:center_wavelength": BAND_WAVELENGTH_UM[name][0],
    "eo:full_width_half_max": BAND_WAVELENGTH_UM[name][1],
    data_type: dtype,
    // Holes of a file without one are 0.
    nodata: nodata ?? 0,
    "raster:scale": scale / 10_000,
    "raster:offset": offset / 10_000,
    "raster:spatial_resolution": BAND_RESOLUTION_M[name],
  }));
}

/**
 * An Item of this or an older STAC version, as the server uses it; `href` is where it was read, so that the asset's place is known.
 *
 * @throws CorruptDataError naming the first field that is missing or wrong.
 */
export function parseItem(json: unknown, href: string): CatalogItem {
  const where = shortLocation(href);
  try {
    const given = z.record(z.string(), z.unknown()).parse(json);
    // Migrating copies and walks the whole document; most are of the present version.
    const old = given["stac_version"] !== STAC_VERSION;
    const stac = create(given, old, old);
    const plain = old ? stac.toJSON() : given;
    const parsed = itemSchema.parse(plain);
    const tec = parsed.assets.tec;
    const bounds = stac.getBoundingBox();
    const datetime = stac.getDateTime();
    if (bounds === null) throw new CorruptDataError(where, "bbox is missing or not 4 or 6 numbers in degrees");
    if (datetime === null) throw new CorruptDataError(where, "properties.datetime is missing or not RFC 3339");
    const hrefs = Object.entries(assetsSchema.parse(parsed.assets));
    const projection = { ...parsed.properties, ...tec };
    const [height, width] = projection["proj:shape"] ?? missing(where, "proj:shape");
    return {
      id: parsed.id,
      collection: parsed.collection,
      datetime: datetime.toISOString().replace(".000Z", "Z"),
      datetimeMs: datetime.getTime(),
      boundsWgs84: bounds,
      geometry: parsed.geometry,
      href: resolveHref(href, tec.href),
      assetHrefs: Object.fromEntries(hrefs.map(([key, asset]) => [key, resolveHref(href, asset.href)])),
      checksum: tec["file:checksum"],
      codedChecksum: tec["tec:coded_checksum"] ?? tec["file:checksum"],
      cloudCover: parsed.properties["eo:cloud_cover"] ?? undefined,
      maskSource: parsed.properties["tec:mask_source"],
      grid: {
        crs: crsOf(projection, where),
        transform: projection["proj:transform"] ?? missing(where, "proj:transform"),
        width,
        height,
      },
      model: tec["tec:model"],
      quality: tec["tec:quality"],
      absentBands: tec["tec:absent_bands"],
      ...clearShares(parsed.properties["tec:clear_percent"], parsed.properties["tec:chunk_clear_percent"]),
      sourceFingerprint: parsed.properties["tec:source_fingerprint"],
      modelSha256: tec["tec:model_sha256"],
      entropy: tec["tec:entropy"],
      references: tec["tec:references"] ?? [],
      referenceHrefs: (parsed.links ?? []).flatMap((link) =>
        link.rel === REFERENCE_REL && link["tec:file"] !== undefined ? [resolveHref(href, link["tec:file"])] : [],
      ),
      json: plain,
    };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new CorruptDataError(where, `not an item that Tectile can serve: ${reasonOf(error)}`, { cause: error });
  }
}

const assetsSchema = z.record(z.string(), z.looseObject({ href: z.string() }));

/** Shares of which one says that nothing is clear and the other that something is are no shares: the file is asked. */
function clearShares(
  clearPercent: number | undefined,
  chunkClearPercent: readonly number[] | undefined,
): Pick<CatalogItem, "clearPercent" | "chunkClearPercent"> {
  const isContrary =
    clearPercent !== undefined &&
    chunkClearPercent !== undefined &&
    (clearPercent === 0) !== chunkClearPercent.every((percent) => percent === 0);
  return isContrary ? { clearPercent: undefined } : { clearPercent, chunkClearPercent };
}

/** Beyond any image; a grid that claims more sends projections and windows astray. */
const MAX_SIDE_PX = 2 ** 20;

const projectionFields = {
  "proj:code": z.string().nullish(),
  "proj:wkt2": z.string().nullish(),
  "proj:shape": z.tuple([z.int().positive().max(MAX_SIDE_PX), z.int().positive().max(MAX_SIDE_PX)]).optional(),
  "proj:transform": z
    .array(z.number())
    .min(6)
    .refine(([a = 0, b = 0, , d = 0, e = 0]) => Number.isFinite(1 / (a * e - b * d)), "pixels without area")
    .transform(([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]) => [a, b, c, d, e, f] as const)
    .optional(),
};

const itemSchema = tecItemSchema.extend({
  id: z.string().min(1),
  collection: z.string().min(1),
  geometry: geometrySchema,
  links: z.array(z.looseObject({ rel: z.string(), "tec:file": z.string().optional() }).catch({ rel: "" })).optional(),
  properties: tecItemSchema.shape.properties.extend({
    ...projectionFields,
    "eo:cloud_cover": z.number().nullish().catch(undefined),
  }),
  assets: z.looseObject({
    tec: tecItemSchema.shape.assets.shape.tec.extend({
      ...projectionFields,
      "file:checksum": z.string().regex(/^[0-9a-f]+$/),
    }),
  }),
});

function itemProperties(description: ItemDescription): StacJson {
  const { grid, clearPercent, chunkClearPercent, validPercent, sourceFingerprint } = description;
  return {
    title: description.title ?? description.id,
    ...description.properties,
    datetime: description.datetime,
    created: description.created,
    updated: description.created,
    ...projectionOf(grid),
    "processing:software": description.software ?? {},
    "processing:lineage": `Encoded with ${description.model.id} at quality ${description.quality}`,
    renders: description.renders ?? DEFAULT_RENDERS,
    ...maskProperties({ clearPercent, chunkClearPercent, validPercent, maskSource: description.maskSource }),
    ...(validPercent === undefined ? {} : { "tec:valid_percent": validPercent }),
    ...(sourceFingerprint === undefined ? {} : { "tec:source_fingerprint": sourceFingerprint }),
  };
}

function projectionOf({ crs, transform, width, height }: CatalogItem["grid"]): StacJson {
  const code = epsgCode(crs) === undefined && crs !== "OGC:CRS84" ? null : crs;
  return {
    "proj:code": code,
    ...(code === null && !crs.startsWith("+") ? { "proj:wkt2": crs } : {}),
    "proj:shape": [height, width],
    "proj:transform": transform,
  };
}

function tecAsset(description: ItemDescription): StacJson {
  const { file, model, psnr, psnrClouded, target, clouds, bitsPerPixel, references, grid } = description;
  const { units, classes, absentBands = [] } = description;
  return {
    href: `./${description.id}.tif`,
    type: TEC_MEDIA_TYPE,
    title: "Latents of all bands (TEC-COG)",
    roles: LATENTS_ROLES,
    "file:size": file.sizeBytes,
    "file:checksum": `1220${file.sha256}`,
    "file:header_size": file.headerBytes,
    "tec:model": model.id,
    "tec:model_sha256": model.sha256,
    "tec:quality": description.quality,
    "tec:entropy": description.entropy,
    ...(psnr === undefined ? {} : { "tec:psnr": psnr }),
    ...(psnrClouded === undefined ? {} : { "tec:psnr_clouded": psnrClouded }),
    ...(target === undefined ? {} : { "tec:target": "psnr" in target ? target : { max_rmse: target.maxRmse } }),
    ...(clouds === undefined ? {} : { "tec:clouds": clouds }),
    ...(absentBands.length === 0 ? {} : { "tec:absent_bands": absentBands }),
    ...(bitsPerPixel === undefined ? {} : { "tec:bits_per_pixel": bitsPerPixel }),
    ...(classes === undefined ? {} : { "tec:classes": classes }),
    ...(references === undefined ? {} : { "tec:references": references.map(({ id }) => id) }),
    ...(grid.crs.startsWith("+") ? { "tec:crs": grid.crs } : {}),
    bands: bandObjects(units, absentBands),
  };
}

function crsOf(
  fields: {
    "proj:code"?: string | null | undefined;
    "proj:wkt2"?: string | null | undefined;
    "tec:crs"?: string | undefined;
  },
  where: string,
): string {
  return fields["proj:code"] ?? fields["tec:crs"] ?? fields["proj:wkt2"] ?? missing(where, "proj:code");
}

function missing(where: string, field: string): never {
  throw new CorruptDataError(where, `${field} is missing`);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return messageOf(error);
  const [issue] = error.issues;
  return issue === undefined ? "unreadable" : `${issue.path.join(".")}: ${issue.message}`;
}

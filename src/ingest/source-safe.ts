import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { CorruptDataError, NotFoundError, UnsupportedError } from "../core/errors.js";
import { bandFileOf } from "./band-files.js";
import { openItemSource, type StacItemOptions } from "./source-stac.js";
import type { StacAsset, StacItem } from "./source-stac-item.js";
import { descendants, parseXml, type XmlElement } from "./source-xml.js";
import type { Source } from "./source.js";

/** ESA's metadata of a product: of today, and of before December 2016. */
const PRODUCT_METADATA = /^(MTD_MSIL(1C|2A)|S2\w_\w{4}_MTD_SAFL(1C|2A)_.*)\.xml$/i;
const TILE_METADATA = /^(MTD_TL|S2\w_\w{4}_MTD_L(1C|2A)_TL_.*)\.xml$/i;

/** Bands by the number that the product's metadata gives them. */
const BAND_IDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"];

export const isProductMetadata = (name: string): boolean => PRODUCT_METADATA.test(name);

/** The folders of a product's tiles; before December 2016 it had several. Sorted. */
export async function granulesOf(product: string): Promise<readonly string[]> {
  const entries = await readdir(join(product, "GRANULE"), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => join(product, "GRANULE", entry.name))
    .toSorted();
}

/**
 * Opens a Sentinel-2 product in ESA's SAFE format, L1C or L2A, as one date of imagery: `folder` is the product's, or that of one of its
 * tiles. Scale and offset of each band, time, place and names are what its metadata say; B10 is left out.
 *
 * @throws NotFoundError naming the metadata or band that is missing; UnsupportedError for another product; CorruptDataError.
 */
export async function openSafeSource(folder: string, options: StacItemOptions = {}): Promise<Source> {
  const { product, granule, isOneOfMany } = await tileFolder(resolve(folder));
  const [about, tile] = [await readMetadata(product, PRODUCT_METADATA), await readMetadata(granule, TILE_METADATA)];
  const item: StacItem = {
    type: "Feature",
    id: isOneOfMany ? basename(granule) : nameOfProduct(about, product),
    properties: { ...propertiesOf(about, tile), ...placeOf(tile) },
    assets: await assetsOf(granule, about),
  };
  if (Object.keys(item.assets).length === 0)
    throw new NotFoundError(`${basename(product)} holds no band: there is no .jp2 of one below GRANULE/*/IMG_DATA`);
  const digest = createHash("sha256").update(about.text).update(tile.text).digest("hex");
  return openItemSource({ location: folder, base: join(product, "."), item, digest, warnings: [] }, options);
}

async function tileFolder(
  folder: string,
): Promise<{ readonly product: string; readonly granule: string; readonly isOneOfMany: boolean }> {
  if (basename(dirname(folder)).toUpperCase() === "GRANULE")
    return { product: dirname(dirname(folder)), granule: folder, isOneOfMany: true };
  const [granule, ...others] = await granulesOf(folder);
  if (granule === undefined)
    throw new NotFoundError(
      `${folder} is a folder, and no product: its folder GRANULE is missing or empty (tectile ingest takes folders of images)`,
    );
  if (others.length === 0) return { product: folder, granule, isOneOfMany: false };
  throw new UnsupportedError(`${folder} holds ${others.length + 1} tiles; wanted one, such as ${granule}`);
}

interface Metadata {
  readonly root: XmlElement;
  readonly text: string;
  readonly path: string;
}

async function readMetadata(folder: string, pattern: RegExp): Promise<Metadata> {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((each) => pattern.test(each));
  if (name === undefined) {
    const wanted = pattern === PRODUCT_METADATA ? "MTD_MSIL1C.xml or MTD_MSIL2A.xml" : "MTD_TL.xml";
    throw new NotFoundError(`${folder} has no ${wanted}, which tells its bands' scale, time and place`);
  }
  const path = join(folder, name);
  const text = await readFile(path, "utf8");
  return { root: parseXml(text, path), text, path };
}

const textOf = ({ root }: Metadata, name: string): string | undefined => {
  const text = descendants(root, name)[0]?.text;
  return text === "" ? undefined : text;
};

function numberOf(metadata: Metadata, name: string): number | undefined {
  const text = textOf(metadata, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new CorruptDataError(metadata.path, `${name} is "${text.slice(0, 40)}"; wanted a number`);
}

function nameOfProduct(about: Metadata, product: string): string {
  return (textOf(about, "PRODUCT_URI") ?? basename(product)).replace(/\.SAFE$/i, "");
}

function propertiesOf(about: Metadata, tile: Metadata): StacItem["properties"] {
  const cloud = numberOf(about, "Cloud_Coverage_Assessment");
  const spacecraft = textOf(about, "SPACECRAFT_NAME");
  const grid = /_T(\d\d[A-Z]{3})(_|$)/.exec(textOf(tile, "TILE_ID") ?? basename(dirname(tile.path)))?.[1];
  const told: Record<string, unknown> = {
    platform: spacecraft?.toLowerCase(),
    constellation: "sentinel-2",
    instruments: ["msi"],
    "eo:cloud_cover": cloud,
    "processing:level": textOf(about, "PROCESSING_LEVEL")?.replace("Level-", "L"),
    "s2:product_uri": textOf(about, "PRODUCT_URI"),
    "s2:product_type": textOf(about, "PRODUCT_TYPE"),
    "s2:processing_baseline": textOf(about, "PROCESSING_BASELINE"),
    "s2:generation_time": textOf(about, "GENERATION_TIME"),
    "s2:datatake_id": descendants(about.root, "Datatake")[0]?.attributes["datatakeIdentifier"],
    "s2:tile_id": textOf(tile, "TILE_ID"),
    "sat:relative_orbit": numberOf(about, "SENSING_ORBIT_NUMBER"),
    "sat:orbit_state": textOf(about, "SENSING_ORBIT_DIRECTION")?.toLowerCase(),
    "grid:code": grid === undefined ? undefined : `MGRS-${grid}`,
  };
  return {
    datetime: textOf(tile, "SENSING_TIME") ?? textOf(about, "PRODUCT_START_TIME"),
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
  };
}

/** Of the 10 m grid, for files that don't say it themselves. */
function placeOf(tile: Metadata): Readonly<Record<string, unknown>> {
  const code = textOf(tile, "HORIZONTAL_CS_CODE");
  const position = descendants(tile.root, "Geoposition").find(({ attributes }) => attributes["resolution"] === "10");
  if (position === undefined) return code === undefined ? {} : { "proj:code": code };
  const at = { ...tile, root: position };
  const [x, y, dx, dy] = ["ULX", "ULY", "XDIM", "YDIM"].map((name) => numberOf(at, name));
  if (x === undefined || y === undefined || dx === undefined || dy === undefined)
    throw new CorruptDataError(tile.path, "Geoposition lacks ULX, ULY, XDIM or YDIM");
  return { "proj:code": code, "proj:transform": [dx, 0, x, 0, dy, y] };
}

async function assetsOf(granule: string, about: Metadata): Promise<StacItem["assets"]> {
  const folder = join(granule, "IMG_DATA");
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const assets: Record<string, StacAsset> = {};
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const found = bandFileOf(file);
    if (entry.isDirectory() || found === undefined || !/\.(jp2|tiff?)$/i.test(entry.name)) continue;
    const gsd = found.metres ?? Number(/R(\d\d)m/.exec(relative(granule, file))?.[1] ?? Number.NaN);
    const key = Number.isNaN(gsd) ? found.band : `${found.band}_${gsd}m`;
    assets[key] = { href: file, ...(found.band === "SCL" ? {} : unitsOf(about, found.band)) };
  }
  return assets;
}

/** reflectance = (stored + offset) / quantification, as ESA's products have it since baseline 04.00; before it there was no offset. */
function unitsOf(about: Metadata, band: string): Pick<StacAsset, "raster:scale" | "raster:offset"> {
  const quantification =
    numberOf(about, "BOA_QUANTIFICATION_VALUE") ??
    numberOf(about, "QUANTIFICATION_VALUE") ??
    numberOf(about, "L2A_BOA_QUANTIFICATION_VALUE") ??
    10_000;
  if (quantification <= 0) throw new CorruptDataError(about.path, `its quantification value is ${quantification}`);
  const offsets = [...descendants(about.root, "BOA_ADD_OFFSET"), ...descendants(about.root, "RADIO_ADD_OFFSET")];
  const own = offsets.find(({ attributes }) => BAND_IDS[Number(attributes["band_id"])] === band);
  const baseline = Number(textOf(about, "PROCESSING_BASELINE") ?? Number.NaN);
  if (own === undefined && (offsets.length > 0 || baseline >= 4))
    throw new CorruptDataError(about.path, `no offset of ${band} is told, though baseline ${baseline} has one`);
  const offset = own === undefined ? 0 : Number(own.text);
  if (!Number.isFinite(offset)) throw new CorruptDataError(about.path, `the offset of ${band} is "${own?.text}"`);
  return { "raster:scale": 1 / quantification, "raster:offset": offset / quantification };
}

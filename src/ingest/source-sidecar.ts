import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parseLocation } from "../store/location.js";
import { normaliseCrs } from "../geo/crs.js";
import type { Affine } from "../geo/affine.js";
import { placedByPoints, type Georeference } from "./source-georeference.js";
import { findAll, parseXml, textAt, type XmlElement } from "./source-xml.js";
import type { RasterFile } from "./raster-file.js";
import type { BandTags } from "./source-tiff-tags.js";

/** What a raster's own tags and the files beside it tell together. */
export interface Described {
  readonly tags: BandTags;
  readonly georeference: Georeference;
  /** Samples marked as opacity. */
  readonly alpha: readonly number[];
  /** Of the files beside it; empty without any. */
  readonly digest: string;
}

/**
 * A TIFF with what GDAL keeps beside it: names, scales, nodata, place in NAME.tif.aux.xml (which win over the file's own, as in
 * GDAL), and a world file where nothing else places it. Only of local files.
 *
 * @throws CorruptDataError for an .aux.xml that isn't XML.
 */
export async function describeTiff(file: RasterFile, location: string): Promise<Described> {
  const parsed = parseLocation(location);
  const own = { tags: file.tags, georeference: file.georeference, alpha: file.alpha, digest: "" };
  if (parsed.kind !== "file") return own;
  const aux = await readText(`${parsed.path}.aux.xml`);
  const described = aux === undefined ? own : withPam(own, parseXml(aux, `${location}.aux.xml`), aux);
  if (described.georeference.transform !== undefined) return described;
  const world = await readWorldFile(parsed.path);
  return world === undefined ? described : { ...described, georeference: placed(described.georeference, world) };
}

/** GDAL's persistent auxiliary metadata. */
function withPam(own: Described, pam: XmlElement, text: string): Described {
  const bands = findAll(pam, "PAMRasterBand");
  const bandOf = (sample: number): XmlElement | undefined =>
    bands.find(({ attributes }) => Number(attributes["band"]) === sample + 1);
  const count = own.tags.descriptions.length;
  const each = <T>(read: (band: XmlElement) => T | undefined, otherwise: (sample: number) => T): T[] =>
    Array.from({ length: count }, (_, sample) => {
      const band = bandOf(sample);
      return (band === undefined ? undefined : read(band)) ?? otherwise(sample);
    });
  const numberAt = (name: string) => (band: XmlElement) => numberOf(textAt(band, name));
  const [nodata] = bands.flatMap((band) => numberOf(textAt(band, "NoDataValue")) ?? []);
  const isAlpha = each(
    (band) => {
      const kind = textAt(band, "ColorInterp");
      return kind === undefined ? undefined : kind === "Alpha";
    },
    (sample) => own.alpha.includes(sample),
  );
  return {
    tags: {
      descriptions: each(
        (band) => textAt(band, "Description"),
        (sample) => own.tags.descriptions[sample],
      ),
      scales: each(numberAt("Scale"), (sample) => own.tags.scales[sample]),
      offsets: each(numberAt("Offset"), (sample) => own.tags.offsets[sample]),
      nodata: nodata ?? own.tags.nodata,
      items: { ...own.tags.items, ...metadataOf(pam) },
    },
    georeference: georeferenceOf(pam, own.georeference),
    alpha: isAlpha.flatMap((alpha, sample) => (alpha ? [sample] : [])),
    digest: createHash("sha256").update(text).digest("hex"),
  };
}

/** The items of the domains that have no format of their own. */
export function metadataOf(element: XmlElement): Record<string, string> {
  const items = findAll(element, "Metadata").flatMap((domain) => findAll(domain, "MDI"));
  return Object.fromEntries(items.map(({ attributes, text }) => [(attributes["key"] ?? "").toUpperCase(), text]));
}

function georeferenceOf(pam: XmlElement, own: Georeference): Georeference {
  const crs = textAt(pam, "SRS");
  const transform = geoTransformOf(textAt(pam, "GeoTransform"));
  const points = findAll(pam, "GCPList").flatMap((list) => findAll(list, "GCP")).length;
  const moved = transform !== undefined ? placed(own, transform) : points === 0 ? own : withPoints(own, points);
  return crs === undefined ? moved : withCrs(moved, normaliseCrs(crs));
}

/** GDAL's order of a transform's six numbers is not ours. */
export function geoTransformOf(text: string | undefined): Affine | undefined {
  const numbers = (text ?? "").split(",").map(Number);
  const [c = 0, a = 0, b = 0, f = 0, d = 0, e = 0] = numbers;
  const usable = numbers.length === 6 && numbers.every(Number.isFinite) && a * e - b * d !== 0;
  return usable ? [a, b, c, d, e, f] : undefined;
}

function placed(own: Georeference, transform: Affine): Georeference {
  return { ...own, transform, warnings: own.warnings.filter((text) => !text.includes("no georeference")) };
}

function withPoints(own: Georeference, count: number): Georeference {
  const isOther = (text: string): boolean => !text.includes("no georeference");
  return own.transform !== undefined
    ? own
    : { ...own, warnings: [placedByPoints(count), ...own.warnings.filter(isOther)] };
}

/** The file's own keys tell of another CRS, and are not kept. */
function withCrs(own: Georeference, crs: string): Georeference {
  return { ...own, crs, geoKeys: undefined, warnings: own.warnings.filter((text) => !text.includes("CRS")) };
}

/** Six lines: pixel size, two rotations, pixel size, centre of the first pixel. */
async function readWorldFile(path: string): Promise<Affine | undefined> {
  for (const name of [path.replace(/\.tiff?$/i, ".tfw"), `${path}w`, path.replace(/\.tiff?$/i, ".wld")]) {
    if (name === path) continue;
    const numbers = ((await readText(name)) ?? "").trim().split(/\s+/).map(Number);
    const [a = 0, d = 0, b = 0, e = 0, x = 0, y = 0] = numbers;
    if (numbers.length === 6 && numbers.every(Number.isFinite) && a * e - b * d !== 0)
      return [a, b, x - (a + b) / 2, d, e, y - (d + e) / 2];
  }
  return undefined;
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^-?nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

import { BAND_RESOLUTION_M, type BandName } from "../core/bands.js";
import { NotFoundError } from "../core/errors.js";
import type { Affine } from "../geo/affine.js";
import { normaliseCrs } from "../geo/crs.js";
import type { RasterFile } from "./raster-file.js";
import type { SourceGrid } from "./source.js";
import { datetimeFromText } from "./source-datetime.js";
import type { AssetChoice, NamedAsset, StacItem } from "./source-stac-item.js";

/** B02's grid, else that of the finest band; where the file has no georeference, what the item tells of it. */
export function gridOf(item: StacItem, named: AssetChoice["bands"], files: readonly RasterFile[]): SourceGrid {
  const order = [...named.keys()].toSorted((a, b) => rank(named[a]?.band) - rank(named[b]?.band));
  const at = order[0] ?? 0;
  const [file, asset] = [files[at], named[at]?.asset];
  if (file === undefined) throw new NotFoundError(`Item ${item.id} has no band`);
  const { transform, crs, geoKeys } = file.georeference;
  const told = affineOf(asset?.["proj:transform"] ?? item.properties["proj:transform"]);
  return {
    width: file.width,
    height: file.height,
    transform: transform ?? told,
    crs: crs ?? crsOf(item, asset),
    geoKeys,
  };
}

const rank = (band: BandName = "B01"): number => (band === "B02" ? 0 : BAND_RESOLUTION_M[band]);

function affineOf(value: unknown): Affine | undefined {
  if (!Array.isArray(value) || value.length < 6) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = value.map(Number);
  return a * e - b * d === 0 ? undefined : [a, b, c, d, e, f];
}

function crsOf(item: StacItem, asset: NamedAsset["asset"] | undefined): string | undefined {
  for (const fields of [asset, item.properties]) {
    const [code, epsg, wkt] = [fields?.["proj:code"], fields?.["proj:epsg"], fields?.["proj:wkt2"]];
    const json = fields?.["proj:projjson"];
    if (typeof code === "string") return normaliseCrs(code);
    if (typeof epsg === "number") return `EPSG:${epsg}`;
    if (typeof wkt === "string") return normaliseCrs(wkt);
    if (typeof json === "object" && json !== null) return normaliseCrs(JSON.stringify(json));
  }
  return undefined;
}

/** Of an interval its middle, which STAC calls representative; the interval is kept beside it. */
export function datetimeOf({ properties }: StacItem): string | undefined {
  const instant = instantOf(properties.datetime);
  if (instant !== undefined) return instant;
  const [start, end] = [instantOf(properties.start_datetime), instantOf(properties.end_datetime)];
  if (start === undefined || end === undefined) return start ?? end;
  return new Date((Date.parse(start) + Date.parse(end)) / 2).toISOString().replace(".000Z", "Z");
}

export function intervalOf({ properties }: StacItem): Readonly<Record<string, string>> {
  const [start, end] = [instantOf(properties.start_datetime), instantOf(properties.end_datetime)];
  return start === undefined || end === undefined ? {} : { start_datetime: start, end_datetime: end };
}

const instantOf = (text: string | null | undefined): string | undefined =>
  text == null ? undefined : datetimeFromText(text);

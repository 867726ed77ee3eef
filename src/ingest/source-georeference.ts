import type { GeoTIFFImage } from "geotiff";
import { translateAffine, type Affine } from "../geo/affine.js";
import type { Crs } from "../geo/crs.js";
import type { GeoKeys } from "../container/georeference.js";

/** Where an image lies, as far as its tags tell. */
export interface Georeference {
  readonly transform: Affine | undefined;
  readonly crs: Crs | undefined;
  readonly geoKeys: GeoKeys | undefined;
  /** Sentences without the file's name: "no georeference (...)". */
  readonly warnings: readonly string[];
}

const MODEL_TYPE = 1024;
const RASTER_TYPE = 1025;
const GEOGRAPHIC_CRS = 2048;
const PROJECTED_CRS = 3072;
const USER_DEFINED = 32767;

/** The georeference by the GeoTIFF tags (OGC 19-008r4): a grid whose pixels are points is shifted by half a pixel. */
export function readGeoreference(image: GeoTIFFImage): Georeference {
  const { fileDirectory } = image;
  const directory = Array.from(fileDirectory.getValue("GeoKeyDirectory") ?? [], Number);
  const keys = shortKeys(directory);
  const corner = transformOf({
    matrix: numbersOf(fileDirectory.getValue("ModelTransformation")),
    scale: numbersOf(fileDirectory.getValue("ModelPixelScale")),
    tiepoints: numbersOf(fileDirectory.getValue("ModelTiepoint")),
  });
  const isPoint = keys.get(RASTER_TYPE) === 2;
  const transform = corner !== undefined && isPoint ? translateAffine(corner, -0.5, -0.5) : corner;
  const crs = crsOf(keys);
  const warnings: string[] = [];
  if (transform === undefined)
    warnings.push("it has no georeference (neither a pixel scale with one tie point nor a matrix)");
  if (crs === undefined) warnings.push(directory.length === 0 ? "it names no CRS" : "its CRS has no EPSG code");
  const ascii: unknown = fileDirectory.getValue("GeoAsciiParams");
  const geoKeys = {
    directory,
    doubles: numbersOf(fileDirectory.getValue("GeoDoubleParams")),
    ascii: typeof ascii === "string" ? ascii : "",
  };
  return { transform, crs, geoKeys: directory.length === 0 ? undefined : geoKeys, warnings };
}

interface ModelTags {
  readonly matrix: readonly number[];
  readonly scale: readonly number[];
  readonly tiepoints: readonly number[];
}

/** The matrix wins over scale and tie point, as in GDAL; a negative y scale is read as positive, as in GDAL. */
function transformOf({ matrix, scale, tiepoints }: ModelTags): Affine | undefined {
  if (matrix.length >= 8) {
    const [a = 0, b = 0, , c = 0, d = 0, e = 0, , f = 0] = matrix;
    return usable([a, b, c, d, e, f]);
  }
  if (scale.length < 2 || tiepoints.length !== 6) return undefined;
  const [column = 0, row = 0, , x = 0, y = 0] = tiepoints;
  const [a, e] = [scale[0] ?? 0, -Math.abs(scale[1] ?? 0)];
  return usable([a, 0, x - column * a, 0, e, y - row * e]);
}

function usable(t: Affine): Affine | undefined {
  const determinant = t[0] * t[4] - t[1] * t[3];
  return t.every(Number.isFinite) && determinant !== 0 ? t : undefined;
}

function crsOf(keys: ReadonlyMap<number, number>): Crs | undefined {
  const model = keys.get(MODEL_TYPE);
  const projected = keys.get(PROJECTED_CRS);
  const code =
    model === 2 ? keys.get(GEOGRAPHIC_CRS) : (projected ?? (model === 1 ? undefined : keys.get(GEOGRAPHIC_CRS)));
  return code === undefined || code < 1024 || code >= USER_DEFINED ? undefined : `EPSG:${code}`;
}

/** Keys whose value stands in the directory itself (TIFFTagLocation 0): key, location, count, value; after a head of four. */
function shortKeys(directory: readonly number[]): ReadonlyMap<number, number> {
  const keys = new Map<number, number>();
  for (let i = 4; i + 3 < directory.length; i += 4) {
    const [key = 0, location, , value = 0] = directory.slice(i, i + 4);
    if (location === 0) keys.set(key, value);
  }
  return keys;
}

function numbersOf(value: unknown): readonly number[] {
  if (Array.isArray(value)) return value.map(Number);
  return value instanceof Float64Array ? [...value] : [];
}

import type { GeoTIFFImage } from "geotiff";
import { translateAffine, type Affine } from "../geo/affine.js";
import { UnsupportedError } from "../core/errors.js";
import { hasKnownShift, openCrs, type Crs } from "../geo/crs.js";
import { crsOfKeys, keyValues } from "./source-geokeys.js";
import type { GeoKeys } from "../container/georeference.js";

/** Where an image lies, as far as its tags tell. */
export interface Georeference {
  readonly transform: Affine | undefined;
  readonly crs: Crs | undefined;
  readonly geoKeys: GeoKeys | undefined;
  /** Sentences without the file's name: "no georeference (...)". */
  readonly warnings: readonly string[];
}

const RASTER_TYPE = 1025;

/** The georeference by the GeoTIFF tags (OGC 19-008r4): a grid whose pixels are points is shifted by half a pixel. */
export function readGeoreference(image: GeoTIFFImage): Georeference {
  const { fileDirectory } = image;
  const directory = Array.from(fileDirectory.getValue("GeoKeyDirectory") ?? [], Number);
  const doubles = numbersOf(fileDirectory.getValue("GeoDoubleParams"));
  const text: unknown = fileDirectory.getValue("GeoAsciiParams");
  const ascii = typeof text === "string" ? text : "";
  const keys = keyValues(directory, doubles, ascii);
  const tiepoints = numbersOf(fileDirectory.getValue("ModelTiepoint"));
  const corner = transformOf({
    matrix: numbersOf(fileDirectory.getValue("ModelTransformation")),
    scale: numbersOf(fileDirectory.getValue("ModelPixelScale")),
    tiepoints,
  });
  const isPoint = keys.values.get(RASTER_TYPE) === 2;
  const transform = corner !== undefined && isPoint ? translateAffine(corner, -0.5, -0.5) : corner;
  const crs = crsOfKeys(keys);
  const warnings: string[] = [];
  if (transform === undefined)
    warnings.push(
      tiepoints.length > 6
        ? placedByPoints(tiepoints.length / 6)
        : "it has no georeference (neither a pixel scale with one tie point nor a matrix)",
    );
  if (crs === undefined) warnings.push("it names no CRS");
  else if (!canProject(crs)) warnings.push(`its CRS (${crs.slice(0, 60)}) is not one that can be projected here`);
  else if (!hasKnownShift(crs))
    warnings.push(
      `the shift of its datum (CRS ${crs.slice(0, 60)}) to WGS84 is not known here: it may lie some 100 m off`,
    );
  const geoKeys = directory.length === 0 ? undefined : { directory, doubles, ascii };
  return { transform, crs, geoKeys, warnings };
}

/** Of a file that only ground control points place. */
export function placedByPoints(count: number): string {
  return `it has no georeference of its own grid, but ${count} ground control points; gdalwarp puts it on a grid`;
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

function canProject(crs: Crs): boolean {
  try {
    openCrs(crs);
    return true;
  } catch (error) {
    if (error instanceof UnsupportedError) return false;
    throw error;
  }
}

function numbersOf(value: unknown): readonly number[] {
  if (Array.isArray(value)) return value.map(Number);
  return value instanceof Float64Array ? [...value] : [];
}

import type { Affine } from "../geo/affine.js";
import { epsgCode, isGeographic, type Crs } from "../geo/crs.js";
import { TAG, type Tag } from "./tiff.js";

/** GeoTIFF's GeoKeys as they stand in a file. */
export interface GeoKeys {
  readonly directory: readonly number[];
  readonly doubles: readonly number[];
  readonly ascii: string;
}

/** What places a grid on Earth; each part may be missing. */
export interface Georeference {
  readonly transform: Affine | undefined;
  readonly crs: Crs | undefined;
  readonly geoKeys: GeoKeys | undefined;
}

const KEY = { modelType: 1024, rasterType: 1025, geographic: 2048, projected: 3072 } as const;

/** GeoTIFF tags (OGC 19-008r4) of a grid: pixel scale and tiepoint when north-up, the full matrix else; pixel-is-area always. */
export function georeferenceTags(georeference: Georeference): Tag[] {
  const { transform, crs, geoKeys } = georeference;
  const tags: Tag[] = [];
  if (transform !== undefined) {
    const [a, b, c, d, e, f] = transform;
    if (b === 0 && d === 0 && a > 0 && e < 0) {
      tags.push({ tag: TAG.modelPixelScale, type: "double", values: [a, -e, 0] });
      tags.push({ tag: TAG.modelTiepoint, type: "double", values: [0, 0, 0, c, f, 0] });
    } else {
      tags.push({
        tag: TAG.modelTransformation,
        type: "double",
        values: [a, b, 0, c, d, e, 0, f, 0, 0, 0, 0, 0, 0, 0, 1],
      });
    }
  }
  if (geoKeys !== undefined && geoKeys.directory.length >= 4) return [...tags, ...verbatim(geoKeys)];
  const code = crs === undefined ? undefined : epsgCode(crs);
  if (crs !== undefined && code !== undefined)
    tags.push({ tag: TAG.geoKeyDirectory, type: "short", values: keysOf(code, isGeographic(crs)) });
  return tags;
}

function keysOf(code: number, geographic: boolean): number[] {
  const entries = [
    [KEY.modelType, 0, 1, geographic ? 2 : 1],
    [KEY.rasterType, 0, 1, 1],
    [geographic ? KEY.geographic : KEY.projected, 0, 1, code],
  ];
  return [1, 1, 0, entries.length, ...entries.flat()];
}

/** The source's keys, with pixel-is-area: transforms are kept at pixel corners. */
function verbatim(keys: GeoKeys): Tag[] {
  const directory = [...keys.directory];
  for (let at = 4; at + 3 < directory.length; at += 4) if (directory[at] === KEY.rasterType) directory[at + 3] = 1;
  const tags: Tag[] = [{ tag: TAG.geoKeyDirectory, type: "short", values: directory }];
  if (keys.doubles.length > 0) tags.push({ tag: TAG.geoDoubleParams, type: "double", values: keys.doubles });
  const ascii = keys.ascii.replace(/\0+$/, "");
  if (ascii.length > 0) tags.push({ tag: TAG.geoAsciiParams, type: "ascii", values: ascii });
  return tags;
}

/** The pixel-corner transform of a GeoTIFF's tags (pixel-is-area), or undefined where there is none. */
export function transformFromTags(tags: {
  readonly scale: readonly number[] | undefined;
  readonly tiepoint: readonly number[] | undefined;
  readonly matrix: readonly number[] | undefined;
}): Affine | undefined {
  const { scale, tiepoint, matrix } = tags;
  if (matrix !== undefined && matrix.length >= 8) {
    const [a = 0, b = 0, , c = 0, d = 0, e = 0, , f = 0] = matrix;
    return [a, b, c, d, e, f];
  }
  const [sx, sy] = scale ?? [];
  const [column, row, , x, y] = tiepoint ?? [];
  if (
    sx === undefined ||
    sy === undefined ||
    column === undefined ||
    row === undefined ||
    x === undefined ||
    y === undefined
  )
    return undefined;
  return [sx, 0, x - column * sx, 0, -sy, y + row * sy];
}

/** "EPSG:n" of a GeoKey directory, or undefined for a user-defined or missing system. */
export function epsgFromKeys(directory: readonly number[] | undefined): Crs | undefined {
  if (directory === undefined) return undefined;
  for (const wanted of [KEY.projected, KEY.geographic]) {
    for (let at = 4; at + 3 < directory.length; at += 4) {
      const code = directory[at + 3];
      if (directory[at] === wanted && directory[at + 1] === 0 && code !== undefined && code > 0 && code < 32767)
        return `EPSG:${code}`;
    }
  }
  return undefined;
}

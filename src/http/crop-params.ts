import { z } from "zod";
import { parseBounds } from "../catalog/footprint.js";
import { InvalidRequestError, UnsupportedError } from "../core/errors.js";
import { agreed, parameter, type Parameter } from "../core/parameter.js";
import type { Bounds } from "../geo/bounds.js";
import { isGeographic, openCrs, type Crs } from "../geo/crs.js";
import { holdsValues, type RenderFormat } from "../render/render-spec.js";
import type { Crop } from "../tile/crop-target.js";
import type { TargetGrid } from "../tile/plan.js";

/** Of a picture that is drawn at once. */
const MAX_PICTURE_PX = 2 ** 24;
/** Of a GeoTIFF that is drawn row by row: a whole Sentinel-2 scene four times over. */
const MAX_STREAM_PX = 500_000_000;
/** Beyond, a GeoTIFF goes out uncompressed, row by row. */
const MAX_WHOLE_TIF_PX = 2 ** 21;
const MAX_SIDE = 9_999_999;

const side = (name: string, description: string) =>
  parameter({
    name,
    description,
    example: "50",
    schema: z.int().min(1).max(MAX_SIDE),
    wanted: "a whole number of pixels, 1 or more",
  });
export const WIDTH = side("width", "Pixels");
export const HEIGHT = side("height", "Pixels");
export const MAX_SIZE = side("max_size", "Pixels of the longer side at most");
export const COORD_CRS = parameter({
  name: "coord_crs",
  description: "Of the coordinates; default EPSG:4326",
  example: "EPSG:4326",
  schema: z.string().transform((text) => parseCrs("coord_crs", text)),
});
export const DST_CRS = parameter({
  name: "dst_crs",
  description: "Of the picture; default coord_crs, of previews the item's",
  example: "EPSG:3857",
  schema: z.string().transform((text) => parseCrs("dst_crs", text)),
});

export const CRS = parameter({
  name: "crs",
  description: "Of the box that is told; default EPSG:4326",
  example: "EPSG:3857",
  schema: z.string().transform((text) => parseCrs("crs", text)),
});

/** How many pixels. */
export const SIZE_PARAMETERS: readonly Parameter[] = [MAX_SIZE, WIDTH, HEIGHT];
export const CROP_PARAMETERS: readonly Parameter[] = [COORD_CRS, DST_CRS, ...SIZE_PARAMETERS];

/** "minx,miny,maxx,maxy" and "WxH" of a path, with `coord_crs`, `dst_crs`, `width`, `height` and `max_size` of the query, as TiTiler has them. */
export function parseCrop(bounds: string, size: string | undefined, query: URLSearchParams): Crop {
  const crs = parseCoordCrs(query);
  return { bounds: parseBox(bounds, crs), ...parseCropGrid(crs, size, query) };
}

/** `coord_crs`. @throws InvalidRequestError */
export function parseCoordCrs(query: URLSearchParams): Crs {
  return COORD_CRS.of(query) ?? "EPSG:4326";
}

/** What a crop's picture is to be, whatever its shape. @throws InvalidRequestError */
export function parseCropGrid(crs: Crs, size: string | undefined, query: URLSearchParams): Omit<Crop, "bounds"> {
  const [width, height] = askedSize(size, query);
  return { crs, dstCrs: DST_CRS.of(query) ?? crs, width, height, maxSize: MAX_SIZE.of(query) };
}

/** Of a picture that is cut by a shape, which is drawn at once whatever its format. @throws InvalidRequestError for one too large. */
export function checkWhole({ width, height }: Pick<TargetGrid, "width" | "height">): void {
  if (width * height <= MAX_PICTURE_PX) return;
  throw new InvalidRequestError(
    `${width} x ${height} pixels are too many for a feature; wanted ${MAX_PICTURE_PX} at most: a smaller feature, a size in the path, max_size`,
  );
}

/** Sides that the path ("64x64") or the query asks for. @throws InvalidRequestError where they contradict each other, or `max_size`. */
export function askedSize(
  size: string | undefined,
  query: URLSearchParams,
): readonly [width: number | undefined, height: number | undefined] {
  const [wide, high] = size === undefined ? [] : parseSize(size);
  const sides = [
    agreed(["the path's width", wide], ["width", WIDTH.of(query)]),
    agreed(["the path's height", high], ["height", HEIGHT.of(query)]),
  ] as const;
  const [longest, most = Infinity] = [Math.max(...sides.map((side = 0) => side)), MAX_SIZE.of(query)];
  if (longest <= most) return sides;
  throw new InvalidRequestError(`max_size is ${most} and a side ${longest} pixels; wanted one of them`);
}

/** @throws InvalidRequestError */
function parseSize(size: string): readonly [width: number, height: number] {
  const [, width = 0, height = 0] = (/^(\d{1,7})x(\d{1,7})$/.exec(size) ?? []).map(Number);
  if (width > 0 && height > 0) return [width, height];
  throw new InvalidRequestError(`Size is "${size.slice(0, 40)}"; wanted WIDTHxHEIGHT, each a whole number of pixels`);
}

/** Whether a picture goes out row by row. @throws InvalidRequestError for one that is too large either way. */
export function wantsRows({ width, height }: Pick<TargetGrid, "width" | "height">, format: RenderFormat): boolean {
  const pixels = width * height;
  const most = format === "tif" ? MAX_STREAM_PX : MAX_PICTURE_PX;
  if (pixels <= most) return format === "tif" && pixels > MAX_WHOLE_TIF_PX;
  const hint = format === "tif" ? "" : `, or tif, which may have ${MAX_STREAM_PX}`;
  throw new InvalidRequestError(
    `${width} x ${height} pixels are too many for ${holdsValues(format) ? format : "a picture"}; wanted ${most} at most: a smaller bbox, a size in the path, max_size${hint}`,
  );
}

function parseBox(text: string, crs: Crs): Bounds {
  const parts = text.split(",");
  const numbers = parts.map((part) =>
    /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part.trim()) ? Number(part) : Number.NaN,
  );
  if (numbers.some(Number.isNaN) || numbers.length < 4)
    throw new InvalidRequestError(`bbox is "${text.slice(0, 80)}"; wanted MINX,MINY,MAXX,MAXY`);
  if (isGeographic(crs)) return parseBounds(numbers, "bbox");
  const [minx = 0, miny = 0, maxx = 0, maxy = 0] =
    numbers.length === 6 ? [0, 1, 3, 4].map((i) => numbers[i] ?? 0) : numbers;
  if (numbers.length !== 4 && numbers.length !== 6)
    throw new InvalidRequestError(`bbox has ${numbers.length} numbers; wanted 4, or 6 with heights`);
  if (minx < maxx && miny < maxy) return [minx, miny, maxx, maxy];
  throw new InvalidRequestError(`bbox is ${text.slice(0, 80)}; wanted the lower left corner first`);
}

/** "EPSG:32631" or OGC's URI of it. @throws InvalidRequestError */
function parseCrs(name: string, text: string): Crs {
  const [, authority = "", code = ""] =
    /^https?:\/\/www\.opengis\.net\/def\/crs\/(\w+)\/[\w.]+\/(\w+)$/.exec(text) ?? [];
  const crs =
    authority === "" ? text.replace(/^(epsg|ogc):/, (prefix) => prefix.toUpperCase()) : `${authority}:${code}`;
  try {
    openCrs(crs);
    return crs === "OGC:CRS84" ? "EPSG:4326" : crs;
  } catch (cause) {
    if (!(cause instanceof UnsupportedError)) throw cause;
    throw new InvalidRequestError(
      `${name} is "${text.slice(0, 60)}", which isn't known here; wanted such as EPSG:3857`,
      { cause },
    );
  }
}

import { z } from "zod";
import { BANDS } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import { parameter, type Parameter } from "../core/parameter.js";
import { ALGORITHM_NAMES } from "./algorithms/algorithms.js";
import { READ_KERNELS, WARP_KERNELS, type Range, type RenderFormat } from "./render-spec.js";

const FORMATS: ReadonlyMap<string, RenderFormat> = new Map([
  ["png", "png"],
  ["pngraw", "pngraw"],
  ["webp", "webp"],
  ["jpg", "jpeg"],
  ["jpeg", "jpeg"],
  ["npy", "npy"],
  ["tif", "tif"],
  ["tiff", "tif"],
]);
const MAX_TILE_PX = 2048;
const MAX_RESCALE_NUMBERS = 2 * BANDS.length;

const texts = z.array(z.string());

export const ASSETS = parameter({
  name: "assets",
  description:
    "Bands by name (B04) or common name (red), with commas between or once each; visual, tec for all; NAME|bidx=1,2,3 picks some of an asset's, NAME|expression=b1*2 is made of them",
  example: "B04",
  schema: texts,
});
export const ASSET_BIDX = parameter({
  name: "asset_bidx",
  description: "NAME|1,2,3: which bands of an asset",
  example: "tec|4",
  schema: texts,
});
export const BIDX = parameter({
  name: "bidx",
  description: "Bands by their position among assets, else among all 12",
  example: "4",
  schema: texts,
});
export const EXPRESSION = parameter({
  name: "expression",
  description: "Values from bands, such as (B08-B04)/(B08+B04); several separated by ;",
  example: "B08/B04",
  schema: texts,
});
export const ASSET_AS_BAND = parameter({
  name: "asset_as_band",
  description: "Changes nothing: in expressions a band goes by its name and by its position among assets",
  example: "true",
  schema: z.boolean(),
});
export const RESCALE = parameter({
  name: "rescale",
  description: "MIN,MAX that become black and white, once or for each value",
  example: "0,3000",
  schema: texts.transform((values) => values.flatMap((text) => parseRescale(text))),
});
export const COLOR_FORMULA = parameter({
  name: "color_formula",
  description: "gamma, sigmoidal and saturation, as rio-color has them",
  example: "gamma R 2",
  schema: z.string(),
});
export const COLORMAP = parameter({
  name: "colormap",
  description: "Colours of values or of intervals, as JSON",
  example: '{"0": "#ff0000"}',
  schema: z.string(),
});
export const COLORMAP_NAME = parameter({
  name: "colormap_name",
  description: "Of /colorMaps; for one value",
  example: "viridis",
  schema: z.string().transform((name) => name.toLowerCase()),
});
export const RETURN_MASK = parameter({
  name: "return_mask",
  description: "true (default) or false: alpha in pictures, a last plane in npy, an alpha band in tif",
  example: "false",
  schema: z.boolean(),
});
export const RENDER = parameter({
  name: "render",
  description: "A look with a name, which other parameters override",
  example: "true-color",
  schema: z.string(),
});
export const RESAMPLING = parameter({
  name: "resampling",
  description: "How pixels are made of those around, as GDAL reads; default bilinear",
  example: "nearest",
  schema: z.enum(READ_KERNELS),
});
export const REPROJECT = parameter({
  name: "reproject",
  description: "The same, as GDAL warps: reading and warping are one step here. Goes before resampling",
  example: "bilinear",
  schema: z.enum(WARP_KERNELS),
});
export const NODATA = parameter({
  name: "nodata",
  description: "The digital number that is a hole too",
  example: "0",
  schema: z.string().transform((text) => {
    if (/^[-+]?(nan|inf)$/i.test(text)) return undefined;
    if (!Number.isNaN(Number(text))) return Number(text);
    throw new InvalidRequestError(`nodata is "${text.slice(0, 40)}"; wanted a number`);
  }),
});
export const UNSCALE = parameter({
  name: "unscale",
  description: "true: reflectance instead of digital numbers",
  example: "true",
  schema: z.boolean(),
});
export const ALGORITHM = parameter({
  name: "algorithm",
  description: "Of /algorithms: what is made of the values before they are drawn",
  example: "cast",
  schema: z.enum(ALGORITHM_NAMES),
});
export const ALGORITHM_PARAMS = parameter({
  name: "algorithm_params",
  description: "The algorithm's numbers as a JSON object; only with algorithm",
  example: "{}",
  schema: z.string(),
});
export const TILESIZE = parameter({
  name: "tilesize",
  description: "Pixels a side; default 256",
  example: "128",
  schema: z.int().min(1).max(MAX_TILE_PX),
  wanted: `1 to ${MAX_TILE_PX} pixels`,
});
export const FORMAT = parameter({
  name: "format",
  description:
    "png, webp, jpg, pngraw, npy or tif, where the path has no extension; else jpg where every pixel is valid, png",
  example: "webp",
  schema: z.string().transform(parseFormat),
});
export const F = parameter({
  name: "f",
  description: "The same as format",
  example: "png",
  schema: z.string().transform(parseFormat),
});

/** Which bands, or what of them. */
export const SOURCE_PARAMETERS: readonly Parameter[] = [ASSETS, ASSET_BIDX, BIDX, EXPRESSION, ASSET_AS_BAND];
/** What is taken of digital numbers, and what is made of the values. */
export const NUMBER_PARAMETERS: readonly Parameter[] = [NODATA, UNSCALE];
export const ALGORITHM_PARAMETERS: readonly Parameter[] = [ALGORITHM, ALGORITHM_PARAMS];
/** How a picture's pixels are made of others. */
export const KERNEL_PARAMETERS: readonly Parameter[] = [RESAMPLING, REPROJECT];
/** All that a picture's look is made of, its format and size apart. */
export const PICTURE_PARAMETERS: readonly Parameter[] = [
  ...SOURCE_PARAMETERS,
  RESCALE,
  COLOR_FORMULA,
  COLORMAP,
  COLORMAP_NAME,
  RETURN_MASK,
  RENDER,
  ...KERNEL_PARAMETERS,
  ...NUMBER_PARAMETERS,
  ...ALGORITHM_PARAMETERS,
];
export const FORMAT_PARAMETERS: readonly Parameter[] = [FORMAT, F];

/** "png", ".tif", "image/webp". @throws InvalidRequestError */
export function parseFormat(text: string): RenderFormat {
  const format = FORMATS.get(text.toLowerCase().replace(/^(?:\.|image\/)/, ""));
  if (format !== undefined) return format;
  throw new InvalidRequestError(
    `Format "${text.slice(0, 40)}" is not known; wanted png, webp, jpg, pngraw, npy or tif`,
  );
}

/** "0,3000"; all ranges in one value ("0,1,0,2" or "[[0,1],[0,2]]") is understood too. */
function parseRescale(text: string): readonly Range[] {
  const numbers = text
    .replaceAll(/[[\]\s]/g, "")
    .split(",")
    .map((part) => (part === "" ? Number.NaN : Number(part)));
  const ranges: Range[] = [];
  for (let i = 0; i < numbers.length && i < MAX_RESCALE_NUMBERS; i += 2) {
    const [min = Number.NaN, max = Number.NaN] = numbers.slice(i, i + 2);
    if (!(Number.isFinite(min) && Number.isFinite(max) && min < max)) {
      throw new InvalidRequestError(
        `rescale is "${text.slice(0, 60)}"; wanted MIN,MAX with MIN below MAX, for instance 0,3000`,
      );
    }
    ranges.push([min, max]);
  }
  return ranges;
}

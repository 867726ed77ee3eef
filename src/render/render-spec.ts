import type { BandName } from "../core/bands.js";
import type { Affine } from "../geo/affine.js";
import type { Crs } from "../geo/crs.js";
import { BANDS } from "../core/bands.js";
import { assertNever } from "../core/assert.js";
import { kindOf, type Algorithm } from "./algorithms/algorithms.js";
import type { ColourOperation } from "./color-formula.js";
import type { ExplicitColormap } from "./explicit-colormap.js";
import { expressionBands, formatExpression } from "./expression-parser.js";
import type { Expression } from "./expression-parser.js";

/**
 * How to turn bands into a picture: plain readonly data that crosses to worker threads and goes, by `renderKey`, into ETags.
 *
 * Pixel values pass: source -> algorithm -> rescale to 0..1 -> colour formula -> colormap -> 8 bits.
 */
export interface RenderSpec {
  readonly source: RenderSource;
  /** What is made of the source's values. */
  readonly algorithm?: Algorithm;
  /** One range for each output, in digital numbers or the expression's unit; undefined keeps raw values. */
  readonly rescale: readonly Range[] | undefined;
  readonly colorFormula: readonly ColourOperation[];
  readonly colormap: Colormap | undefined;
  /** False makes holes black and opaque. */
  readonly returnMask: boolean;
  readonly resampling: Resampling;
  /** Side of a tile, pixels. */
  readonly tileSize: number;
  readonly format: RenderFormat;
  /** 0 = a hole, [height][width] of the picture, on shared memory: what lies outside a shape. The target's name tells it in ETags. */
  readonly cutline?: Uint8Array;
  /** What a tif tells of its pixels; plan.ts fills it in for that format. */
  readonly geotiff?: GeoTiffHead;
}

/** Where a GeoTIFF's pixels lie and what its bands are, mask and the like left out. */
export interface GeoTiffHead {
  readonly transform: Affine;
  readonly crs: Crs;
  readonly bands: readonly string[];
}

/** Bands as they are, or one expression for each output. */
export type RenderSource = (
  | { readonly kind: "bands"; readonly bands: readonly BandName[] }
  | { readonly kind: "expressions"; readonly expressions: readonly Expression[] }
) &
  NumberRules;

/** How digital numbers are taken before anything is made of them, as TiTiler's parameters of these names. */
export interface NumberRules {
  /** Reflectance, 0..1 nominal, instead of digital numbers. */
  readonly unscale?: true;
  /** The digital number that is a hole: of bands where all have it, of expressions where one does. */
  readonly nodata?: number;
}

/** Values that become black and white. */
export type Range = readonly [min: number, max: number];

export type Colormap = { readonly kind: "named"; readonly name: string } | ExplicitColormap;

/** GDAL's kernels that TiTiler reads with and those that it warps with. */
export const READ_KERNELS = [
  "nearest",
  "bilinear",
  "cubic",
  "cubic_spline",
  "lanczos",
  "average",
  "mode",
  "gauss",
  "rms",
] as const;
export const WARP_KERNELS = [
  "nearest",
  "bilinear",
  "cubic",
  "cubic_spline",
  "lanczos",
  "average",
  "mode",
  "max",
  "min",
  "med",
  "q1",
  "q3",
  "sum",
  "rms",
] as const;
export type Resampling = (typeof READ_KERNELS)[number] | (typeof WARP_KERNELS)[number];

/** "auto" is jpeg where every pixel is valid, else png; "pngraw" holds whole numbers as they are, in 8 or 16 bits. */
export type RenderFormat = "auto" | "png" | "webp" | "jpeg" | "pngraw" | "npy" | "tif";

/** Formats of values instead of colours: raw unless rescaled. */
export function holdsValues(format: RenderFormat): boolean {
  return format === "npy" || format === "tif" || format === "pngraw";
}

/** The bands that a spec reads, each once, in storage order. */
export function requiredBands(spec: RenderSpec): readonly BandName[] {
  const used = new Set(sourceBands(spec.source));
  return BANDS.filter((band) => used.has(band));
}

/** How many values a pixel of the source has. */
export function outputCount(source: RenderSource): number {
  return source.kind === "bands" ? source.bands.length : source.expressions.length;
}

/** How many values a pixel of the picture has, before a colormap. */
export function shownCount({ source, algorithm }: Pick<RenderSpec, "source" | "algorithm">): number {
  return (algorithm === undefined ? undefined : kindOf(algorithm).gives) ?? outputCount(source);
}

/** What each of them is. */
export function shownNames({ source, algorithm }: Pick<RenderSpec, "source" | "algorithm">): readonly string[] {
  const taken = outputNames(source);
  const made = algorithm === undefined ? undefined : kindOf(algorithm).names;
  return made?.map((name) => name.replaceAll(/b(\d)/g, (_, n: string) => taken[Number(n) - 1] ?? "")) ?? taken;
}

/**
 * Canonical text of everything in a spec that changes the bytes of its picture, and of nothing else: two requests with equal keys
 * over equal pixels have equal answers.
 */
export function renderKey(spec: RenderSpec): string {
  return JSON.stringify([
    // A band by its name is whole numbers, the same word as an expression is not.
    spec.source.kind,
    sourceText(spec.source),
    ...(spec.source.unscale === undefined ? [] : ["unscale"]),
    ...(spec.source.nodata === undefined ? [] : [{ nodata: spec.source.nodata }]),
    ...(spec.algorithm === undefined ? [] : [{ algorithm: spec.algorithm }]),
    spec.rescale ?? "raw",
    spec.colorFormula,
    spec.colormap ?? "none",
    spec.returnMask,
    spec.resampling,
    spec.tileSize,
    spec.format,
  ]);
}

/** The bands that a source reads, in its order; one may come twice. */
export function sourceBands(source: RenderSource): readonly BandName[] {
  switch (source.kind) {
    case "bands":
      return source.bands;
    case "expressions":
      return source.expressions.flatMap((expression) => expressionBands(expression));
    default:
      return assertNever(source);
  }
}

/** What each value of a pixel is: a band's name, or an expression in its canonical spelling. */
export function outputNames(source: RenderSource): readonly string[] {
  return source.kind === "bands" ? source.bands : source.expressions.map(formatExpression);
}

function sourceText(source: RenderSource): string {
  return outputNames(source).join(source.kind === "bands" ? "," : ";");
}

import { BANDS } from "../core/bands.js";
import type { BandName } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import { parseColorFormula } from "./color-formula.js";
import type { ColourOperation } from "./color-formula.js";
import { isColormapName, unknownColormap } from "./colormaps.js";
import { parseExplicitColormap } from "./explicit-colormap.js";
import { parseExpression } from "./expression-parser.js";
import { parseSource } from "./parse-source.js";
import { DEFAULT_RENDER, RENDERS } from "../core/render-presets.js";
import type { RenderPreset } from "../core/render-presets.js";
import { holdsValues, outputCount } from "./render-spec.js";
import type {
  Colormap,
  NumberRules,
  Range,
  RenderFormat,
  RenderSource,
  RenderSpec,
  Resampling,
} from "./render-spec.js";

/** What holds where the query says nothing. */
export interface RenderOptions {
  /** Side of a tile, pixels; 256. */
  readonly tileSize?: number;
  /** "bilinear". */
  readonly resampling?: Resampling;
  /** "auto". */
  readonly format?: RenderFormat;
  /** The path's extension, with or without the dot: goes before `format=` and `f=`. */
  readonly extension?: string | undefined;
  /** The looks that `render=` may name; RENDERS. */
  readonly presets?: Readonly<Record<string, RenderPreset>>;
}

/**
 * Reads the render parameters of a query, in TiTiler's spelling: assets, bidx, asset_bidx, expression, rescale, color_formula,
 * colormap, colormap_name, return_mask, resampling, reproject, nodata, unscale, tilesize, format or f, and `render` = the name of a preset that the others then
 * override. What else there is in a query is not looked at (http/vocabulary).
 *
 * A query that names no bands shows true colour, with the preset's rescale and gamma unless it says otherwise. Where bands or an
 * expression come without a rescale: 0..3000 for B01 to B04, 0..4500 for the other bands, -1..1 for an expression; npy, tif
 * and an explicit colormap keep the raw values.
 *
 * @throws InvalidRequestError naming the parameter, what was got and what is wanted.
 */
export function parseRenderSpec(query: URLSearchParams, options: RenderOptions = {}): RenderSpec {
  const format =
    parseFormat(options.extension || (query.get("format") ?? query.get("f")) || undefined) ?? options.format ?? "auto";
  const named = parseSource(query);
  const preset = choosePreset(query, named, options.presets ?? RENDERS);
  const source = { ...chooseSource(named, preset, format), ...parseNumberRules(query) };
  const outputs = outputCount(source);
  const raw = holdsValues(format);
  if (!raw && outputs !== 1 && outputs !== 3) {
    throw new InvalidRequestError(
      `A picture of ${outputs} bands can't be drawn; wanted 1 or 3 bands or expressions, or the format npy or tif`,
    );
  }
  const colormap = raw ? undefined : parseColormap(query, preset);
  if (colormap !== undefined && outputs !== 1) {
    throw new InvalidRequestError(`A colormap was asked for ${outputs} bands; wanted one band or expression`);
  }
  const formula = query.get("color_formula") ?? preset?.color_formula;
  const colorFormula = formula === undefined || raw ? [] : parseColorFormula(formula);
  if (outputs !== 3 && colorFormula.some((operation) => operation.kind === "saturation")) {
    throw new InvalidRequestError("color_formula has saturation for one band; wanted three bands");
  }
  return {
    source,
    rescale: chooseRescale(query, source, { preset, raw: raw || isExplicit(colormap) }),
    colorFormula: withinOutputs(colorFormula, outputs),
    colormap,
    returnMask: parseFlag("return_mask", query.get("return_mask") ?? "true"),
    resampling: chooseResampling(query, options.resampling ?? "bilinear"),
    tileSize: parseTileSize(query.get("tilesize")) ?? options.tileSize ?? 256,
    format,
  };
}

const FORMATS: ReadonlyMap<string, RenderFormat> = new Map([
  ["png", "png"],
  ["pngraw", "png"],
  ["webp", "webp"],
  ["jpg", "jpeg"],
  ["jpeg", "jpeg"],
  ["npy", "npy"],
  ["tif", "tif"],
  ["tiff", "tif"],
]);
const LOOK_PARAMETERS = ["rescale", "color_formula", "colormap", "colormap_name"];
const MAX_TILE_PX = 2048;
const VISIBLE: readonly BandName[] = ["B01", "B02", "B03", "B04"];
const MAX_RESCALE_NUMBERS = 2 * BANDS.length;

/** The preset that fills what the query leaves open; none where it names its own bands or its own look. */
function choosePreset(
  query: URLSearchParams,
  named: RenderSource | "whole" | undefined,
  presets: Readonly<Record<string, RenderPreset>>,
): RenderPreset | undefined {
  const name = query.get("render");
  if (name === null) {
    const open = (named === undefined || named === "whole") && !LOOK_PARAMETERS.some((key) => query.has(key));
    return open ? RENDERS[DEFAULT_RENDER] : undefined;
  }
  if (Object.hasOwn(presets, name)) return presets[name];
  throw new InvalidRequestError(
    `Render "${name.slice(0, 40)}" is not known; wanted one of ${Object.keys(presets).join(", ")}`,
  );
}

function chooseSource(
  named: RenderSource | "whole" | undefined,
  preset: RenderPreset | undefined,
  format: RenderFormat,
): RenderSource {
  if (named === "whole" && holdsValues(format)) return { kind: "bands", bands: BANDS };
  if (named !== undefined && named !== "whole") return named;
  if (preset?.expression !== undefined)
    return { kind: "expressions", expressions: [parseExpression(preset.expression)] };
  return { kind: "bands", bands: preset?.assets ?? RENDERS[DEFAULT_RENDER].assets };
}

function parseColormap(query: URLSearchParams, preset: RenderPreset | undefined): Colormap | undefined {
  const explicit = query.get("colormap");
  if (explicit !== null && explicit !== "") return parseExplicitColormap(explicit);
  const name = (query.get("colormap_name") || preset?.colormap_name)?.toLowerCase();
  if (name === undefined) return undefined;
  if (!isColormapName(name)) throw unknownColormap(name);
  return { kind: "named", name };
}

function isExplicit(colormap: Colormap | undefined): boolean {
  return colormap !== undefined && colormap.kind !== "named";
}

function chooseRescale(
  query: URLSearchParams,
  source: RenderSource,
  fallback: { readonly preset: RenderPreset | undefined; readonly raw: boolean },
): readonly Range[] | undefined {
  const outputs = outputCount(source);
  const ranges = parseRescale(query.getAll("rescale")) ?? (fallback.raw ? undefined : fallback.preset?.rescale);
  if (ranges === undefined) return fallback.raw ? undefined : defaultRanges(source);
  const [first] = ranges;
  if (ranges.length === 1 && first !== undefined) return Array.from({ length: outputs }, () => first);
  if (ranges.length === outputs) return ranges;
  throw new InvalidRequestError(`rescale has ${ranges.length} ranges for ${outputs} bands; wanted 1 or ${outputs}`);
}

function defaultRanges(source: RenderSource): readonly Range[] {
  if (source.kind === "expressions") return source.expressions.map((): Range => [-1, 1]);
  const unit = source.unscale === undefined ? 1 : 10_000;
  return source.bands.map((band): Range => [0, (VISIBLE.includes(band) ? 3000 : 4500) / unit]);
}

/** "0,3000" once or for each band; all ranges in one value ("0,1,0,2" or "[[0,1],[0,2]]") is understood too. */
function parseRescale(values: readonly string[]): readonly Range[] | undefined {
  const texts = values.filter((value) => value.trim() !== "");
  if (texts.length === 0) return undefined;
  return texts.flatMap((text) => {
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
  });
}

/** Drops the channels that the picture doesn't have: "gamma RGB 2" on one band acts on its only one. */
function withinOutputs(operations: readonly ColourOperation[], outputs: number): readonly ColourOperation[] {
  return operations.map((operation) =>
    operation.kind === "saturation"
      ? operation
      : { ...operation, bands: operation.bands.filter((band) => band < outputs) },
  );
}

function parseFormat(text: string | undefined): RenderFormat | undefined {
  if (text === undefined) return undefined;
  const format = FORMATS.get(text.toLowerCase().replace(/^(?:\.|image\/)/, ""));
  if (format === undefined)
    throw new InvalidRequestError(`Format "${text.slice(0, 40)}" is not known; wanted png, webp, jpg, npy or tif`);
  return format;
}

/** `unscale` and `nodata`. */
function parseNumberRules(query: URLSearchParams): NumberRules {
  const unscale = parseFlag("unscale", query.get("unscale") || "false");
  const text = query.get("nodata") ?? "";
  const nodata = text === "" || /^[-+]?(nan|inf)$/i.test(text) ? undefined : Number(text);
  if (Number.isNaN(nodata)) throw new InvalidRequestError(`nodata is "${text.slice(0, 40)}"; wanted a number`);
  return { ...(unscale ? { unscale } : {}), ...(nodata === undefined ? {} : { nodata }) };
}

function parseFlag(name: string, text: string): boolean {
  const lower = text.toLowerCase();
  if (["true", "1", "yes", "on", ""].includes(lower)) return true;
  if (["false", "0", "no", "off"].includes(lower)) return false;
  throw new InvalidRequestError(`${name} is "${text.slice(0, 40)}"; wanted true or false`);
}

/** TiTiler reads with `resampling` and warps with `reproject`; here is one step, whose kernel the latter goes before. */
function chooseResampling(query: URLSearchParams, fallback: Resampling): Resampling {
  const read = parseResampling("resampling", query.get("resampling"));
  return parseResampling("reproject", query.get("reproject")) ?? read ?? fallback;
}

function parseResampling(name: string, text: string | null): Resampling | undefined {
  if (text === null || text === "") return undefined;
  if (text === "nearest" || text === "bilinear") return text;
  throw new InvalidRequestError(`${name} is "${text.slice(0, 40)}"; wanted nearest or bilinear`);
}

function parseTileSize(text: string | null): number | undefined {
  if (text === null || text === "") return undefined;
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1 && size <= MAX_TILE_PX) return size;
  throw new InvalidRequestError(`tilesize is "${text.slice(0, 40)}"; wanted 1 to ${MAX_TILE_PX} pixels`);
}

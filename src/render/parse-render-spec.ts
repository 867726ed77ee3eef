import { typeOfShown } from "./algorithms/apply-algorithm.js";
import { usualRanges } from "./algorithms/algorithms.js";
import { BANDS } from "../core/bands.js";
import type { BandName } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import { agreed } from "../core/parameter.js";
import { parseColorFormula } from "./color-formula.js";
import type { ColourOperation } from "./color-formula.js";
import { isColormapName, unknownColormap } from "./colormaps.js";
import { parseExplicitColormap } from "./explicit-colormap.js";
import { parseExpression } from "./expression-parser.js";
import { parseSource } from "./parse-source.js";
import { parseAlgorithm, parseKernel, parseNumberRules } from "./parse-values.js";
import { DEFAULT_RENDER, RENDERS } from "../core/render-presets.js";
import type { RenderPreset } from "../core/render-presets.js";
import * as parameters from "./render-parameters.js";
import { holdsValues, shownCount } from "./render-spec.js";
import type { Colormap, Range, RenderFormat, RenderSource, RenderSpec, Resampling } from "./render-spec.js";

/** What holds where the query says nothing. */
export interface RenderOptions {
  /** Side of a tile, pixels, where the path says it (@2x); `tilesize=` may say the same. 256 unless one of them does. */
  readonly tileSize?: number | undefined;
  /** "bilinear". */
  readonly resampling?: Resampling;
  /** "auto". */
  readonly format?: RenderFormat;
  /** The path's extension, with or without the dot; `format=` and `f=` may say the same. */
  readonly extension?: string | undefined;
  /** The looks that `render=` may name; RENDERS. */
  readonly presets?: Readonly<Record<string, RenderPreset>>;
}

/**
 * Reads the render parameters of a query, in TiTiler's spelling: assets, bidx, asset_bidx, expression, rescale, color_formula,
 * colormap, colormap_name, return_mask, resampling, reproject, nodata, unscale, algorithm, algorithm_params, tilesize, format or f, and `render` = the name of a preset that the others then
 * override.
 *
 * A query that names no bands shows true colour, with the preset's rescale and gamma unless it says otherwise. Where bands or an
 * expression come without a rescale: 0..3000 for B01 to B04, 0..4500 for the other bands, -1..1 for an expression; npy, tif
 * and an explicit colormap keep the raw values.
 *
 * @throws InvalidRequestError naming the parameter, what was got and what is wanted.
 */
export function parseRenderSpec(query: URLSearchParams, options: RenderOptions = {}): RenderSpec {
  const format = formatOf(query, options);
  const named = parseSource(query);
  const preset = choosePreset(query, named, options.presets ?? RENDERS);
  const source = { ...chooseSource(named, preset, format), ...parseNumberRules(query) };
  const algorithm = parseAlgorithm(query, source);
  const outputs = shownCount({ source, ...algorithm });
  const raw = holdsValues(format);
  if (format === "pngraw" && typeOfShown({ source, ...algorithm }) === "float32")
    throw new InvalidRequestError(
      "pngraw holds whole numbers, and these aren't; wanted bands, rescale or colormap with it, or the format npy or tif",
    );
  if (isPicture(format) && outputs !== 1 && outputs !== 3) {
    throw new InvalidRequestError(
      `A picture of ${outputs} bands can't be drawn; wanted 1 or 3 bands or expressions, or the format npy or tif`,
    );
  }
  // The look of a preset is of its source's values.
  const look = algorithm.algorithm === undefined ? preset : undefined;
  const colormap = raw ? undefined : parseColormap(query, look);
  if (colormap !== undefined && outputs !== 1) {
    throw new InvalidRequestError(`A colormap was asked for ${outputs} bands; wanted one band or expression`);
  }
  const formula = COLOR_FORMULA.of(query) ?? look?.color_formula;
  const colorFormula = formula === undefined || raw ? [] : parseColorFormula(formula);
  if (outputs !== 3 && colorFormula.some((operation) => operation.kind === "saturation")) {
    throw new InvalidRequestError("color_formula has saturation for one band; wanted three bands");
  }
  return {
    source,
    ...algorithm,
    rescale: chooseRescale(query, { source, ...algorithm }, { preset: look, raw: raw || isExplicit(colormap) }),
    colorFormula: withinOutputs(colorFormula, outputs),
    colormap,
    returnMask: parameters.RETURN_MASK.of(query) ?? true,
    resampling: parseKernel(query) ?? options.resampling ?? "bilinear",
    tileSize: agreed(["the path's tile size", options.tileSize], ["tilesize", parameters.TILESIZE.of(query)]) ?? 256,
    format,
  };
}

const { RESCALE, COLOR_FORMULA, COLORMAP, COLORMAP_NAME } = parameters;
const VISIBLE: readonly BandName[] = ["B01", "B02", "B03", "B04"];

/** Drawn in one or three colours. */
const isPicture = (format: RenderFormat): boolean => format === "pngraw" || !holdsValues(format);

/** Of the path's extension or the query; raw values of which colours are made are a picture like others. */
function formatOf(query: URLSearchParams, { extension = "", format = "auto" }: RenderOptions): RenderFormat {
  const asked = agreed(
    ["the path's extension", extension === "" ? undefined : parameters.parseFormat(extension)],
    ["format", parameters.FORMAT.of(query)],
    ["f", parameters.F.of(query)],
  );
  const looks = [RESCALE, COLOR_FORMULA, COLORMAP, COLORMAP_NAME, parameters.RENDER];
  const isLook = asked === "pngraw" && looks.some((look) => look.of(query) !== undefined);
  return isLook ? "png" : (asked ?? format);
}

/** The preset that fills what the query leaves open; none where it names its own bands or its own look. */
function choosePreset(
  query: URLSearchParams,
  named: RenderSource | "whole" | undefined,
  presets: Readonly<Record<string, RenderPreset>>,
): RenderPreset | undefined {
  const name = parameters.RENDER.of(query);
  if (name === undefined) {
    const looks = [RESCALE, COLOR_FORMULA, COLORMAP, COLORMAP_NAME];
    const open = (named === undefined || named === "whole") && looks.every((look) => look.of(query) === undefined);
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
  if (named === "whole" && !isPicture(format)) return { kind: "bands", bands: BANDS };
  if (named !== undefined && named !== "whole") return named;
  if (preset?.expression !== undefined)
    return { kind: "expressions", expressions: [parseExpression(preset.expression)] };
  return { kind: "bands", bands: preset?.assets ?? RENDERS[DEFAULT_RENDER].assets };
}

function parseColormap(query: URLSearchParams, preset: RenderPreset | undefined): Colormap | undefined {
  const explicit = COLORMAP.of(query);
  if (explicit !== undefined && COLORMAP_NAME.of(query) !== undefined)
    throw new InvalidRequestError("colormap and colormap_name are both given; wanted one of them");
  if (explicit !== undefined) return parseExplicitColormap(explicit);
  const name = COLORMAP_NAME.of(query) ?? preset?.colormap_name;
  if (name === undefined) return undefined;
  if (!isColormapName(name)) throw unknownColormap(name);
  return { kind: "named", name };
}

function isExplicit(colormap: Colormap | undefined): boolean {
  return colormap !== undefined && colormap.kind !== "named";
}

function chooseRescale(
  query: URLSearchParams,
  shown: Pick<RenderSpec, "source" | "algorithm">,
  fallback: { readonly preset: RenderPreset | undefined; readonly raw: boolean },
): readonly Range[] | undefined {
  const outputs = shownCount(shown);
  const ranges = RESCALE.of(query) ?? (fallback.raw ? undefined : fallback.preset?.rescale);
  if (ranges === undefined) return fallback.raw ? undefined : defaultRanges(shown);
  const [first] = ranges;
  if (ranges.length === 1 && first !== undefined) return Array.from({ length: outputs }, () => first);
  if (ranges.length === outputs) return ranges;
  throw new InvalidRequestError(`rescale has ${ranges.length} ranges for ${outputs} bands; wanted 1 or ${outputs}`);
}

function defaultRanges({ source, algorithm }: Pick<RenderSpec, "source" | "algorithm">): readonly Range[] {
  if (algorithm !== undefined) return usualRanges(algorithm, defaultRanges({ source }));
  if (source.kind === "expressions") return source.expressions.map((): Range => [-1, 1]);
  const unit = source.unscale === undefined ? 1 : 10_000;
  return source.bands.map((band): Range => [0, (VISIBLE.includes(band) ? 3000 : 4500) / unit]);
}

/** Drops the channels that the picture doesn't have: "gamma RGB 2" on one band acts on its only one. */
function withinOutputs(operations: readonly ColourOperation[], outputs: number): readonly ColourOperation[] {
  return operations.map((operation) =>
    operation.kind === "saturation"
      ? operation
      : { ...operation, bands: operation.bands.filter((band) => band < outputs) },
  );
}

import { InvalidRequestError } from "../core/errors.js";
import { parseRenderSpec, type RenderOptions } from "../render/parse-render-spec.js";
import { parseSource } from "../render/parse-source.js";
import { holdsValues, type RenderSource, type RenderSpec } from "../render/render-spec.js";
import {
  INPAINT_METHODS,
  isOrdered,
  NEWEST,
  PIXEL_SELECTIONS,
  type InpaintMethod,
  type MosaicSpec,
  type PixelSelection,
} from "../tile/mosaic/mosaic-spec.js";
import { parseDatetime } from "./params.js";

/** What a collection or search tile asks for: the picture, how dates become one, and which dates may. */
export interface MosaicRequest {
  readonly spec: RenderSpec;
  readonly mosaic: MosaicSpec;
  /** Closed interval of the dates that may be read, milliseconds. */
  readonly interval: readonly [fromMs: number, toMs: number];
}

/**
 * Reads `pixel_selection`, `inpaint`, `inferred`, `return_inferred`, `return_uncertainty` and `datetime` beside the render parameters.
 *
 * `datetime` for first, clear_newest and inpainting: at or before its end (of an interval also not before its beginning); for clear_nearest,
 * best, clear_median and medoid an instant is what dates are near to; for the others exactly what it says.
 *
 * @throws InvalidRequestError
 */
export function parseMosaic(query: URLSearchParams, options: RenderOptions): MosaicRequest {
  const selection = parseSelection(query.get("pixel_selection"));
  const inpaint = oneOf("inpaint", query.get("inpaint") || "none", INPAINT_METHODS);
  if (inpaint !== "none" && !isOrdered(selection)) {
    throw new InvalidRequestError(
      `inpaint=${inpaint} with pixel_selection=${selection}; wanted one of first, clear_newest, clear_nearest with it`,
    );
  }
  const { spec, decider } = parseLook(query, { selection, options });
  const datetime = query.get("datetime");
  const { interval, askedMs } = whenOf(datetime === null ? "" : datetime, { selection, inpaint });
  return {
    spec,
    interval,
    mosaic: {
      ...NEWEST,
      selection,
      inpaint,
      askedMs,
      decider,
      hatch: oneOf("inferred", query.get("inferred") || "plain", ["plain", "hatch"] as const) === "hatch",
      inferredPlane: flag("return_inferred", query),
      uncertaintyPlane: flag("return_uncertainty", query),
    },
  };
}

const NEAR: readonly PixelSelection[] = ["clear_nearest", "best", "clear_median", "medoid"];

function whenOf(
  datetime: string,
  { selection, inpaint }: { selection: PixelSelection; inpaint: InpaintMethod },
): { readonly interval: readonly [number, number]; readonly askedMs: number | undefined } {
  if (datetime.trim() === "") return { interval: [-Infinity, Infinity], askedMs: undefined };
  const [from, to] = parseDatetime(datetime);
  const isInterval = datetime.includes("/");
  const middle = Number.isFinite(from) && Number.isFinite(to) ? (from + to) / 2 : Number.isFinite(to) ? to : from;
  if (inpaint !== "none" && selection === "first")
    return { interval: isInterval ? [from, to] : [-Infinity, Infinity], askedMs: to };
  if (selection === "first" || selection === "clear_newest")
    return { interval: [isInterval ? from : -Infinity, to], askedMs: undefined };
  if (NEAR.includes(selection))
    return { interval: isInterval ? [from, to] : [-Infinity, Infinity], askedMs: isInterval ? finite(middle) : middle };
  return { interval: [from, to], askedMs: undefined };
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/** The picture's spec; `count` shows one plane, and lastband* keeps the last band or expression for deciding. */
function parseLook(
  query: URLSearchParams,
  { selection, options }: { selection: PixelSelection; options: RenderOptions },
): { readonly spec: RenderSpec; readonly decider: RenderSource | undefined } {
  if (selection === "count") return { spec: countSpec(query, options), decider: undefined };
  if (selection !== "lastbandlow" && selection !== "lastbandhigh")
    return { spec: parseRenderSpec(query, options), decider: undefined };
  const source = parseSource(query);
  const parts = typeof source === "object" ? partsOf(source) : [];
  const [decider] = parts.slice(-1);
  if (decider === undefined || parts.length < 2) {
    throw new InvalidRequestError(
      `pixel_selection=${selection} decides by the last band; wanted two or more in assets or expression`,
    );
  }
  return { spec: parseRenderSpec(withoutLast(query, parts), options), decider };
}

/** One source for each band or expression. */
function partsOf(source: RenderSource): readonly RenderSource[] {
  return source.kind === "bands"
    ? source.bands.map((band) => ({ kind: "bands" as const, bands: [band] }))
    : source.expressions.map((expression) => ({ kind: "expressions" as const, expressions: [expression] }));
}

function withoutLast(query: URLSearchParams, parts: readonly RenderSource[]): URLSearchParams {
  const rest = new URLSearchParams(query);
  const expressions = query.getAll("expression").join(";").split(";");
  if (query.has("expression")) {
    rest.set("expression", expressions.slice(0, parts.length - 1).join(";"));
    return rest;
  }
  for (const name of ["assets", "bidx", "asset_bidx"]) rest.delete(name);
  for (const part of parts.slice(0, -1)) if (part.kind === "bands") rest.append("assets", part.bands.join(","));
  return rest;
}

/** Counts as values are counts; in a picture none to twelve observations are black to white. Unless the query says otherwise. */
function countSpec(query: URLSearchParams, options: RenderOptions): RenderSpec {
  const rest = new URLSearchParams(query);
  for (const name of ["expression", "bidx", "asset_bidx", "assets", "render"]) rest.delete(name);
  rest.set("assets", "B02");
  if (rest.has("rescale")) return parseRenderSpec(rest, options);
  const spec = parseRenderSpec(rest, options);
  return { ...spec, rescale: holdsValues(spec.format) ? undefined : [[0, 12]] };
}

function parseSelection(text: string | null): PixelSelection {
  if (text === "lastbandhight") return "lastbandhigh";
  return oneOf("pixel_selection", text || "first", PIXEL_SELECTIONS);
}

function flag(name: string, query: URLSearchParams): boolean {
  return oneOf(name, query.get(name) || "false", ["true", "false"] as const) === "true";
}

function oneOf<T extends string>(name: string, text: string, values: readonly T[]): T {
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw new InvalidRequestError(`${name} is "${text.slice(0, 40)}"; wanted one of ${values.join(", ")}`);
}

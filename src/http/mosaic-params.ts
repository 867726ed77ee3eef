import { z } from "zod";
import { InvalidRequestError } from "../core/errors.js";
import { parameter, type Parameter } from "../core/parameter.js";
import { parseRenderSpec, type RenderOptions } from "../render/parse-render-spec.js";
import { parseSource } from "../render/parse-source.js";
import { EXPRESSION, RENDER, RESCALE, SOURCE_PARAMETERS } from "../render/render-parameters.js";
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
import { DATETIME } from "./params.js";

const PIXEL_SELECTION = parameter({
  name: "pixel_selection",
  description: "How dates become one picture; default first",
  example: "mean",
  // TiTiler's word, as it is spelled there.
  schema: z
    .enum([...PIXEL_SELECTIONS, "lastbandhight"])
    .transform((word) => (word === "lastbandhight" ? "lastbandhigh" : word)),
  wanted: `one of ${PIXEL_SELECTIONS.join(", ")}`,
});
const INPAINT = parameter({
  name: "inpaint",
  description: "How pixels without a clear look are filled; default none",
  example: "nearest",
  schema: z.enum(INPAINT_METHODS),
});
const INFERRED = parameter({
  name: "inferred",
  description: "hatch: stripes over inferred pixels of pictures; default plain",
  example: "hatch",
  schema: z.enum(["plain", "hatch"]),
});
const RETURN_INFERRED = parameter({
  name: "return_inferred",
  description: "true: one more plane of npy or band of tif, 255 where a pixel was inferred",
  example: "true",
  schema: z.boolean(),
});
const RETURN_UNCERTAINTY = parameter({
  name: "return_uncertainty",
  description: "true: one more plane or band, the expected error of what inpaint=tec inferred",
  example: "false",
  schema: z.boolean(),
});

/** Which dates, and how they become one picture. */
export const DATE_PARAMETERS: readonly Parameter[] = [
  DATETIME,
  PIXEL_SELECTION,
  INPAINT,
  INFERRED,
  RETURN_INFERRED,
  RETURN_UNCERTAINTY,
];

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
  const selection = PIXEL_SELECTION.of(query) ?? "first";
  const inpaint = INPAINT.of(query) ?? "none";
  if (inpaint !== "none" && !isOrdered(selection)) {
    throw new InvalidRequestError(
      `inpaint=${inpaint} with pixel_selection=${selection}; wanted one of first, clear_newest, clear_nearest with it`,
    );
  }
  const { spec, decider } = parseLook(query, { selection, options });
  const { interval, askedMs } = whenOf(query, { selection, inpaint });
  return {
    spec,
    interval,
    mosaic: {
      ...NEWEST,
      selection,
      inpaint,
      askedMs,
      decider,
      hatch: INFERRED.of(query) === "hatch",
      inferredPlane: RETURN_INFERRED.of(query) ?? false,
      uncertaintyPlane: RETURN_UNCERTAINTY.of(query) ?? false,
    },
  };
}

const NEAR: readonly PixelSelection[] = ["clear_nearest", "best", "clear_median", "medoid"];

function whenOf(
  query: URLSearchParams,
  { selection, inpaint }: { selection: PixelSelection; inpaint: InpaintMethod },
): { readonly interval: readonly [number, number]; readonly askedMs: number | undefined } {
  const asked = DATETIME.of(query);
  if (asked === undefined) return { interval: [-Infinity, Infinity], askedMs: undefined };
  const [from, to] = asked;
  const isInterval = query.get(DATETIME.name)?.includes("/") === true;
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
  const expressions = EXPRESSION.of(query)?.join(";").split(";");
  if (expressions !== undefined) {
    rest.set("expression", expressions.slice(0, parts.length - 1).join(";"));
    return rest;
  }
  for (const { name } of SOURCE_PARAMETERS) rest.delete(name);
  for (const part of parts.slice(0, -1)) if (part.kind === "bands") rest.append("assets", part.bands.join(","));
  return rest;
}

/** Counts as values are counts; in a picture none to twelve observations are black to white. Unless the query says otherwise. */
function countSpec(query: URLSearchParams, options: RenderOptions): RenderSpec {
  const rest = new URLSearchParams(query);
  for (const { name } of [...SOURCE_PARAMETERS, RENDER]) rest.delete(name);
  rest.set("assets", "B02");
  if (RESCALE.of(rest) !== undefined) return parseRenderSpec(rest, options);
  const spec = parseRenderSpec(rest, options);
  return { ...spec, rescale: holdsValues(spec.format) ? undefined : [[0, 12]] };
}

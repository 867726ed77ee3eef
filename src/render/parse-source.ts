import { BANDS, parseBandName } from "../core/bands.js";
import type { BandName } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import { parseExpression, type Expression } from "./expression-parser.js";
import { ASSET_AS_BAND, ASSET_BIDX, ASSETS, BIDX, EXPRESSION } from "./render-parameters.js";
import type { RenderSource } from "./render-spec.js";

/** The bands that stand for a picture as the eye sees it. */
const VISUAL: readonly BandName[] = ["B04", "B03", "B02"];
const WHOLE_IMAGE = ["tec", ":all:"];
const MAX_EXPRESSION_LENGTH = 500;
const MAX_EXPRESSIONS = 4;

/**
 * The source that `assets`, `bidx`, `asset_bidx` and `expression` name; "whole" for the whole image without a choice of bands,
 * undefined where the query names none. `bidx` and the bN of an expression count among the assets named, else among the 12 bands.
 *
 * @throws InvalidRequestError naming the unknown band, number or word.
 */
export function parseSource(query: URLSearchParams): RenderSource | "whole" | undefined {
  ASSET_AS_BAND.of(query);
  const assets = (ASSETS.of(query) ?? []).flatMap((value) => (value.includes("|") ? [value] : splitList(value)));
  const own = ownExpressions(assets);
  if (own !== undefined) {
    if (EXPRESSION.of(query) !== undefined)
      throw new InvalidRequestError("expression is given beside an asset's own; wanted one of the two");
    return { kind: "expressions", expressions: own };
  }
  const indexed = ASSET_BIDX.of(query) ?? [];
  const bands = selectBands(assets, indexed);
  const expression = (EXPRESSION.of(query) ?? []).join(";");
  if (expression !== "") return parseExpressions(expression, bands ?? BANDS);
  const positions = (BIDX.of(query) ?? []).flatMap((value) => splitList(value));
  if (positions.length > 0) return { kind: "bands", bands: pick(positions, bands ?? BANDS, "bidx") };
  if (bands === undefined) return undefined;
  const whole = indexed.length === 0 && assets.every((asset) => WHOLE_IMAGE.includes(asset));
  return whole ? "whole" : { kind: "bands", bands };
}

/** One asset after the other, where one has an expression of its own (NAME|expression=b1*2); the bands of those that have none. */
function ownExpressions(assets: readonly string[]): readonly Expression[] | undefined {
  if (!assets.some((asset) => OWN_EXPRESSION.test(asset))) return undefined;
  const expressions = assets.flatMap((asset): readonly Expression[] => {
    const [, name = "", text] = OWN_EXPRESSION.exec(asset) ?? [];
    if (text === undefined) return assetBands(asset, new Map()).map((band) => ({ kind: "band", band }));
    return partsOf(text).map((part) => parseExpression(part, namedBands(name)));
  });
  if (expressions.length <= MAX_EXPRESSIONS) return expressions;
  throw new InvalidRequestError(`assets gives ${expressions.length} outputs; wanted at most ${MAX_EXPRESSIONS}`);
}

const OWN_EXPRESSION = /^([^|]*)\|expression=(.*)$/s;

function selectBands(assets: readonly string[], indexed: readonly string[]): readonly BandName[] | undefined {
  if (assets.length === 0 && indexed.length === 0) return undefined;
  const positions = new Map(indexed.map((value) => splitAssetIndex(value)));
  const names = assets.length > 0 ? assets : [...positions.keys()];
  const other = [...positions.keys()].find((name) => !names.some((asset) => asset.split("|")[0] === name));
  if (other !== undefined)
    throw new InvalidRequestError(
      `asset_bidx is of "${other.slice(0, 40)}", which assets doesn't name; wanted one of them`,
    );
  const bands = names.flatMap((asset) => assetBands(asset, positions));
  if (bands.length > BANDS.length)
    throw new InvalidRequestError(`assets names ${bands.length} bands; wanted at most ${BANDS.length}`);
  return bands;
}

/** The bands of one asset: "B04", "red", "tec", "tec|bidx=4,3,2", "B04|bidx=1"; `positions` are those of `asset_bidx`. */
function assetBands(asset: string, positions: ReadonlyMap<string, readonly string[]>): readonly BandName[] {
  const [name = "", ...options] = asset.split("|");
  const own = options.flatMap((option) => {
    const list = /^(?:bidx|indexes)=([\d,]+)$/.exec(option)?.[1];
    if (list === undefined)
      throw new InvalidRequestError(
        `assets has "${asset.slice(0, 40)}"; wanted NAME, NAME|bidx=1,2,3 or NAME|expression=b1*2`,
      );
    return splitList(list);
  });
  const bands = namedBands(name);
  const chosen = own.length > 0 ? own : positions.get(name);
  return chosen === undefined ? bands : pick(chosen, bands, `bidx of asset "${name}"`);
}

function namedBands(name: string): readonly BandName[] {
  if (WHOLE_IMAGE.includes(name)) return BANDS;
  if (name === "visual") return VISUAL;
  const band = parseBandName(name);
  if (band !== undefined) return [band];
  throw new InvalidRequestError(
    `Asset "${name.slice(0, 40)}" is not known; wanted a band (${BANDS.join(", ")}), a common name such as red or nir, or tec for all`,
  );
}

function pick(positions: readonly string[], bands: readonly BandName[], what: string): readonly BandName[] {
  if (positions.length > BANDS.length)
    throw new InvalidRequestError(`${what} has ${positions.length} numbers; wanted at most 12`);
  return positions.map((text) => {
    const band = /^\d{1,3}$/.test(text) ? bands[Number(text) - 1] : undefined;
    if (band === undefined)
      throw new InvalidRequestError(`${what} has "${text.slice(0, 40)}"; wanted 1 to ${bands.length}`);
    return band;
  });
}

function splitAssetIndex(value: string): readonly [string, readonly string[]] {
  const [name = "", list] = value.split("|");
  if (list === undefined) throw new InvalidRequestError(`asset_bidx is "${value.slice(0, 40)}"; wanted NAME|1,2,3`);
  return [name, splitList(list)];
}

function parseExpressions(text: string, bands: readonly BandName[]): RenderSource {
  return { kind: "expressions", expressions: partsOf(text).map((part) => parseExpression(part, bands)) };
}

function partsOf(text: string): readonly string[] {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    throw new InvalidRequestError(`expression has ${text.length} characters; wanted at most ${MAX_EXPRESSION_LENGTH}`);
  }
  const parts = text.split(";").filter((part) => part.trim() !== "");
  if (parts.length === 0 || parts.length > MAX_EXPRESSIONS) {
    throw new InvalidRequestError(
      `expression has ${parts.length} outputs; wanted 1 to ${MAX_EXPRESSIONS}, separated by ";"`,
    );
  }
  return parts;
}

function splitList(value: string): readonly string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

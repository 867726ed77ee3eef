import { BANDS } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import { checkTaken, objectOf, readAlgorithm, type Algorithm } from "./algorithms/algorithms.js";
import { parseSource } from "./parse-source.js";
import { ALGORITHM, ALGORITHM_PARAMS, NODATA, REPROJECT, RESAMPLING, UNSCALE } from "./render-parameters.js";
import { outputCount, type NumberRules, type RenderSource, type RenderSpec, type Resampling } from "./render-spec.js";

/** What figures are told of: all bands where the query names none. @throws InvalidRequestError */
export function parseValues(query: URLSearchParams): Pick<RenderSpec, "source" | "algorithm"> {
  const named = parseSource(query);
  const bands: RenderSource = { kind: "bands", bands: BANDS };
  const source = { ...(named === undefined || named === "whole" ? bands : named), ...parseNumberRules(query) };
  return { source, ...parseAlgorithm(query, source) };
}

/** `reproject` and `resampling`; undefined where neither is given. TiTiler reads with the one and warps with the other; here is one step. */
export function parseKernel(query: URLSearchParams): Resampling | undefined {
  const read = RESAMPLING.of(query);
  return REPROJECT.of(query) ?? read;
}

/** `algorithm` and `algorithm_params`. @throws InvalidRequestError also where it doesn't take what the source gives. */
export function parseAlgorithm(query: URLSearchParams, source: RenderSource): { readonly algorithm?: Algorithm } {
  const name = ALGORITHM.of(query);
  const params = ALGORITHM_PARAMS.of(query);
  if (name === undefined) {
    if (Object.keys(objectOf(params)).length === 0) return {};
    throw new InvalidRequestError("algorithm_params is given without algorithm; wanted both");
  }
  const algorithm = readAlgorithm(name, params);
  checkTaken(algorithm, outputCount(source));
  return { algorithm };
}

/** `unscale` and `nodata`. */
export function parseNumberRules(query: URLSearchParams): NumberRules {
  const nodata = NODATA.of(query);
  return {
    ...(UNSCALE.of(query) === true ? { unscale: true } : {}),
    ...(nodata === undefined ? {} : { nodata }),
  };
}

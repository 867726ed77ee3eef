import { present } from "../core/assert.js";
import type { BandName } from "../core/bands.js";
import { countValid } from "../core/raster.js";
import type { Raster } from "../core/raster.js";
import { evaluateExpression } from "./expression.js";
import { sourceBands, type RenderSource } from "./render-spec.js";

/** The values that a picture shows: one plane for each output, and where they are defined. */
export interface SourcePlanes {
  /** Length height x width each; may be views of the raster's samples, so read only. */
  readonly planes: readonly Float32Array[];
  /** 1 = drawn, 0 = hole, length height x width. */
  readonly valid: Uint8Array;
  readonly validCount: number;
}

/** Picks the bands or evaluates the expressions; a pixel whose expression is not a finite number becomes a hole. */
export function sourcePlanes(raster: Raster, source: RenderSource): SourcePlanes {
  const pixelCount = raster.width * raster.height;
  const plane = (band: BandName): Float32Array => {
    const at = raster.bands.indexOf(band);
    present(at < 0 ? undefined : at, `band ${band} among the raster's ${raster.bands.join(", ")}`);
    return raster.samples.subarray(at * pixelCount, (at + 1) * pixelCount);
  };
  const read =
    source.unscale === undefined ? plane : (band: BandName) => plane(band).map((value) => value * REFLECTANCE);
  const observed = source.nodata === undefined ? raster.valid : withoutNodata(raster.valid, source, plane);
  if (source.kind === "bands")
    return { planes: source.bands.map(read), valid: observed, validCount: countValid(observed) };
  const planes = source.expressions.map((expression) => evaluateExpression(expression, read, pixelCount));
  const valid = observed.slice();
  for (const values of planes) clearUndefined(values, valid);
  return { planes, valid, validCount: countValid(valid) };
}

/** Of a digital number. */
const REFLECTANCE = 0.0001;

/** Bands are holes where all of them are, expressions where one of theirs is, as in rio-tiler. */
function withoutNodata(valid: Uint8Array, source: RenderSource, plane: (band: BandName) => Float32Array): Uint8Array {
  const planes = [...new Set(sourceBands(source))].map(plane);
  const wanted = source.kind === "bands" ? planes.length : 1;
  return valid.map((v, i) => {
    const holes = planes.filter((values) => Math.round(values[i] ?? 0) === source.nodata).length;
    return holes > 0 && holes >= wanted ? 0 : v;
  });
}

/** How many of the pixels are drawn, in a word. */
export function coverageOf(source: SourcePlanes): "full" | "partial" | "none" {
  if (source.validCount === source.valid.length) return "full";
  return source.validCount === 0 ? "none" : "partial";
}

function clearUndefined(values: Float32Array, valid: Uint8Array): void {
  for (let i = 0; i < valid.length; i++) {
    const value = values[i] ?? 0;
    // x - x is 0 for every finite x, NaN for NaN and the infinities.
    if (value - value !== 0) valid[i] = 0;
  }
}

import { countValid, cropPlanes } from "../../core/raster.js";
import type { Raster } from "../../core/raster.js";
import type { RenderSpec } from "../render-spec.js";
import { sourcePlanes, type SourcePlanes } from "../source-planes.js";
import { insetOf, kindOf, type Algorithm } from "./algorithms.js";
import { reduceBands, toBytes } from "./of-bands.js";
import { contours, hillshade, slope, terrainRgb, terrarium } from "./terrain.js";
import type { Values } from "./values.js";

/** What a spec's picture shows, and how large that is. */
export interface ShownPlanes extends SourcePlanes {
  readonly width: number;
  readonly height: number;
  /** What holds its values. */
  readonly type: "uint8" | "uint16" | "float32";
}

/** The source's planes, and what the algorithm, where there is one, makes of them: what it takes off the sides is gone. */
export function shownPlanes(
  raster: Raster,
  { source, algorithm }: Pick<RenderSpec, "source" | "algorithm">,
): ShownPlanes {
  const { width, height } = raster;
  const found = sourcePlanes(raster, source);
  const isWhole = source.kind === "bands" && source.unscale === undefined;
  if (algorithm === undefined) return { ...found, width, height, type: isWhole ? "uint16" : "float32" };
  const values = runAlgorithm({ ...found, width, height, isWhole }, algorithm);
  const inset = insetOf(algorithm);
  const inside = { x: inset, y: inset, width: width - 2 * inset, height: height - 2 * inset };
  const cut = <T extends Float32Array | Uint8Array>(plane: T): T =>
    inset === 0 ? plane : cropPlanes(plane, { width, height }, inside);
  const valid = cut(values.valid);
  return {
    planes: values.planes.map(cut),
    valid,
    validCount: countValid(valid),
    width: inside.width,
    height: inside.height,
    type: typeOfShown({ source, algorithm }),
  };
}

/** What holds a picture's values where it keeps them: digital numbers are whole, what is made of them is as its algorithm says. */
export function typeOfShown({ source, algorithm }: Pick<RenderSpec, "source" | "algorithm">): ShownPlanes["type"] {
  const own = source.kind === "bands" && source.unscale === undefined ? "uint16" : "float32";
  if (algorithm === undefined) return own;
  // Sums of digital numbers outgrow their type.
  if (algorithm.name === "sum") return "float32";
  const { dtype = own } = kindOf(algorithm);
  return dtype === "float64" ? "float32" : dtype;
}

/** The same size as what it takes; what it would take off the sides is a hole at the `buffer`. */
export function runAlgorithm(given: Values, algorithm: Algorithm): Values {
  const values = given.isWhole ? { ...given, planes: given.planes.map(wholeNumbers) } : given;
  switch (algorithm.name) {
    case "hillshade":
      return hillshade(values, algorithm);
    case "slope":
      return slope(values, algorithm);
    case "contours":
      return contours(values, algorithm);
    case "terrarium":
      return terrarium(values, algorithm);
    case "terrainrgb":
      return terrainRgb(values, algorithm);
    case "cast":
    case "ceil":
    case "floor":
      return toBytes(values, algorithm.name);
    default:
      return reduceBands(values, algorithm.name);
  }
}

const wholeNumbers = (plane: Float32Array): Float32Array =>
  plane.map((value) => Math.min(65_535, Math.max(0, Math.round(value))));

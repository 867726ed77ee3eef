import type { StackSelection } from "./mosaic-spec.js";
import { BestMosaic } from "./best-mosaic.js";
import { ChooseMosaic, CountMosaic, ExtremeMosaic, MeanMosaic, MedianMosaic, MedoidMosaic } from "./methods.js";

/** Planes that a layer has, and pixels of each: a row has `width` of them. */
export interface MosaicSize {
  readonly planes: number;
  readonly pixels: number;
  readonly width: number;
}

/** One date on the tile's grid. All arrays have one value a pixel. */
export interface MosaicLayer {
  /** What the picture shows (and, for lastband*, the deciding values as the last plane). */
  readonly planes: readonly Float32Array[];
  /** 0 = does not count. */
  readonly valid: Uint8Array;
  /** Signed days from the asked instant. */
  readonly days: number;
  /** Blue and red, digital numbers; for `best`. */
  readonly blue?: Float32Array | undefined;
  readonly red?: Float32Array | undefined;
}

/** The picture so far. `chosen` is 1 + the layer that a pixel comes from, 0 where it has none, 255 where several were merged. */
export interface MosaicResult {
  readonly planes: readonly Float32Array[];
  readonly chosen: Uint8Array;
}

/** Makes one picture of many dates: fed one after the other, then asked for the result. */
export interface Mosaic {
  feed(layer: MosaicLayer): void;
  result(): MosaicResult;
}

/** How each selection that looks at all dates is made; with lastband* the size counts the deciding plane too. */
export function createMosaic(selection: StackSelection, size: MosaicSize): Mosaic {
  switch (selection) {
    case "highest":
      return new ExtremeMosaic(size, 1);
    case "lowest":
      return new ExtremeMosaic(size, -1);
    case "mean":
      return new MeanMosaic(size, "mean");
    case "stdev":
      return new MeanMosaic(size, "stdev");
    case "median":
    case "clear_median":
      return new MedianMosaic(size);
    case "count":
      return new CountMosaic(size);
    case "lastbandlow":
      return new ChooseMosaic(size, (value, best) => value < best);
    case "lastbandhigh":
      return new ChooseMosaic(size, (value, best) => value > best);
    case "medoid":
      return new MedoidMosaic(size);
    case "best":
      return new BestMosaic(size);
  }
}

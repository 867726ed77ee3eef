import type { EncodedImage } from "../../render/encode-image.js";

/** What of a picture was seen and what was inferred; goes with it into caches and response headers. */
export interface Provenance {
  /** Shares of the picture's pixels, 0..1; what is missing to 1 shows nothing. */
  readonly observed: number;
  readonly inferred: number;
  /** UTC days whose pixels are in it, newest first, YYYY-MM-DD. */
  readonly dates: readonly string[];
  /** What was really done, such as "clear_newest" or "first, inpaint=linear+harmonic". */
  readonly method: string;
  /** True where dates that might add pixels were not read, because there were too many. */
  readonly isCut?: boolean | undefined;
}

/** An encoded picture with where its pixels come from. */
export interface Picture extends EncodedImage {
  readonly provenance?: Provenance | undefined;
}

/** UTC days of items, each once, newest first. */
export function datesOf(items: readonly { readonly datetime: string }[]): readonly string[] {
  return [...new Set(items.map(({ datetime }) => datetime.slice(0, 10)))].toSorted().toReversed();
}

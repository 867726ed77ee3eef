import type { PixelWindow } from "../core/raster.js";
import type { Georeference } from "./source-georeference.js";
import type { Samples } from "./source-tiff-block.js";
import type { BandTags, SampleType } from "./source-tiff-tags.js";

/** An open raster file, whatever its format, whose stored numbers are read by window. */
export interface RasterFile {
  readonly location: string;
  /** Changes when its bytes may have changed. */
  readonly identity: string;
  readonly width: number;
  readonly height: number;
  /** Type of each sample; length = samples. */
  readonly types: readonly SampleType[];
  /** Samples that say how opaque a pixel is, by index. */
  readonly alpha: readonly number[];
  readonly tags: BandTags;
  readonly georeference: Georeference;
  /** TIFF tag 306, as written. */
  readonly dateTime: string | undefined;
  /** Stored numbers of some samples, one array of height x width each. The window must lie inside the image. */
  read(window: PixelWindow, samples: readonly number[], signal?: AbortSignal): Promise<readonly Samples[]>;
  /** Its own mask, 1 = valid; undefined where the file has none. */
  readMask(window: PixelWindow, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** Copies the pixels that two windows share. */
export function copyOverlap(
  from: Samples,
  fromWindow: PixelWindow,
  to: Samples | undefined,
  toWindow: PixelWindow,
): void {
  const x0 = Math.max(fromWindow.x, toWindow.x);
  const x1 = Math.min(fromWindow.x + fromWindow.width, toWindow.x + toWindow.width);
  const y0 = Math.max(fromWindow.y, toWindow.y);
  const y1 = Math.min(fromWindow.y + fromWindow.height, toWindow.y + toWindow.height);
  if (x1 <= x0) return;
  for (let y = y0; y < y1; y++) {
    const start = (y - fromWindow.y) * fromWindow.width + x0 - fromWindow.x;
    to?.set(from.subarray(start, start + x1 - x0), (y - toWindow.y) * toWindow.width + x0 - toWindow.x);
  }
}

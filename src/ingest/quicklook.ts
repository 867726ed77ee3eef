import type { BandName } from "../core/bands.js";
import type { Quicklook } from "../container/tec-cog-writer.js";
import { encodeSmallWebp } from "../render/encode-image.js";
import { parseRenderSpec } from "../render/parse-render-spec.js";
import type { RenderSpec } from "../render/render-spec.js";
import { renderRaster } from "../render/render-raster.js";
import { fillHoles, halveBlock } from "./resample.js";
import type { SourceBlock } from "./source.js";

/** The picture in the file, and a larger one to stand beside it. */
export interface PreviewImage {
  readonly quicklook: Quicklook;
  /** WebP of at most 256 px a side. */
  readonly thumbnail: Uint8Array;
}

export interface QuicklookOptions {
  /** A level of the image, 1/8 of its size or more. */
  readonly block: SourceBlock;
  /** Full resolution, pixels. */
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** What the quicklook may take. */
  readonly maxBytes: number;
  /** Bands that the image holds. */
  readonly bands: readonly BandName[];
}

const QUALITIES = [75, 50, 25, 8];
const THUMBNAIL_PX = 256;

/**
 * True-colour pictures of an image, grey ones of its first band where it holds no true colour: the quicklook starts at 1/8 of its size and gets coarser, then smaller, until it fits; below
 * 4 px a side it is kept whatever it takes.
 */
export async function makeQuicklook(options: QuicklookOptions): Promise<PreviewImage> {
  const { block, imageWidth, imageHeight, maxBytes } = options;
  const spec = pictureOf(options.bands);
  let view = block;
  let thumbnail: Uint8Array | undefined;
  for (;;) {
    const { width, height } = view.raster;
    if (thumbnail === undefined && Math.max(width, height) <= THUMBNAIL_PX)
      thumbnail = await encodeSmallWebp(draw(view, spec), 70);
    if (Math.max(width, height) <= Math.max(1, Math.ceil(Math.max(imageWidth, imageHeight) / 8))) {
      for (const quality of QUALITIES) {
        const webp = await encodeSmallWebp(drawOpaque(view, spec), quality);
        if (webp.length <= maxBytes || (Math.max(width, height) <= 4 && quality === QUALITIES.at(-1))) {
          return { quicklook: { width, height, webp }, thumbnail: thumbnail ?? webp };
        }
      }
    }
    view = halveBlock(view);
  }
}

function pictureOf(bands: readonly BandName[]): RenderSpec {
  const [first = "B04"] = bands;
  if (["B04", "B03", "B02"].every((band) => bands.some((each) => each === band)))
    return parseRenderSpec(new URLSearchParams());
  return parseRenderSpec(new URLSearchParams({ assets: [first, first, first].join(","), rescale: "0,4000" }));
}

function draw(view: SourceBlock, spec: RenderSpec) {
  return renderRaster(view.raster, spec);
}

/** TIFF's WebP wants three bands: holes are filled smoothly. */
function drawOpaque(view: SourceBlock, spec: RenderSpec) {
  const filled = fillHoles(view.raster);
  return draw({ raster: { ...filled, valid: new Uint8Array(filled.valid.length).fill(1) }, classes: undefined }, spec);
}

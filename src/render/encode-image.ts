import sharp from "sharp";
import { assertNever } from "../core/assert.js";
import type { Raster } from "../core/raster.js";
import { encodeNpy } from "./encode-npy.js";
import { hatch } from "./hatch.js";
import { renderPlanes, withMarks, withPlane, type PlanarImage } from "./render-planes.js";
import { renderRaster } from "./render-raster.js";
import type { RgbaImage } from "./render-raster.js";
import type { RenderFormat, RenderSpec } from "./render-spec.js";

/** A file format of pictures. */
export type ImageFormat = "png" | "webp" | "jpeg";

/** A picture or array as it goes over the wire. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** For instance "image/png". */
  readonly mediaType: string;
  /** "none" where every pixel is a hole. */
  readonly coverage: RgbaImage["coverage"];
}

/** Pixels, 1 each, that were not seen but inferred, and how a picture tells so. */
export interface InferredPixels {
  readonly inferred: Uint8Array;
  /** Stripes over them, in pictures. */
  readonly hatch: boolean;
  /** One more plane, 255 where inferred, in npy and tif. */
  readonly plane: boolean;
  /** One more plane, after that one, in npy and tif: expected errors, digital numbers, 0 where seen, NaN where unknown. */
  readonly errors?: Float32Array | undefined;
}

/** Renders a raster and encodes it in the spec's format; tif, which needs a container, is written by tile/draw/encode-picture.ts. */
export async function drawRaster(
  raster: Raster,
  spec: RenderSpec & { readonly format: Exclude<RenderFormat, "tif"> },
  guess?: InferredPixels,
): Promise<EncodedImage> {
  if (spec.format === "npy") {
    const image = withGuess(renderPlanes(raster, spec), guess);
    return { bytes: encodeNpy(image), mediaType: MEDIA_TYPES.npy, coverage: image.coverage };
  }
  if (spec.format === "pngraw") {
    const image = renderPlanes(raster, spec);
    return { bytes: await encodeWholeNumbers(image, spec), mediaType: MEDIA_TYPES.pngraw, coverage: image.coverage };
  }
  const drawn = renderRaster(raster, spec);
  const image = guess?.hatch === true ? hatch(drawn, guess.inferred) : drawn;
  const format = chooseFormat(image, spec.format);
  return { bytes: await encodeImage(image, format), mediaType: MEDIA_TYPES[format], coverage: image.coverage };
}

/** The planes with those that tell what was inferred, as far as they are asked for. */
export function withGuess(values: PlanarImage, guess: InferredPixels | undefined): PlanarImage {
  const marked = guess?.plane === true ? withMarks(values, guess.inferred) : values;
  return guess?.errors === undefined ? marked : withPlane(marked, guess.errors);
}

/** Media type of each format. */
export const MEDIA_TYPES = {
  png: "image/png",
  pngraw: "image/png",
  webp: "image/webp",
  jpeg: "image/jpeg",
  npy: "application/x-binary",
  tif: "image/tiff; application=geotiff",
} as const satisfies Record<ImageFormat | "pngraw" | "npy" | "tif", string>;

/** The format that "auto" stands for: jpeg where every pixel is valid, else png, as TiTiler. */
export function chooseFormat(image: RgbaImage, format: "auto" | ImageFormat): ImageFormat {
  if (format !== "auto") return format;
  return image.coverage === "full" ? "jpeg" : "png";
}

/**
 * Encodes a picture. Settings favour speed: on one core a 256 px tile takes about 1 ms as jpeg, 3 ms as webp, 2 to 5 ms as png. jpeg has
 * no alpha: holes are black.
 *
 * Work runs on libuv's threads. A server should call `sharp.concurrency(1)` and `sharp.cache(false)` once (see `tuneEncoder`).
 */
export async function encodeImage(image: RgbaImage, format: ImageFormat): Promise<Uint8Array> {
  const { width, height, channels, samples } = image;
  const raw = sharp(samples, { raw: { width, height, channels } });
  // Otherwise sharp would write grey as three equal channels.
  const picture = channels < 3 && format !== "webp" ? raw.toColourspace("b-w") : raw;
  switch (format) {
    case "png":
      // Level 2 is where zlib starts to look back: 30 % fewer bytes than level 1; beyond, milliseconds buy 1 or 2 %. Row filters
      // win a third on photographs and lose a third on colormaps.
      return picture.png({ compressionLevel: 2, adaptiveFiltering: image.smooth }).toBuffer();
    case "webp":
      return picture.webp({ quality: QUALITY, effort: 1 }).toBuffer();
    case "jpeg":
      return (channels === 2 || channels === 4 ? picture.removeAlpha() : picture).jpeg({ quality: QUALITY }).toBuffer();
    default:
      return assertNever(format);
  }
}

/** A PNG of 8 or 16 bits: one plane is grey, three are red, green and blue; the mask is alpha, opaque at the type's greatest value. */
function encodeWholeNumbers(
  { samples, planes, width, height }: PlanarImage,
  { returnMask }: Pick<RenderSpec, "returnMask">,
): Promise<Uint8Array> {
  if (samples instanceof Float32Array || (planes !== 1 && planes !== 2 && planes !== 3 && planes !== 4))
    throw new RangeError(`a PNG of ${planes} planes of ${samples.constructor.name}`);
  const pixels = width * height;
  const isShort = samples instanceof Uint16Array;
  const out = isShort ? new Uint16Array(samples.length) : new Uint8Array(samples.length);
  for (let p = 0; p < planes; p++) {
    const isAlpha = returnMask && p === planes - 1;
    for (let i = 0; i < pixels; i++) {
      const value = samples[p * pixels + i] ?? 0;
      out[i * planes + p] = isAlpha && value !== 0 ? (isShort ? 65_535 : 255) : value;
    }
  }
  const grey = planes < 3;
  const space = isShort ? (grey ? "grey16" : "rgb16") : grey ? "b-w" : "srgb";
  return sharp(out, { raw: { width, height, channels: planes } })
    .toColourspace(space)
    .png({ compressionLevel: 2, adaptiveFiltering: true })
    .toBuffer();
}

/** A WebP of a given quality, 1..100, in the fewest bytes that libwebp finds: for pictures that are stored. */
export async function encodeSmallWebp(image: RgbaImage, quality: number): Promise<Uint8Array> {
  const { width, height, channels, samples } = image;
  return sharp(samples, { raw: { width, height, channels } }).webp({ quality, effort: 6, alphaQuality: 20 }).toBuffer();
}

/** An empty picture: transparent, or black as jpeg. */
export async function blankImage(
  { width, height }: { readonly width: number; readonly height: number },
  format: ImageFormat,
): Promise<Uint8Array> {
  const samples = new Uint8Array(width * height * 2);
  return encodeImage({ kind: "image", width, height, channels: 2, samples, coverage: "none", smooth: false }, format);
}

/**
 * Makes libvips work on each picture with one thread and keep nothing: tiles run in parallel already, and its cache never hits on
 * raw pixels. Once, at the start of a process.
 */
export function tuneEncoder(): void {
  sharp.concurrency(1);
  sharp.cache(false);
}

const QUALITY = 80;

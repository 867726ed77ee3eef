import { encodeGeoTiff } from "../../container/geotiff-writer.js";
import { cropPlanes, type Raster } from "../../core/raster.js";
import { insetOf } from "../../render/algorithms/algorithms.js";
import {
  drawRaster,
  MEDIA_TYPES,
  withGuess,
  type EncodedImage,
  type InferredPixels,
} from "../../render/encode-image.js";
import { renderPlanes, type PlanarImage } from "../../render/render-planes.js";
import type { RenderSpec } from "../../render/render-spec.js";

/** Renders a raster and encodes it in the spec's format, whichever it is: the whole of what follows the warp. */
export async function encodePicture(raster: Raster, spec: RenderSpec, guess?: InferredPixels): Promise<EncodedImage> {
  const { format, cutline } = spec;
  if (cutline !== undefined) {
    const { cutline: _, ...rest } = spec;
    const left = { ...raster, valid: within(raster.valid, cutline) };
    return encodePicture(left, rest, guess && { ...guess, inferred: within(guess.inferred, cutline) });
  }
  const shown = guess && withoutSides(guess, raster, insetOf(spec.algorithm));
  return format === "tif" ? drawGeoTiff(raster, spec, shown) : drawRaster(raster, { ...spec, format }, shown);
}

/** What is told of a picture's pixels, of those that an algorithm leaves. */
function withoutSides(guess: InferredPixels, { width, height }: Raster, inset: number): InferredPixels {
  if (inset === 0) return guess;
  const inside = { x: inset, y: inset, width: width - 2 * inset, height: height - 2 * inset };
  return {
    ...guess,
    inferred: cropPlanes(guess.inferred, { width, height }, inside),
    errors: guess.errors && cropPlanes(guess.errors, { width, height }, inside),
  };
}

function within(pixels: Uint8Array, cutline: Uint8Array): Uint8Array {
  if (cutline.length !== pixels.length)
    throw new RangeError(`a cutline of ${cutline.length} for ${pixels.length} pixels`);
  return pixels.map((value, i) => (cutline[i] === 0 ? 0 : value));
}

/** npy's planes in npy's type with names and georeference; the mask is the file's alpha band. */
async function drawGeoTiff(raster: Raster, spec: RenderSpec, guess?: InferredPixels): Promise<EncodedImage> {
  const { geotiff: head, returnMask } = spec;
  if (head === undefined) throw new RangeError("a tif without its georeference");
  const values = renderPlanes(raster, spec);
  const alpha = returnMask ? values.planes - 1 : undefined;
  if (alpha !== undefined) makeOpaque(values, alpha);
  const { width, height, samples, coverage } = withGuess(values, guess);
  const { transform, crs } = head;
  const extra = {
    mask: returnMask,
    inferred: guess?.plane === true,
    uncertainty: guess?.errors !== undefined,
  };
  const bands = [...head.bands, ...Object.entries(extra).flatMap(([name, isThere]) => (isThere ? [name] : []))];
  const place = { width, height, transform, crs, geoKeys: undefined };
  const bytes = await encodeGeoTiff({ ...place, bands, dtype: dtypeOf(samples), nodata: undefined, alpha }, samples);
  return { bytes, mediaType: MEDIA_TYPES.tif, coverage };
}

/** Alpha is opaque at the type's greatest value, or viewers would blend the picture away. */
function makeOpaque({ samples, width, height }: PlanarImage, alpha: number): void {
  if (!(samples instanceof Uint16Array)) return;
  const plane = samples.subarray(alpha * width * height);
  for (let i = 0; i < plane.length; i++) if (plane[i] !== 0) plane[i] = 65_535;
}

function dtypeOf(samples: PlanarImage["samples"]): "uint8" | "uint16" | "float32" {
  if (samples instanceof Uint8Array) return "uint8";
  return samples instanceof Uint16Array ? "uint16" : "float32";
}

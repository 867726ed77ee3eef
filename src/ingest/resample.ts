import type { Raster } from "../core/raster.js";
import { fillPlane, planHoles } from "./hole-fill.js";
import type { SourceBlock } from "./source.js";

/** Pixels to add on each side; 0 or more. */
export interface EdgePadding {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The next overview: each pixel is the mean of the valid ones of its 2 x 2, valid where at least one is (as GDAL's average).
 *
 * An odd last column or row is averaged alone: the result has ceil(width / 2) x ceil(height / 2) pixels. Invalid pixels are 0.
 */
export function halve(raster: Raster): Raster {
  const { width, height, bands, samples, valid } = raster;
  const [outWidth, outHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const [size, outSize] = [width * height, outWidth * outHeight];
  const outValid = new Uint8Array(outSize);
  const out = new Float32Array(bands.length * outSize);
  for (let r = 0; r < outHeight; r++) {
    const top = 2 * r * width;
    // Where the second row or column is missing, it is the first again with weight 0.
    const hasBottom = 2 * r + 1 < height ? 1 : 0;
    const bottom = top + hasBottom * width;
    for (let c = 0; c < outWidth; c++) {
      const left = 2 * c;
      const hasRight = left + 1 < width ? 1 : 0;
      const right = left + hasRight;
      const w00 = valid[top + left] ?? 0;
      const w01 = (valid[top + right] ?? 0) * hasRight;
      const w10 = (valid[bottom + left] ?? 0) * hasBottom;
      const w11 = (valid[bottom + right] ?? 0) * hasBottom * hasRight;
      const count = w00 + w01 + w10 + w11;
      if (count === 0) continue;
      const at = r * outWidth + c;
      outValid[at] = 1;
      for (let b = 0; b < bands.length; b++) {
        const start = b * size;
        const sum =
          w00 * (samples[start + top + left] ?? 0) +
          w01 * (samples[start + top + right] ?? 0) +
          w10 * (samples[start + bottom + left] ?? 0) +
          w11 * (samples[start + bottom + right] ?? 0);
        out[b * outSize + at] = sum / count;
      }
    }
  }
  return { kind: "raster", width: outWidth, height: outHeight, bands, samples: out, valid: outValid };
}

/** The next overview of pixels, classes and provenance; a class is the most frequent one among the valid pixels of its 2 x 2. */
export function halveBlock({ raster, classes, provenance }: SourceBlock): SourceBlock {
  return {
    raster: halve(raster),
    classes: classes && halveClasses(raster, classes),
    provenance: provenance && halveClasses(raster, provenance),
  };
}

function halveClasses({ width, height, valid }: Raster, classes: Uint8Array): Uint8Array {
  const [outWidth, outHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const out = new Uint8Array(outWidth * outHeight);
  const votes = new Uint8Array(256);
  for (let r = 0; r < outHeight; r++) {
    for (let c = 0; c < outWidth; c++) {
      let best = classes[2 * r * width + 2 * c] ?? 0;
      let most = 0;
      for (let i = 0; i < 4; i++) {
        const [row, column] = [2 * r + (i >> 1), 2 * c + (i & 1)];
        if (row >= height || column >= width || valid[row * width + column] === 0) continue;
        const code = classes[row * width + column] ?? 0;
        const count = (votes[code] ?? 0) + 1;
        votes[code] = count;
        if (count <= most) continue;
        most = count;
        best = code;
      }
      votes.fill(0);
      out[r * outWidth + c] = best;
    }
  }
  return out;
}

/**
 * The raster with its invalid pixels replaced by a smooth surface that continues the valid ones around them, so that holes cost few
 * bits and no ringing reaches their rims. `valid` stays as it was; valid samples are untouched; 0 where nothing is valid.
 */
export function fillHoles(raster: Raster): Raster {
  const { width, height, bands, valid } = raster;
  const plan = planHoles(valid, width, height);
  if (plan === undefined) return raster;
  const samples = raster.samples.slice();
  for (let b = 0; b < bands.length; b++)
    fillPlane(samples.subarray(b * width * height, (b + 1) * width * height), plan);
  return { ...raster, samples };
}

/** The raster with its outermost pixels repeated outwards; the new pixels are not valid. */
export function extendEdges(raster: Raster, padding: EdgePadding): Raster {
  const { width, height, bands, samples, valid } = raster;
  const { left, top, right, bottom } = padding;
  if (left === 0 && top === 0 && right === 0 && bottom === 0) return raster;
  const [outWidth, outHeight] = [width + left + right, height + top + bottom];
  const out = new Float32Array(bands.length * outWidth * outHeight);
  const outValid = new Uint8Array(outWidth * outHeight);
  for (let b = 0; b < bands.length; b++) {
    for (let r = 0; r < outHeight; r++) {
      const from = (b * height + Math.min(height - 1, Math.max(0, r - top))) * width;
      const to = (b * outHeight + r) * outWidth;
      out.fill(samples[from] ?? 0, to, to + left);
      out.set(samples.subarray(from, from + width), to + left);
      out.fill(samples[from + width - 1] ?? 0, to + left + width, to + outWidth);
    }
  }
  for (let r = 0; r < height; r++)
    outValid.set(valid.subarray(r * width, (r + 1) * width), (r + top) * outWidth + left);
  return { kind: "raster", width: outWidth, height: outHeight, bands, samples: out, valid: outValid };
}

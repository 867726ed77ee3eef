import { PLAIN_MULT } from "../codec/lapped/cloud-steps.js";
import { BANDS, bandsWithout, type BandName, type NativeFactors } from "../core/bands.js";
import { windowOfChunk, type LatentChunk } from "../core/latents.js";
import { spreadBand, type BandCoefficients } from "../model/lapped/analyse.js";
import { STRIDE } from "../core/geometry.js";
import type { LappedKernels } from "../model/lapped/kernels.js";
import { averageNative, factorsOf } from "../model/lapped/native.js";
import { synthesiseLapped, type RunBranch } from "../model/lapped/synthesise.js";
import type { LappedTransform } from "../model/transform.js";
import type { ChunkMask } from "./masks.js";

/** Runs a network of the model's: its one input, channels first, to its one output. */
export type RunNetwork = (
  path: string,
  feed: { readonly name: string; readonly dims: readonly number[]; readonly data: Float32Array },
  output: string,
) => Promise<Float32Array>;

/** What telling a chunk's error takes. */
export interface Measuring {
  readonly transform: LappedTransform;
  /** Those in whose memory the chunk's coefficients lie, and others. */
  readonly kernels: LappedKernels;
  readonly measuring: LappedKernels;
  readonly run: RunNetwork;
}

/** A chunk before it is quantised. */
export interface ChunkPixels {
  readonly rows: number;
  readonly columns: number;
  /** Coefficients with one position around, where the model's analysis looks at them. */
  readonly ring: BandCoefficients | undefined;
  readonly core: BandCoefficients;
  readonly mult: Uint8Array;
  /** Bands that repeat the pixels of a coarser grid, and the chunk's first pixel in it. */
  readonly native: NativeFactors | undefined;
  readonly x: number;
  readonly y: number;
  readonly moments: Float64Array;
  /** Axes of the first reference. */
  readonly reference: Float32Array | undefined;
}

const ALL_BANDS = BANDS.map((_, b) => b);

/** Pixels of the chunk as if it were a level of its own, [bands][16 rows][16 columns]: what an error is told against. */
export function chunkPixels(chunk: ChunkPixels, { transform, kernels, measuring }: Measuring): Float32Array {
  const [width, height] = [STRIDE * chunk.columns, STRIDE * chunk.rows];
  const bands = BANDS.map((_, b) => spreadBand(chunk.core, b, kernels));
  return averaged(synthesiseBands(bands, { width, height }, transform.basis.weights, measuring), chunk);
}

/** Bands of a coarser grid as their native pixels. */
function averaged(pixels: Float32Array, { native, x, y, rows, columns }: ChunkPixels): Float32Array {
  const place = { x, y, width: STRIDE * columns, height: STRIDE * rows };
  const area = place.width * place.height;
  factorsOf(native).forEach((factor, b) => averageNative(pixels.subarray(b * area, (b + 1) * area), place, factor));
  return pixels;
}

function synthesiseBands(
  bands: readonly Float32Array[],
  size: { readonly width: number; readonly height: number },
  weights: Float32Array,
  kernels: LappedKernels,
): Float32Array {
  kernels.free();
  const area = size.width * size.height;
  const [turned, pixels] = [kernels.take(area), kernels.take(area)];
  const out = new Float32Array(BANDS.length * area);
  for (let b = 0; b < BANDS.length; b++) {
    kernels.view(turned, area).set(bands[b] ?? []);
    kernels.synthesise(turned, pixels, size, STRIDE);
    const plane = kernels.view(pixels, area);
    const scale = 1 / (weights[b] ?? 1);
    for (let i = 0; i < area; i++) out[b * area + i] = (plane[i] ?? 0) * scale;
  }
  return out;
}

/** The same of what a reader will see, branch included. */
export async function decodedPixels(
  latents: LatentChunk,
  chunk: ChunkPixels,
  { transform, run, measuring }: Measuring,
): Promise<Float32Array> {
  const window = windowOfChunk(latents, transform.halo);
  const { basis, branch: path } = transform;
  const branch: RunBranch | undefined =
    path === undefined
      ? undefined
      : (data, high, wide) => {
          const dims = [1, basis.canonical.length, high, wide];
          return run(path, { name: "coefficients", dims, data }, "residual");
        };
  const wanted = { bands: ALL_BANDS, native: undefined };
  return averaged(await synthesiseLapped(window, transform, wanted, { kernels: measuring, branch }), chunk);
}

/** Of the bands that are there, over the valid pixels of positions that are not kept coarser; over all valid ones where there are no others. */
export function rmseOf(
  truth: Float32Array,
  pixels: Float32Array,
  { columns, rows, mult }: ChunkPixels,
  { mask, absent }: { readonly mask: ChunkMask; readonly absent: readonly BandName[] },
): number {
  const wide = STRIDE * columns;
  const area = wide * STRIDE * rows;
  const bands = bandsWithout(absent).map((band) => BANDS.indexOf(band));
  const isCounted = (y: number, x: number, all: boolean): boolean =>
    (mask.valid[y * mask.width + x] ?? 0) !== 0 &&
    (all || mult[Math.floor(y / STRIDE) * columns + Math.floor(x / STRIDE)] === PLAIN_MULT);
  for (const all of [false, true]) {
    let [sum, count] = [0, 0];
    for (let y = 0; y < mask.height; y++) {
      for (let x = 0; x < mask.width; x++) {
        if (!isCounted(y, x, all)) continue;
        count++;
        for (const b of bands) {
          const i = b * area + y * wide + x;
          sum += ((truth[i] ?? 0) - (pixels[i] ?? 0)) ** 2;
        }
      }
    }
    if (count > 0) return Math.sqrt(sum / (count * bands.length));
  }
  return 0;
}

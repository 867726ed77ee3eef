import { cropPlanes, type PixelWindow } from "../../core/raster.js";
import { inpaint, type Acquisition } from "../inpaint/inpaint.js";
import { applyLight, lightBetween, type CoarseImage, type DatedImage } from "../inpaint/light.js";
import { solidRadius } from "../inpaint/solid.js";
import type { CanvasMemory, DatedCanvas } from "../pixel-tasks.js";
import { UNKNOWN_ERROR } from "./filled-chunk.js";
import type { CoarsePicture, CoarseTask, FillResult, FillTask, LightTask, LitReference } from "./fill-tasks.js";

/** The worker's half of a light. */
export function findLight({ base, reference, anchors, factor }: LightTask): FillResult {
  const image = toCoarse(base, factor);
  const dated = anchors.map((anchor) => toDated(anchor, factor));
  const own = anchors.findIndex(({ days }) => days === reference.days);
  // The same object where the reference is an anchor itself.
  return { kind: "lit", light: lightBetween(image, dated[own] ?? toDated(reference, factor), dated) };
}

function toCoarse({ size, height, bands, samples, filled }: CanvasMemory, factor: number): CoarseImage {
  return { width: size, height, bands: bands.length, samples, clear: filled, factor };
}

function toDated({ canvas, days }: DatedCanvas, factor: number): DatedImage {
  return { image: toCoarse(canvas, factor), days };
}

/** A coarse picture without holes; undefined where nothing is known at all. */
export function fillCoarse({ canvas, references, factor }: CoarseTask): FillResult {
  const { size: width, height, bands, samples, filled } = canvas;
  const place = { x: 0, y: 0, width, height, bands: bands.length, factor };
  const looks = references.map((reference) => turned(reference, place));
  if (filled.every((c) => c === 0) && looks.every(({ clear }) => clear.every((c) => c === 0)))
    return { kind: "coarse", picture: undefined };
  const image = {
    width,
    height,
    bands: bands.length,
    samples,
    clear: filled,
    reach: new Uint8Array(filled.length).fill(1),
  };
  const fill = inpaint(image, looks, "linear", { solidPx: solidRadius(factor) });
  return { kind: "coarse", picture: { width, height, samples: share(fill.samples), factor } };
}

/** The worker's half of a filled chunk. */
export function fillWindow(task: FillTask): FillResult {
  const { canvas, place, chunk, references, forecast, coarse, method } = task;
  const { size: width, height, bands, samples, filled } = canvas;
  const lit = { ...place, width, height, bands: bands.length };
  const fill = inpaint(
    { width, height, bands: bands.length, samples, clear: filled, reach: new Uint8Array(filled.length).fill(1) },
    references.map((reference) => turned(reference, lit)),
    method,
    {
      forecast: forecast && {
        samples: forecast.canvas.samples,
        clear: forecast.canvas.filled,
        deviations: forecast.deviations,
      },
      surroundings: coarse === undefined ? "none" : enlarged(coarse, lit),
      solidPx: solidRadius(place.factor),
    },
  );
  const inside: PixelWindow = { ...chunk, x: chunk.x - place.x, y: chunk.y - place.y };
  const pixels = chunk.width * chunk.height;
  const size = { width, height };
  const bytes = (of: Uint8Array): Uint8Array => {
    const out = new Uint8Array(new SharedArrayBuffer(pixels));
    out.set(cropPlanes(of, size, inside));
    return out;
  };
  const by = bytes(fill.by);
  const out = new Uint16Array(new SharedArrayBuffer(2 * bands.length * pixels));
  const values = cropPlanes(fill.samples, size, inside);
  for (let i = 0; i < out.length; i++) if (by[i % pixels] !== 0) out[i] = Math.min(65_535, Math.round(values[i] ?? 0));
  const errors = new Uint16Array(new SharedArrayBuffer(2 * pixels));
  const expected = cropPlanes(fill.errors, size, inside);
  for (let i = 0; i < pixels; i++) errors[i] = storedError(expected[i] ?? 0);
  const clear = bytes(filled);
  return {
    kind: "filled",
    left: clear.reduce((sum, c, i) => sum + (c === 0 && by[i] === 0 ? 1 : 0), 0),
    chunk: {
      width: chunk.width,
      height: chunk.height,
      bands,
      samples: out,
      by,
      nearest: bytes(fill.dates[0]),
      opposite: bytes(fill.dates[1]),
      errors,
      dates: references.map(({ day }) => day),
    },
  };
}

function storedError(error: number): number {
  return Number.isNaN(error) ? UNKNOWN_ERROR : Math.min(UNKNOWN_ERROR - 1, Math.round(error));
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly factor: number;
}

function turned({ canvas, days, light }: LitReference, place: Place): Acquisition {
  const samples = canvas.samples.slice();
  if (light !== undefined) applyLight(samples, light, place);
  return { samples, clear: canvas.filled, days };
}

/** A coarse picture at the size of a window, bilinear. */
function enlarged({ width, height, samples, factor }: CoarsePicture, place: Place): Float32Array {
  const out = new Float32Array(place.bands * place.width * place.height);
  const scale = place.factor / factor;
  const along = (i: number, from: number, count: number): readonly [number, number] => {
    const at = Math.min(count - 1, Math.max(0, (from + i + 0.5) * scale - 0.5));
    return [Math.floor(at), at - Math.floor(at)];
  };
  for (let r = 0; r < place.height; r++) {
    const [top, fy] = along(r, place.y, height);
    const down = top + 1 < height ? width : 0;
    for (let c = 0; c < place.width; c++) {
      const [left, fx] = along(c, place.x, width);
      const right = left + 1 < width ? 1 : 0;
      for (let b = 0; b < place.bands; b++) {
        const at = (b * height + top) * width + left;
        const upper = (samples[at] ?? 0) * (1 - fx) + (samples[at + right] ?? 0) * fx;
        const lower = (samples[at + down] ?? 0) * (1 - fx) + (samples[at + down + right] ?? 0) * fx;
        out[(b * place.height + r) * place.width + c] = upper * (1 - fy) + lower * fy;
      }
    }
  }
  return out;
}

function share(values: Float32Array): Float32Array {
  const out = new Float32Array(new SharedArrayBuffer(values.byteLength));
  out.set(values);
  return out;
}

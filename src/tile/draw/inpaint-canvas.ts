import { encodePicture } from "./encode-picture.js";
import type { CanvasMemory, DrawnPicture, InpaintTask } from "../pixel-tasks.js";
import { FIRST_MARK } from "../pixel-tasks.js";
import { inpaint, TEC, type Fill } from "../inpaint/inpaint.js";

/** Fills a tile's holes, cuts its margin off and renders it. */
export async function inpaintCanvas(task: InpaintTask): Promise<DrawnPicture> {
  const { canvas, layers, method, spec, margin, hatch, inferredPlane, seenLayers, reach, forecast } = task;
  const { size, height, bands, samples, filled } = canvas;
  const fill = inpaint(
    { width: size, height, bands: bands.length, samples, clear: filled, reach },
    layers.map(toAcquisition),
    method,
    forecast && { samples: forecast.canvas.samples, clear: forecast.canvas.filled, acquisitions: forecast.layers },
  );
  const cut = crop({ canvas, fill, margin });
  const { width, rows, valid, inferred } = cut;
  const image = await encodePicture(
    {
      kind: "raster",
      width,
      height: rows,
      bands,
      samples: cut.samples,
      valid: valid.map((v, i) => v | (inferred[i] ?? 0)),
    },
    spec,
    { inferred, hatch, plane: inferredPlane, errors: task.uncertaintyPlane ? errorsOf(task, cut) : undefined },
  );
  return { image, pixels: width * rows, ...countPixels(cut, fill, seenLayers) };
}

function toAcquisition({ canvas, days }: InpaintTask["layers"][number]): {
  samples: Float32Array;
  clear: Uint8Array;
  days: number;
} {
  return { samples: canvas.samples, clear: canvas.filled, days };
}

/** Expected errors of the picture's pixels: 0 where seen or empty, NaN where the method that inferred them has none. */
function errorsOf({ canvas, margin, forecast }: InpaintTask, { width, by }: Cut): Float32Array {
  return Float32Array.from(by, (method, i) => {
    if (method !== TEC) return method === 0 ? 0 : Number.NaN;
    const at = (Math.floor(i / width) + margin) * canvas.size + margin + (i % width);
    return forecast?.deviations[at] ?? Number.NaN;
  });
}

interface Cut {
  readonly width: number;
  readonly rows: number;
  readonly samples: Float32Array;
  /** Marks of the dates seen, 0 where none was. */
  readonly valid: Uint8Array;
  readonly inferred: Uint8Array;
  /** By which of the fill's methods, 1 + index. */
  readonly by: Uint8Array;
}

function crop({ canvas, fill, margin }: { canvas: CanvasMemory; fill: Fill; margin: number }): Cut {
  const [width, rows] = [canvas.size - 2 * margin, canvas.height - 2 * margin];
  const bands = canvas.bands.length;
  const samples = new Float32Array(bands * width * rows);
  const valid = new Uint8Array(width * rows);
  const by = new Uint8Array(width * rows);
  for (let r = 0; r < rows; r++) {
    const from = (r + margin) * canvas.size + margin;
    valid.set(canvas.filled.subarray(from, from + width), r * width);
    by.set(fill.by.subarray(from, from + width), r * width);
    for (let b = 0; b < bands; b++) {
      const start = b * canvas.size * canvas.height + from;
      samples.set(fill.samples.subarray(start, start + width), (b * rows + r) * width);
    }
  }
  return { width, rows, samples, valid, by, inferred: by.map((method) => (method === 0 ? 0 : 1)) };
}

function countPixels(
  { valid, by }: Cut,
  { methods, usedReferences }: Fill,
  seenLayers: number,
): Omit<DrawnPicture, "image" | "pixels"> {
  const perMark = new Map<number, number>();
  const perMethod = methods.map((name) => ({ name, pixels: 0 }));
  let [observed, inferred] = [0, 0];
  for (let i = 0; i < valid.length; i++) {
    const mark = valid[i] ?? 0;
    if (mark !== 0) {
      observed++;
      perMark.set(mark - FIRST_MARK, (perMark.get(mark - FIRST_MARK) ?? 0) + 1);
    }
    const method = perMethod[(by[i] ?? 0) - 1];
    if (method === undefined) continue;
    inferred++;
    method.pixels++;
  }
  const used = perMethod.filter(({ pixels }) => pixels > 0).toSorted((a, b) => b.pixels - a.pixels);
  return {
    perLayer: [...Array.from({ length: seenLayers }, (_, k) => perMark.get(k) ?? 0), ...usedReferences],
    observed,
    inferred,
    inferredBy: used.map(({ name }) => name),
  };
}

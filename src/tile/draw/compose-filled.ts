import { CHUNK_PX } from "../../core/geometry.js";
import { UNKNOWN_ERROR, type FilledChunk } from "../fill/filled-chunk.js";
import { FIRST_MARK, type ComposeFilledTask } from "../pixel-tasks.js";
import { needsDetector, windowObservations } from "../window-observations.js";
import { detectorBands } from "./compose-window.js";
import { warpOnto } from "./warp.js";

/**
 * Draws a date's clear pixels, or those inferred of it, where the canvas is still empty. Returns how many pixels were drawn, and the days of the references that are in them.
 */
export function composeFilled(task: ComposeFilledTask): { readonly filled: number; readonly days: readonly string[] } {
  const { window, canvas, grid, factor, mark, draw, inferred } = task;
  const { width, height } = window;
  const pixels = width * height;
  const bands = canvas.bands.length;
  const detector = needsDetector(task) ? detectorBands(task) : undefined;
  const looks = windowObservations(task, window, { rule: "clear", factor, bands: detector });
  const seen = looks === "all" ? new Uint8Array(pixels).fill(1) : looks.slice();
  const valid = seen.slice();
  const samples = task.pixels.slice(0, bands * pixels);
  const places = pasteChunks(task, { samples, valid });
  for (let i = 0; i < pixels; i++) if (places[i] !== -1) seen[i] = 0;
  // What is seen is the same whatever was inferred beside it; what is inferred blends into what is seen.
  const isInferred = draw === "inferred";
  const isDrawn = isInferred ? places.map((place) => (place === -1 ? 0 : 1)) : seen;
  const source = { kind: "raster" as const, ...window, bands: canvas.bands, samples, valid: isInferred ? valid : seen };
  const days = new Set<string>();
  const told = (to: number, from: number): void => {
    const at = places[from] ?? -1;
    if (draw === "beyond") [inferred.by[to], inferred.errors[to]] = [AS_IT_IS, Number.NaN];
    const chunk = task.chunks[Math.floor(at / CHUNK_AREA)]?.filled;
    if (at < 0 || chunk === undefined) return;
    tell(chunk, at % CHUNK_AREA, { to, inferred, days });
  };
  const filled = warpOnto(canvas, source, grid, {
    factor,
    resampling: task.resampling,
    isDrawn: Uint8Array.from(isDrawn),
    told,
  });
  const marks = canvas.filled;
  if (filled > 0) for (let i = 0; i < marks.length; i++) if (marks[i] === 1) marks[i] = Math.max(FIRST_MARK, mark);
  return { filled, days: [...days] };
}

/** Of FILL_METHODS, 1 + the index of "nearest": another date as it is. */
const AS_IT_IS = 1;
const CHUNK_AREA = CHUNK_PX * CHUNK_PX;

/** Puts inferred pixels into a window; gives for each where it comes from, CHUNK_AREA x chunk + its pixel, -1 where it was seen. */
function pasteChunks(
  { window, chunks, canvas }: ComposeFilledTask,
  { samples, valid }: { readonly samples: Float32Array; readonly valid: Uint8Array },
): Int32Array {
  const places = new Int32Array(valid.length).fill(-1);
  const bands = canvas.bands.length;
  for (const [k, { x, y, filled }] of chunks.entries()) {
    const area = filled.width * filled.height;
    for (let r = Math.max(y, window.y); r < Math.min(y + filled.height, window.y + window.height); r++) {
      for (let c = Math.max(x, window.x); c < Math.min(x + filled.width, window.x + window.width); c++) {
        const from = (r - y) * filled.width + c - x;
        if (filled.by[from] === 0) continue;
        const to = (r - window.y) * window.width + c - window.x;
        places[to] = k * CHUNK_AREA + from;
        valid[to] = 1;
        for (let b = 0; b < bands; b++) samples[b * valid.length + to] = filled.samples[b * area + from] ?? 0;
      }
    }
  }
  return places;
}

function tell(
  { by, errors, nearest, opposite, dates }: FilledChunk,
  from: number,
  {
    to,
    inferred,
    days,
  }: { readonly to: number; readonly inferred: ComposeFilledTask["inferred"]; readonly days: Set<string> },
): void {
  inferred.by[to] = by[from] ?? 0;
  const error = errors[from] ?? UNKNOWN_ERROR;
  inferred.errors[to] = error === UNKNOWN_ERROR ? Number.NaN : error;
  for (const k of [nearest[from], opposite[from]]) {
    const day = dates[k ?? -1];
    if (day !== undefined) days.add(day);
  }
}

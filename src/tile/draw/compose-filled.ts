import { CHUNK_PX } from "../../core/geometry.js";
import { eachInferred, UNKNOWN_ERROR } from "../fill/filled-chunk.js";
import { FIRST_MARK, type ComposeFilledTask } from "../pixel-tasks.js";
import { needsDetector, windowObservations } from "../window-observations.js";
import { detectorBands } from "./compose-window.js";
import { warpOnto, type WarpOptions } from "./warp.js";

/**
 * Draws a date's clear pixels, or those inferred of it, where the canvas is still empty. Returns how many pixels were drawn, and the days of the references
 * that are in them. Writes the task's pixels.
 */
export function composeFilled(task: ComposeFilledTask): { readonly filled: number; readonly days: readonly string[] } {
  const { window, canvas, grid, factor, mark, draw, inferred } = task;
  const pixels = window.width * window.height;
  const samples = task.pixels.subarray(0, canvas.bands.length * pixels);
  // What is seen is the same whatever was inferred beside it; what is inferred blends into what is seen.
  const ranks = seenOf(task);
  const places = pasteChunks(task, { samples, ranks });
  const source = { kind: "raster" as const, ...window, bands: canvas.bands, samples, valid: ranks };
  const wanted = draw === "inferred" ? INFERRED : SEEN;
  const isDrawn = draw === "all" ? undefined : ranks.map((rank) => (rank === wanted ? 1 : 0));
  const days = new Uint8Array(DATES * task.chunks.length);
  const told = draw === "beyond" ? asTheyAre(inferred) : tellerOf(task, { ranks, places, days });
  const filled = warpOnto(canvas, source, grid, { factor, resampling: task.resampling, isDrawn, told });
  const marks = canvas.filled;
  if (filled > 0) for (let i = 0; i < marks.length; i++) if (marks[i] === 1) marks[i] = Math.max(FIRST_MARK, mark);
  const named = task.chunks.flatMap(({ filled: { dates } }, k) => dates.filter((_, n) => days[DATES * k + n] === 1));
  return { filled, days: [...new Set(named)] };
}

/** Of a window's pixels; 0 is neither. */
const [SEEN, INFERRED] = [1, 2];

/** SEEN where a window's pixel is clear. */
function seenOf(task: ComposeFilledTask): Uint8Array {
  const { window, factor } = task;
  const detector = needsDetector(task) ? detectorBands(task) : undefined;
  const looks = task.looks ?? windowObservations(task, window, { rule: "clear", factor, bands: detector });
  return looks === "all" ? new Uint8Array(window.width * window.height).fill(SEEN) : looks.slice();
}

/** Of FILL_METHODS, 1 + the index of "nearest": another date as it is. */
const AS_IT_IS = 1;
const CHUNK_AREA = CHUNK_PX * CHUNK_PX;
/** A chunk's dates are told in a byte; the last one is none. */
const DATES = 256;

/** Puts inferred pixels into a window and marks them; gives for each of them where it comes from, CHUNK_AREA x chunk + its pixel. */
function pasteChunks(
  { window, chunks, canvas }: ComposeFilledTask,
  { samples, ranks }: { readonly samples: Float32Array; readonly ranks: Uint8Array },
): Int32Array {
  const places = new Int32Array(ranks.length);
  const bands = canvas.bands.length;
  for (const [k, { x, y, filled }] of chunks.entries()) {
    const area = filled.width * filled.height;
    eachInferred(filled, { x, y }, window, (to, from) => {
      places[to] = k * CHUNK_AREA + from;
      ranks[to] = INFERRED;
      for (let b = 0; b < bands; b++) samples[b * ranks.length + to] = filled.samples[b * area + from] ?? 0;
    });
  }
  return places;
}

type Told = NonNullable<WarpOptions["told"]>;

/** Pixels of another date as they are: inferred, by how much wrong is not known. */
function asTheyAre({ by, errors }: ComposeFilledTask["inferred"]): Told {
  return (first, to) => {
    for (const column of to) {
      by[first + column] = AS_IT_IS;
      errors[first + column] = Number.NaN;
    }
  };
}

interface Pasted {
  readonly ranks: Uint8Array;
  readonly places: Int32Array;
  /** Set to 1 for each date that is used, DATES a chunk. */
  readonly days: Uint8Array;
}

/** Hands on what the chunks tell of the inferred pixels that are drawn. */
function tellerOf({ chunks, inferred }: ComposeFilledTask, { ranks, places, days }: Pasted): Told {
  const { by, errors } = inferred;
  return (first, to, from) => {
    for (let i = 0; i < to.length; i++) {
      const own = from[i] ?? 0;
      if (ranks[own] !== INFERRED) continue;
      const place = places[own] ?? 0;
      const k = Math.floor(place / CHUNK_AREA);
      const chunk = chunks[k]?.filled;
      if (chunk === undefined) continue;
      const inside = place - k * CHUNK_AREA;
      const at = first + (to[i] ?? 0);
      const error = chunk.errors[inside] ?? UNKNOWN_ERROR;
      by[at] = chunk.by[inside] ?? 0;
      errors[at] = error === UNKNOWN_ERROR ? Number.NaN : error;
      days[DATES * k + (chunk.nearest[inside] ?? 0)] = 1;
      days[DATES * k + (chunk.opposite[inside] ?? 0)] = 1;
    }
  };
}

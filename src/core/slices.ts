import { setImmediate as nextTurn } from "node:timers/promises";

/** Work on the main thread lasts no longer than this before others get their turn, milliseconds. */
const SLICE_MS = 8;

/** Lets a long loop on the main thread pause: `if (slices.isOver()) await slices.pause()`. */
export interface Slices {
  isOver(): boolean;
  /** @throws the signal's reason where it was aborted. */
  pause(): Promise<void>;
}

export function createSlices(signal?: AbortSignal): Slices {
  let until = performance.now() + SLICE_MS;
  return {
    isOver: () => performance.now() >= until,
    async pause() {
      await nextTurn();
      signal?.throwIfAborted();
      until = performance.now() + SLICE_MS;
    },
  };
}

/** A sorted copy, made in slices: merge sort, stable. */
export async function sortInSlices<T>(values: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  const slices = createSlices();
  let runs: T[][] = [];
  for (let at = 0; at < values.length; at += RUN) {
    runs.push(values.slice(at, at + RUN).sort(compare));
    if (slices.isOver()) await slices.pause();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(await merge(runs[i] ?? [], runs[i + 1] ?? [], compare, slices));
    runs = merged;
  }
  return runs[0] ?? [];
}

const RUN = 4096;

async function merge<T>(a: T[], b: T[], compare: (a: T, b: T) => number, slices: Slices): Promise<T[]> {
  if (b.length === 0) return a;
  const all: T[] = [];
  for (let [i, j] = [0, 0]; i < a.length || j < b.length;) {
    const first = i < a.length && (j >= b.length || compare(a[i] as T, b[j] as T) <= 0);
    all.push((first ? a[i++] : b[j++]) as T);
    if (all.length % RUN === 0 && slices.isOver()) await slices.pause();
  }
  return all;
}

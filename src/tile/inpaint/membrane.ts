/** Where a membrane is held and where it is free. */
export interface Membrane {
  /** 1 = solved for. */
  readonly open: Uint8Array;
  /** 1 = its value holds. Pixels that are neither are not there: no slope towards them. */
  readonly fixed: Uint8Array;
  readonly width: number;
  /** Values fade by e over this many pixels; Infinity: they don't. */
  readonly lengthPx: number;
}

/**
 * Sweeps, and by how much each step goes beyond the mean: for values that fade over 6 pixels the best is 1.79 (Young 1954, from the spectral radius
 * 1 / (1 + 1 / 144) of plain steps). After so many 1.6 % of the fixed values are left at most.
 */
const [SWEEPS, OVER_RELAXATION] = [24, 1.8];

/** Solves for the open pixels of planes that have the same ones. */
export interface MembraneSolver {
  /** Carries fixed values into the open pixels, smoothly and fading: laplacian(v) = v / length^2. Writes `values`. */
  relax(values: Float32Array): void;
}

export function createMembrane(
  { open, fixed, width, lengthPx }: Membrane,
  [sweeps, overRelaxation]: readonly [sweeps: number, overRelaxation: number] = [SWEEPS, OVER_RELAXATION],
): MembraneSolver {
  const sink = lengthPx === Infinity ? 0 : 1 / lengthPx ** 2;
  const { todo, neighbours } = neighboursOf(open, fixed, width);
  const steps = new Float64Array(todo.length);
  for (let k = 0; k < todo.length; k++) {
    let count = 0;
    for (let n = 4 * k; n < 4 * k + 4; n++) if (neighbours[n] !== open.length) count++;
    // A pixel with nothing around stays as it is.
    steps[k] = count === 0 ? Number.NaN : overRelaxation / (count + sink);
  }
  return {
    relax(values) {
      // One more, 0, stands for neighbours that are not there.
      const all = new Float32Array(values.length + 1);
      all.set(values);
      for (let sweep = 0; sweep < sweeps; sweep++) {
        for (let k = 0, n = 0; k < todo.length; k++, n += 4) {
          const step = steps[k] ?? 0;
          if (step !== step) continue;
          const i = todo[k] ?? 0;
          const sum =
            (all[neighbours[n] ?? 0] ?? 0) +
            (all[neighbours[n + 1] ?? 0] ?? 0) +
            (all[neighbours[n + 2] ?? 0] ?? 0) +
            (all[neighbours[n + 3] ?? 0] ?? 0);
          all[i] = step * sum + (1 - overRelaxation) * (all[i] ?? 0);
        }
      }
      values.set(all.subarray(0, values.length));
    },
  };
}

/** The open pixels, and for each the four around it, the number of pixels where there is none. */
function neighboursOf(
  open: Uint8Array,
  fixed: Uint8Array,
  width: number,
): { todo: Int32Array; neighbours: Int32Array } {
  let count = 0;
  for (let i = 0; i < open.length; i++) count += open[i] === 0 ? 0 : 1;
  const todo = new Int32Array(count);
  const neighbours = new Int32Array(4 * count).fill(open.length);
  const there = (i: number): number => (open[i] !== 0 || fixed[i] !== 0 ? i : open.length);
  for (let i = 0, k = 0; i < open.length; i++) {
    if (open[i] === 0) continue;
    const column = i % width;
    todo[k] = i;
    if (column > 0) neighbours[4 * k] = there(i - 1);
    if (column < width - 1) neighbours[4 * k + 1] = there(i + 1);
    if (i >= width) neighbours[4 * k + 2] = there(i - width);
    if (i + width < open.length) neighbours[4 * k + 3] = there(i + width);
    k++;
  }
  return { todo, neighbours };
}

/** A plane's pixels that are known, those that may be filled, and its width. */
export interface Holes {
  readonly known: Uint8Array;
  readonly reach: Uint8Array;
  readonly width: number;
}

/** Fills unknown pixels within reach with the harmonic surface through the known ones; one at least must be known. */
export function fillHarmonically(plane: Float32Array, { known, reach, width }: Holes): void {
  const open = known.map((k, i) => (k === 0 && reach[i] !== 0 ? 1 : 0));
  if (open.every((o) => o === 0)) return;
  if (width > 2 && plane.length / width > 2) startFromHalf(plane, { known, reach: open, width });
  createMembrane({ open, fixed: known, width, lengthPx: Infinity }, HARMONIC).relax(plane);
}

/** Of each size: half as large ones start it. */
const HARMONIC = [20, 1.6] as const;

/** Sets open pixels to those of the image at half size, itself filled so. */
function startFromHalf(plane: Float32Array, { known, reach: open, width }: Holes): void {
  const height = plane.length / width;
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = new Float32Array(w * h);
  const count = new Uint8Array(w * h);
  const reach = new Uint8Array(w * h);
  const halfOf = (i: number): number => (Math.floor(i / width) >> 1) * w + ((i % width) >> 1);
  for (let i = 0; i < plane.length; i++) {
    const at = halfOf(i);
    if (open[i] !== 0) reach[at] = 1;
    if (known[i] === 0) continue;
    count[at] = (count[at] ?? 0) + 1;
    half[at] = (half[at] ?? 0) + (plane[i] ?? 0);
  }
  for (let i = 0; i < half.length; i++) half[i] = (half[i] ?? 0) / Math.max(1, count[i] ?? 1);
  fillHarmonically(half, { known: count.map((n) => (n === 0 ? 0 : 1)), reach, width: w });
  for (let i = 0; i < plane.length; i++) if (open[i] !== 0) plane[i] = half[halfOf(i)] ?? 0;
}

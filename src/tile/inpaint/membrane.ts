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

const SWEEPS = 60;
const OVER_RELAXATION = 1.6;

/** Carries fixed values into the open pixels, smoothly and fading: laplacian(v) = v / length^2. Writes `values`. */
export function relaxScreened(values: Float32Array, { open, fixed, width, lengthPx }: Membrane, sweeps = SWEEPS): void {
  const sink = lengthPx === Infinity ? 0 : 1 / lengthPx ** 2;
  const { length } = values;
  const todo: number[] = [];
  for (let i = 0; i < length; i++) if (open[i] !== 0) todo.push(i);
  const isThere = (i: number): boolean => open[i] !== 0 || fixed[i] !== 0;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const i of todo) {
      const c = i % width;
      let [sum, count] = [0, 0];
      if (c > 0 && isThere(i - 1)) [sum, count] = [sum + (values[i - 1] ?? 0), count + 1];
      if (c < width - 1 && isThere(i + 1)) [sum, count] = [sum + (values[i + 1] ?? 0), count + 1];
      if (i >= width && isThere(i - width)) [sum, count] = [sum + (values[i - width] ?? 0), count + 1];
      if (i + width < length && isThere(i + width)) [sum, count] = [sum + (values[i + width] ?? 0), count + 1];
      if (count === 0) continue;
      const old = values[i] ?? 0;
      values[i] = old + OVER_RELAXATION * (sum / (count + sink) - old);
    }
  }
}

/** Fills unknown pixels of a plane with the harmonic surface through the known ones around; one at least must be known. */
export function fillHarmonically(plane: Float32Array, known: Uint8Array, width: number): void {
  const height = plane.length / width;
  if (known.every((k) => k !== 0)) return;
  if (width > 2 && height > 2) startFromHalf(plane, known, width);
  const open = known.map((k) => (k === 0 ? 1 : 0));
  relaxScreened(plane, { open, fixed: known, width, lengthPx: Infinity }, 30);
}

/** Sets unknown pixels to those of the image at half size, itself filled so. */
function startFromHalf(plane: Float32Array, known: Uint8Array, width: number): void {
  const height = plane.length / width;
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = new Float32Array(w * h);
  const count = new Uint8Array(w * h);
  for (let i = 0; i < plane.length; i++) {
    if (known[i] === 0) continue;
    const at = (Math.floor(i / width) >> 1) * w + ((i % width) >> 1);
    count[at] = (count[at] ?? 0) + 1;
    half[at] = (half[at] ?? 0) + (plane[i] ?? 0);
  }
  for (let i = 0; i < half.length; i++) half[i] = (half[i] ?? 0) / Math.max(1, count[i] ?? 1);
  const coarse = count.map((n) => (n === 0 ? 0 : 1));
  fillHarmonically(half, coarse, w);
  for (let i = 0; i < plane.length; i++)
    if (known[i] === 0) plane[i] = half[(Math.floor(i / width) >> 1) * w + ((i % width) >> 1)] ?? 0;
}

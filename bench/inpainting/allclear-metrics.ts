/** What AllClear's benchmark says of one image. */
export interface AllClearScore {
  /** dB, peak 1. */
  readonly psnr: number;
  readonly ssim: number;
  /** Of reflectance, 0..1. */
  readonly mae: number;
  readonly rmse: number;
  /** Degrees between spectra. */
  readonly angle: number;
  /** Degrees as the published code has them: it normalises along the wrong axis, so between the columns of each band. */
  readonly publishedAngle: number;
}

/** Reflectance x 10000, [bands][height][width]; only pixels that are clear in the target are scored. */
export interface Scored {
  readonly output: Float32Array;
  readonly target: Float32Array;
  readonly clear: Uint8Array;
  readonly width: number;
}

const PEAK = 10_000;

/** Scores of one image over its clear pixels; NaN, which means leave out, where there is none. */
export function scoreAllClear(scored: Scored): AllClearScore {
  const { output, target, clear } = scored;
  const pixels = clear.length;
  let [absolute, squares, count] = [0, 0, 0];
  for (let at = 0; at < output.length; at++) {
    if (clear[at % pixels] === 0) continue;
    const error = ((output[at] ?? 0) - (target[at] ?? 0)) / PEAK;
    absolute += Math.abs(error);
    squares += error * error;
    count++;
  }
  const rmse = Math.sqrt(squares / count);
  return {
    psnr: -20 * Math.log10(rmse),
    ssim: ssim(scored),
    mae: absolute / count,
    rmse,
    angle: angleOfSpectra(scored),
    publishedAngle: angleOfColumns(scored),
  };
}

/** Means over images, those without a clear pixel left out. */
export function meanScore(scores: readonly AllClearScore[]): AllClearScore {
  const mean = (key: keyof AllClearScore): number => {
    const known = scores.map((score) => score[key]).filter((value) => !Number.isNaN(value));
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return {
    psnr: mean("psnr"),
    ssim: mean("ssim"),
    mae: mean("mae"),
    rmse: mean("rmse"),
    angle: mean("angle"),
    publishedAngle: mean("publishedAngle"),
  };
}

function angleOfSpectra({ output, target, clear }: Scored): number {
  const pixels = clear.length;
  let [sum, count] = [0, 0];
  for (let i = 0; i < pixels; i++) {
    if (clear[i] === 0) continue;
    sum += angleBetween({ output, target }, { from: i, step: pixels, end: output.length });
    count++;
  }
  return sum / count;
}

function angleOfColumns({ output, target, clear, width }: Scored): number {
  const pixels = clear.length;
  const perColumn = new Float64Array(width);
  for (let i = 0; i < pixels; i++) if (clear[i] !== 0) perColumn[i % width] = (perColumn[i % width] ?? 0) + 1;
  let [sum, count] = [0, 0];
  for (let plane = 0; plane < output.length; plane += pixels) {
    for (let x = 0; x < width; x++) {
      const weight = perColumn[x] ?? 0;
      sum += weight * angleBetween({ output, target }, { from: plane + x, step: width, end: plane + pixels });
      count += weight;
    }
  }
  return sum / count;
}

/** Degrees between two vectors of every `step`-th sample. */
function angleBetween(
  { output, target }: Pick<Scored, "output" | "target">,
  { from, step, end }: { readonly from: number; readonly step: number; readonly end: number },
): number {
  let [dot, a, b] = [0, 0, 0];
  for (let at = from; at < end; at += step) {
    const [x, y] = [(output[at] ?? 0) / PEAK, (target[at] ?? 0) / PEAK];
    dot += x * y;
    a += x * x;
    b += y * y;
  }
  const cosine = dot / (Math.max(1e-12, Math.sqrt(a)) * Math.max(1e-12, Math.sqrt(b)));
  return (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI;
}

const WINDOW = 11;
const SIGMA = 1.5;
const [C1, C2] = [0.01 ** 2, 0.03 ** 2];

/** Mean over bands and clear pixels; hidden pixels and those beyond the image are 0 in the windows, as published. */
function ssim({ output, target, clear, width }: Scored): number {
  const pixels = clear.length;
  let [sum, count] = [0, 0];
  for (let plane = 0; plane < output.length; plane += pixels) {
    const x = Float32Array.from(clear, (c, i) => (c === 0 ? 0 : (output[plane + i] ?? 0) / PEAK));
    const y = Float32Array.from(clear, (c, i) => (c === 0 ? 0 : (target[plane + i] ?? 0) / PEAK));
    const [mx, my] = [blur(x, width), blur(y, width)];
    const times = (a: Float32Array, b: Float32Array): Float32Array =>
      blur(
        a.map((value, i) => value * (b[i] ?? 0)),
        width,
      );
    const [xx, yy, xy] = [times(x, x), times(y, y), times(x, y)];
    for (let i = 0; i < pixels; i++) {
      if (clear[i] === 0) continue;
      const [a, b] = [mx[i] ?? 0, my[i] ?? 0];
      const structure = (2 * a * b + C1) * (2 * ((xy[i] ?? 0) - a * b) + C2);
      sum += structure / ((a * a + b * b + C1) * ((xx[i] ?? 0) - a * a + (yy[i] ?? 0) - b * b + C2));
      count++;
    }
  }
  return sum / count;
}

const WEIGHTS = gaussian();

function gaussian(): readonly number[] {
  const raw = Array.from({ length: WINDOW }, (_, i) => Math.exp(-((i - (WINDOW >> 1)) ** 2) / (2 * SIGMA ** 2)));
  const total = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => value / total);
}

function blur(plane: Float32Array, width: number): Float32Array {
  return pass(pass(plane, { length: width, step: 1 }), { length: plane.length / width, step: width });
}

/** One direction of the window; beyond the ends 0. */
function pass(plane: Float32Array, { length, step }: { readonly length: number; readonly step: number }): Float32Array {
  const half = WINDOW >> 1;
  return plane.map((_, i) => {
    const at = Math.floor(i / step) % length;
    let sum = 0;
    for (let k = Math.max(-half, -at); k <= Math.min(half, length - 1 - at); k++)
      sum += (WEIGHTS[k + half] ?? 0) * (plane[i + k * step] ?? 0);
    return sum;
  });
}

/** Sums of one method over one group of holes. */
export interface Score {
  pixels: number;
  squares: number;
  absolute: number;
  angles: number;
  ssim: number;
}

export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
}

export function createScore(): Score {
  return { pixels: 0, squares: 0, absolute: 0, angles: 0, ssim: 0 };
}

/** Adds one score to another. */
export function addScore(to: Score, { pixels, squares, absolute, angles, ssim }: Score): void {
  to.pixels += pixels;
  to.squares += squares;
  to.absolute += absolute;
  to.angles += angles;
  to.ssim += ssim;
}

export interface Compared {
  readonly filled: Float32Array;
  readonly truth: Float32Array;
  readonly place: Grid;
  readonly inside: (pixel: number) => boolean;
}

/** Adds the errors at the pixels inside; SSIM is the mean over bands of an 8 x 8 box map with L = 10000. */
export function addErrors(score: Score, { filled, truth, place, inside }: Compared): void {
  const { width, height, bands } = place;
  const pixels = width * height;
  for (let i = 0; i < pixels; i++) {
    if (!inside(i)) continue;
    let [dot, a, b] = [0, 0, 0];
    for (let k = 0; k < bands; k++) {
      const [x, y] = [filled[k * pixels + i] ?? 0, truth[k * pixels + i] ?? 0];
      score.squares += (x - y) ** 2 / bands;
      score.absolute += Math.abs(x - y) / bands;
      dot += x * y;
      a += x * x;
      b += y * y;
    }
    score.angles += Math.acos(Math.min(1, dot / Math.sqrt(Math.max(1e-9, a * b))));
    // A sample of one pixel in nine is enough for the mean.
    if (i % 9 === 0) score.ssim += 9 * ssimAt(i, { filled, truth, place });
    score.pixels++;
  }
}

const WINDOW = 8;
const [C1, C2] = [(0.01 * 10_000) ** 2, (0.03 * 10_000) ** 2];

function ssimAt(i: number, { filled, truth, place }: Omit<Compared, "inside">): number {
  const { width, height, bands } = place;
  const x0 = Math.min(width - WINDOW, Math.max(0, (i % width) - WINDOW / 2));
  const y0 = Math.min(height - WINDOW, Math.max(0, Math.floor(i / width) - WINDOW / 2));
  let sum = 0;
  for (let k = 0; k < bands; k++) {
    let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
    for (let r = y0; r < y0 + WINDOW; r++) {
      for (let c = x0; c < x0 + WINDOW; c++) {
        const at = k * width * height + r * width + c;
        const [u, v] = [filled[at] ?? 0, truth[at] ?? 0];
        x += u;
        y += v;
        xx += u * u;
        yy += v * v;
        xy += u * v;
      }
    }
    const n = WINDOW * WINDOW;
    const [mx, my] = [x / n, y / n];
    const [vx, vy, cov] = [xx / n - mx * mx, yy / n - my * my, xy / n - mx * my];
    sum += ((2 * mx * my + C1) * (2 * cov + C2)) / ((mx * mx + my * my + C1) * (vx + vy + C2)) / bands;
  }
  return sum;
}

export type HoleSize = "small" | "medium" | "large";

/** Holes by area: small to 400 pixels (200 m a side), medium to 10,000 (1 km), large beyond. */
export class HoleClasses {
  private readonly sizes: (HoleSize | undefined)[];

  constructor(clear: Uint8Array, width: number) {
    this.sizes = Array.from<HoleSize | undefined>({ length: clear.length });
    const seen = Uint8Array.from(clear, (c) => (c === 0 ? 0 : 1));
    for (let start = 0; start < clear.length; start++) {
      if (seen[start] !== 0) continue;
      const hole = [start];
      seen[start] = 1;
      for (let k = 0; k < hole.length; k++) {
        const i = hole[k] ?? 0;
        const around = [i % width > 0 ? i - 1 : -1, i % width < width - 1 ? i + 1 : -1, i - width, i + width];
        for (const j of around) {
          if (j < 0 || j >= clear.length || seen[j] !== 0) continue;
          seen[j] = 1;
          hole.push(j);
        }
      }
      const size = hole.length <= 400 ? "small" : hole.length <= 10_000 ? "medium" : "large";
      for (const i of hole) this.sizes[i] = size;
    }
  }

  sizeOf(pixel: number): HoleSize | undefined {
    return this.sizes[pixel];
  }
}

/**
 * Mean step across the holes' edges over the mean step between clear pixels within 8 pixels of them; 1 = no seam. Where `counts` is 0,
 * the date's own clouds, nothing is looked at.
 */
export function rimGradient(
  filled: Float32Array,
  { clear, counts }: { readonly clear: Uint8Array; readonly counts: Uint8Array },
  { width, height, bands }: Grid,
): number {
  const pixels = width * height;
  const near = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) {
    if (clear[i] !== 0) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    for (let r = Math.max(0, y - 8); r <= Math.min(height - 1, y + 8); r++)
      near.fill(1, r * width + Math.max(0, x - 8), r * width + Math.min(width, x + 9));
  }
  let [across, edges, inside, pairs] = [0, 0, 0, 0];
  for (let i = 0; i + 1 < pixels; i++) {
    if (i % width === width - 1 || counts[i] === 0 || counts[i + 1] === 0) continue;
    let step = 0;
    for (let k = 0; k < bands; k++) step += Math.abs((filled[k * pixels + i] ?? 0) - (filled[k * pixels + i + 1] ?? 0));
    if (clear[i] !== clear[i + 1]) {
      across += step;
      edges++;
    } else if (clear[i] !== 0 && near[i] !== 0) {
      inside += step;
      pairs++;
    }
  }
  return across / Math.max(1, edges) / (inside / Math.max(1, pairs));
}

/** Prints one table a group. */
export function table<M extends string>(
  scores: ReadonlyMap<string, Score>,
  methods: readonly M[],
  rims: ReadonlyMap<M, readonly number[]>,
): void {
  const groups = [...new Set([...scores.keys()].map((key) => key.split("|")[0] ?? ""))];
  for (const group of groups) {
    const rows = methods.flatMap((method) => {
      const score = scores.get(`${group}|${method}`);
      if (score === undefined || score.pixels === 0) return [];
      const { pixels, squares, absolute, angles, ssim } = score;
      const rim = rims.get(method) ?? [];
      return [
        {
          method,
          "PSNR dB": (10 * Math.log10(10_000 ** 2 / (squares / pixels))).toFixed(2),
          SSIM: (ssim / pixels).toFixed(4),
          "MAE DN": (absolute / pixels).toFixed(0),
          "angle °": ((angles / pixels) * (180 / Math.PI)).toFixed(2),
          ...(group === "all" ? { rim: (rim.reduce((a, b) => a + b, 0) / rim.length).toFixed(2) } : {}),
        },
      ];
    });
    if (rows.length > 0) {
      console.log(`${group} (${scores.get(`${group}|${methods[0] ?? ""}`)?.pixels ?? 0} pixels)`);
      console.table(rows);
    }
  }
}

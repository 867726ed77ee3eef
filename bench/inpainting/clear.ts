import type { Acquisition, InpaintImage } from "../../src/tile/inpaint/inpaint.js";
import { FROM, predict } from "../../src/tile/inpaint/predict.js";
import { seededRandom } from "../support/report.js";
import { classesOf, groupBy, type Rows } from "./k-means.js";
import { shareOf } from "./places.js";

/** As in the published code: land-cover classes, dates at most, and how clear a date must be to be one. */
const [CLASSES, REFERENCES, CLEAR_SHARE] = [12, 10, 0.85];
/** Pixels of the class nearest to a place, and of these the ones most alike, whose residuals are taken over. */
const [NEAR, ALIKE] = [100, 20];
/** Hidden pixels of a cell of so many pixels a side share the search for what is near. */
const CELL_PX = 8;
/** Against equations that determine nothing: digital numbers squared a pixel. */
const RIDGE = 1;

/** What CLEAR knows of a place besides the image: all other dates stacked, and its land-cover classes. */
export interface ClearGuide {
  /** Of each pixel all bands of all reference dates, [pixels][dates x bands]. */
  readonly rows: Rows;
  readonly dates: number;
  readonly classes: Uint8Array;
}

/**
 * The reference dates of an image, without holes: what a date doesn't show is interpolated linearly in time from the other looks (not the image), and the
 * mean of the date where none shows it.
 */
export function clearGuide(
  { width, height, bands }: Pick<InpaintImage, "width" | "height" | "bands">,
  looks: readonly Acquisition[],
): ClearGuide {
  const pixels = width * height;
  const references = looks
    .filter(({ clear }) => shareOf(clear) >= CLEAR_SHARE)
    .toSorted((a, b) => Math.abs(a.days) - Math.abs(b.days))
    .slice(0, REFERENCES);
  const stride = references.length * bands;
  const values = new Float32Array(pixels * stride);
  references.forEach((reference, k) => {
    const others = looks
      .filter((look) => look !== reference)
      .map((look) => ({ ...look, days: look.days - reference.days }));
    const guess = predict({ width, height, bands }, others, "linear");
    for (let b = 0; b < bands; b++) {
      const plane = reference.samples.subarray(b * pixels, (b + 1) * pixels);
      const mean =
        plane.reduce((sum, v, i) => sum + (reference.clear[i] === 0 ? 0 : v), 0) / (shareOf(reference.clear) * pixels);
      for (let i = 0; i < pixels; i++) {
        const known = guess.from[i] === FROM.none ? mean : (guess.samples[b * pixels + i] ?? 0);
        values[i * stride + k * bands + b] = reference.clear[i] === 0 ? known : (plane[i] ?? 0);
      }
    }
  });
  const rows = { values, width: stride };
  return { rows, dates: references.length, classes: classesOf(rows, CLASSES, seededRandom(1)) };
}

/**
 * After CLEAR (Guo, Zheng, Xu and Bruzzone 2026, doi 10.1109/TGRS.2026.3651961): land-cover classes by k-means of the stacked reference dates; in each
 * class and band a linear regression of the image on the same band of all reference dates; to each hidden pixel are added the residuals of the 20 seen pixels of its class
 * that look most like it in the reference dates, of the 100 nearest, weighted by distance and likeness. Ours, from the paper's
 * abstract and its published code's description; simpler: holes of reference dates are interpolated in time and not filled by CLEAR itself in turn.
 */
export function fillByClear(
  { width, bands, clear, samples }: InpaintImage,
  { rows, dates, classes }: ClearGuide,
): Float32Array {
  const pixels = clear.length;
  const out = samples.slice();
  const members = membersOf(mergeUnseen(classes, clear, rows), clear);
  for (const { seen, hidden } of members) {
    if (hidden.length === 0) continue;
    const residuals = new Float32Array(seen.length * bands);
    for (let b = 0; b < bands; b++) {
      const plane = samples.subarray(b * pixels, (b + 1) * pixels);
      const at = (i: number): number[] =>
        Array.from({ length: dates }, (_, k) => rows.values[i * rows.width + k * bands + b] ?? 0);
      const fit = regression(seen, { plane, dates, at });
      seen.forEach((i, n) => (residuals[n * bands + b] = (plane[i] ?? 0) - predicted(fit, at(i))));
      for (const i of hidden) out[b * pixels + i] = predicted(fit, at(i));
    }
    addResiduals(out, { seen, hidden, residuals }, { rows, width, bands });
  }
  return out.map((value) => Math.min(10_000, Math.max(0, value)));
}

/** Classes that the image shows nothing of join the one whose mean is most alike. */
function mergeUnseen(classes: Uint8Array, clear: Uint8Array, { values, width }: Rows): Uint8Array {
  const means = Array.from({ length: CLASSES }, () => ({ sum: new Float64Array(width), count: 0, seen: 0 }));
  classes.forEach((k, i) => {
    const mean = means[k];
    if (mean === undefined) return;
    mean.count++;
    if (clear[i] !== 0) mean.seen++;
    for (let d = 0; d < width; d++) mean.sum[d] = (mean.sum[d] ?? 0) + (values[i * width + d] ?? 0);
  });
  const distance = (a: number, b: number): number =>
    (means[a]?.sum ?? new Float64Array()).reduce(
      (sum, v, d) => sum + Math.abs(v / (means[a]?.count ?? 1) - (means[b]?.sum[d] ?? 0) / (means[b]?.count ?? 1)),
      0,
    );
  const enough = means.flatMap(({ seen }, k) => (seen >= 2 * ALIKE ? [k] : []));
  const target = means.map((_, k) =>
    enough.includes(k) ? k : (enough.toSorted((a, b) => distance(k, a) - distance(k, b))[0] ?? 0),
  );
  return classes.map((k) => target[k] ?? 0);
}

interface Members {
  readonly seen: readonly number[];
  readonly hidden: readonly number[];
}

function membersOf(classes: Uint8Array, clear: Uint8Array): readonly Members[] {
  const members = Array.from({ length: CLASSES }, () => ({ seen: [] as number[], hidden: [] as number[] }));
  classes.forEach((k, i) => (clear[i] === 0 ? members[k]?.hidden : members[k]?.seen)?.push(i));
  return members;
}

/** Least squares with an intercept (last) by the normal equations and Gauss elimination. */
function regression(
  seen: readonly number[],
  { plane, dates, at }: { readonly plane: Float32Array; readonly dates: number; readonly at: (i: number) => number[] },
): readonly number[] {
  const n = dates + 1;
  const system = Array.from({ length: n }, () => new Float64Array(n + 1));
  for (const i of seen) {
    const x = [...at(i), 1];
    for (let r = 0; r < n; r++) {
      const row = system[r] ?? new Float64Array();
      for (let c = 0; c < n; c++) row[c] = (row[c] ?? 0) + (x[r] ?? 0) * (x[c] ?? 0);
      row[n] = (row[n] ?? 0) + (x[r] ?? 0) * (plane[i] ?? 0);
    }
  }
  for (let r = 0; r < dates; r++) {
    const row = system[r];
    if (row !== undefined) row[r] = (row[r] ?? 0) + RIDGE * seen.length;
  }
  for (let c = 0; c < n; c++) {
    const pivot = system[c] ?? new Float64Array();
    for (let r = 0; r < n; r++) {
      const row = system[r];
      if (r === c || row === undefined) continue;
      const factor = (row[c] ?? 0) / (pivot[c] ?? 1);
      for (let k = c; k <= n; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  return system.map((row, r) => (row[n] ?? 0) / (row[r] ?? 1));
}

const predicted = (fit: readonly number[], x: readonly number[]): number =>
  x.reduce((sum, value, k) => sum + value * (fit[k] ?? 0), fit.at(-1) ?? 0);

function addResiduals(
  out: Float32Array,
  { seen, hidden, residuals }: Members & { readonly residuals: Float32Array },
  { rows, width, bands }: { readonly rows: Rows; readonly width: number; readonly bands: number },
): void {
  const pixels = out.length / bands;
  const cellOf = (i: number): string => `${Math.floor((i % width) / CELL_PX)} ${Math.floor(i / width / CELL_PX)}`;
  const cells = groupBy(hidden, cellOf);
  const shown = groupBy(
    seen.map((i, n) => ({ i, n })),
    ({ i }) => cellOf(i),
  );
  for (const [cell, targets] of cells) {
    const near = nearest(shown, cell, { width, total: seen.length });
    for (const i of targets) {
      const found = near.map((one) => ({ ...one, unlike: difference(rows, i, one.i) }));
      const alike = found.toSorted((a, b) => a.unlike - b.unlike).slice(0, ALIKE);
      const far = spreadOver(alike.map((one) => distance(i, one.i, width)));
      const unlike = spreadOver(alike.map((one) => one.unlike));
      const weights = alike.map((_, k) => 1 / ((far[k] ?? 1) * (unlike[k] ?? 1)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let b = 0; b < bands; b++)
        alike.forEach(({ n }, k) => {
          const at = b * pixels + i;
          out[at] = (out[at] ?? 0) + ((weights[k] ?? 0) / total) * (residuals[n * bands + b] ?? 0);
        });
    }
  }
}

interface Seen {
  readonly i: number;
  /** Among the class's seen pixels. */
  readonly n: number;
}

/** The seen pixels nearest to a cell's middle: rings of cells until there are enough, and one ring more. */
function nearest(
  shown: ReadonlyMap<string, readonly Seen[]>,
  cell: string,
  { width, total }: { readonly width: number; readonly total: number },
): readonly Seen[] {
  const [x = 0, y = 0] = cell.split(" ").map(Number);
  const found: Seen[] = [];
  const wanted = Math.min(NEAR, total);
  let left = 2;
  for (let ring = 0; left > 0; ring++) {
    for (let r = y - ring; r <= y + ring; r++)
      for (let c = x - ring; c <= x + ring; c += Math.abs(r - y) === ring || ring === 0 ? 1 : 2 * ring)
        found.push(...(shown.get(`${c} ${r}`) ?? []));
    if (found.length >= wanted) left--;
  }
  const middle = (y * CELL_PX + CELL_PX / 2) * width + x * CELL_PX + CELL_PX / 2;
  return found.toSorted((a, b) => distance(middle, a.i, width) - distance(middle, b.i, width)).slice(0, NEAR);
}

function distance(a: number, b: number, width: number): number {
  return Math.hypot((a % width) - (b % width), Math.floor(a / width) - Math.floor(b / width));
}

function difference({ values, width }: Rows, a: number, b: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += Math.abs((values[a * width + d] ?? 0) - (values[b * width + d] ?? 0));
  return sum;
}

/** 1 of the smallest to 2 of the largest. */
function spreadOver(values: readonly number[]): readonly number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => 1 + (value - least) / (most - least + 1e-5));
}

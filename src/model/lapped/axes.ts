import { COMPONENTS } from "./geometry.js";

/**
 * Spectral axes of a chunk's group of frequencies as integers (docs/format.md §5): A = Q C, where C are the model's common axes and Q is a
 * product of rotations in the planes (i, j), i < j, each by an angle whose half has the tangent k x delta(i). Only + - x / on float64, so
 * that every machine gets the same numbers.
 */
export const PLANES = (COMPONENTS * (COMPONENTS - 1)) / 2;
/** Rows that own axes may state: all of them, or the five strongest, the rest completed from the common ones. */
export const OWN_ROWS = { own: COMPONENTS - 1, few: 5 } as const;
/** Tangents of half angles beyond are no rotation that an encoder makes. */
const LARGEST_TANGENT = 1.05;

/** Quantisation of row i's tangents: coarser where components are weaker. */
export function tangentStep(row: number): number {
  let step = 0.01;
  for (let i = 0; i < row; i++) step *= 1.5;
  return Math.min(step, 0.1);
}

/** Planes of the first `rows` rows, in the order in which they are stored. */
export function planesOf(rows: number): number {
  return (rows * (2 * COMPONENTS - 1 - rows)) / 2;
}

/** Whether angles are in range; k x delta beyond is a damaged stream. */
export function areAngles(angles: Int16Array, rows: number): boolean {
  let n = 0;
  for (let i = 0; i < rows; i++) {
    const step = tangentStep(i);
    for (let j = i + 1; j < COMPONENTS; j++) if (Math.abs((angles[n++] ?? 0) * step) > LARGEST_TANGENT) return false;
  }
  return true;
}

/**
 * Axes [COMPONENTS][COMPONENTS] (component, band) from angles, those of the first `rows` rows row-major.
 *
 * @param common C, orthonormal rows, [COMPONENTS][COMPONENTS].
 */
export function axesFromAngles(angles: Int16Array, rows: number, common: Float32Array): Float64Array {
  const q = new Float64Array(COMPONENTS * COMPONENTS);
  for (let i = 0; i < COMPONENTS; i++) q[i * COMPONENTS + i] = 1;
  let n = planesOf(rows);
  for (let i = rows - 1; i >= 0; i--) {
    const step = tangentStep(i);
    for (let j = COMPONENTS - 1; j > i; j--) rotate(q, i, j, -(angles[--n] ?? 0) * step);
  }
  return product(q, common);
}

/**
 * The angles that bring the first `rows` rows of `own` nearest to what they can state; signs of own axes are free and chosen here.
 *
 * @param own orthonormal rows, the strongest component first, [COMPONENTS][COMPONENTS].
 */
export function anglesOf(own: Float64Array, rows: number, common: Float32Array): Int16Array {
  const p = productTransposed(own, common);
  const angles = new Int16Array(planesOf(rows));
  let n = 0;
  for (let i = 0; i < rows; i++) {
    const step = tangentStep(i);
    if ((p[i * COMPONENTS + i] ?? 0) < 0)
      for (let b = 0; b < COMPONENTS; b++) p[i * COMPONENTS + b] = -(p[i * COMPONENTS + b] ?? 0);
    for (let j = i + 1; j < COMPONENTS; j++) {
      const [x, y] = [p[i * COMPONENTS + i] ?? 0, p[i * COMPONENTS + j] ?? 0];
      const length = Math.hypot(x, y);
      const k = length === 0 ? 0 : Math.round(y / (length + x) / step);
      angles[n++] = k;
      rotate(p, i, j, k * step);
    }
  }
  return angles;
}

/** Turns columns i and j of a matrix: [p_i, p_j] <- [c p_i + s p_j, c p_j - s p_i], t = tan(angle / 2). */
function rotate(matrix: Float64Array, i: number, j: number, t: number): void {
  if (t === 0) return;
  const c = (1 - t * t) / (1 + t * t);
  const s = (2 * t) / (1 + t * t);
  for (let row = 0; row < COMPONENTS * COMPONENTS; row += COMPONENTS) {
    const [x, y] = [matrix[row + i] ?? 0, matrix[row + j] ?? 0];
    matrix[row + i] = c * x + s * y;
    matrix[row + j] = c * y - s * x;
  }
}

/** a b, sums in ascending order. */
function product(a: Float64Array, b: Float32Array): Float64Array {
  const out = new Float64Array(COMPONENTS * COMPONENTS);
  for (let i = 0; i < COMPONENTS; i++) {
    for (let j = 0; j < COMPONENTS; j++) {
      let sum = 0;
      for (let k = 0; k < COMPONENTS; k++) sum += (a[i * COMPONENTS + k] ?? 0) * (b[k * COMPONENTS + j] ?? 0);
      out[i * COMPONENTS + j] = sum;
    }
  }
  return out;
}

/** a transpose(b). */
function productTransposed(a: Float64Array, b: Float32Array): Float64Array {
  const out = new Float64Array(COMPONENTS * COMPONENTS);
  for (let i = 0; i < COMPONENTS; i++) {
    for (let j = 0; j < COMPONENTS; j++) {
      let sum = 0;
      for (let k = 0; k < COMPONENTS; k++) sum += (a[i * COMPONENTS + k] ?? 0) * (b[j * COMPONENTS + k] ?? 0);
      out[i * COMPONENTS + j] = sum;
    }
  }
  return out;
}

/** Eigenvectors of a symmetric matrix as rows, the largest eigenvalue first; cyclic Jacobi (Golub and Van Loan, 8.5). */
export function eigenvectors(symmetric: Float64Array): Float64Array {
  const n = COMPONENTS;
  const a = symmetric.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    let all = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const square = (a[i * n + j] ?? 0) ** 2;
        all += square;
        if (i !== j) off += square;
      }
    if (off <= 1e-22 * all) break;
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) zero(a, v, p, q);
  }
  const falling = Array.from({ length: n }, (_, i) => i).toSorted((i, j) => (a[j * n + j] ?? 0) - (a[i * n + i] ?? 0));
  const out = new Float64Array(n * n);
  falling.forEach((from, row) => {
    for (let b = 0; b < n; b++) out[row * n + b] = v[b * n + from] ?? 0;
  });
  return out;
}

function zero(a: Float64Array, v: Float64Array, p: number, q: number): void {
  const n = COMPONENTS;
  const apq = a[p * n + q] ?? 0;
  if (apq === 0) return;
  const theta = ((a[q * n + q] ?? 0) - (a[p * n + p] ?? 0)) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p] ?? 0, a[k * n + q] ?? 0];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k] ?? 0, a[q * n + k] ?? 0];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [v[k * n + p] ?? 0, v[k * n + q] ?? 0];
    v[k * n + p] = c * x - s * y;
    v[k * n + q] = s * x + c * y;
  }
}

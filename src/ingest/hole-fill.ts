/**
 * Fills holes by push-pull: valid pixels are averaged down a pyramid until every pixel has a value, then holes are interpolated
 * from the coarser level on the way back and relaxed towards the mean of their four neighbours. Relaxing at every level solves
 * Laplace's equation closely: the surface meets the rim without a step and has no extremes of its own.
 */
export interface HolePlan {
  /** From full resolution down; the last one has no hole. */
  readonly levels: readonly HoleLevel[];
}

interface HoleLevel {
  readonly width: number;
  readonly height: number;
  readonly valid: Uint8Array;
  /** Indices of the invalid pixels, in reading order. */
  readonly holes: Int32Array;
  /** Four indices a hole: left, right, above, below; at the image's edge the pixel itself stands for the missing one. */
  readonly neighbours: Int32Array;
}

const SWEEPS = 3;

/** What is the same for all bands; undefined where nothing is to be filled or nothing is there to fill from. */
export function planHoles(valid: Uint8Array, width: number, height: number): HolePlan | undefined {
  const levels: HoleLevel[] = [];
  let mask = valid;
  let [w, h] = [width, height];
  for (;;) {
    const holes = indicesOfZero(mask);
    if (holes.length === mask.length || (holes.length === 0 && levels.length === 0)) return undefined;
    levels.push({ width: w, height: h, valid: mask, holes, neighbours: neighboursOf(holes, w, h) });
    if (holes.length === 0) return { levels };
    mask = halveMask(mask, w, h);
    [w, h] = [Math.ceil(w / 2), Math.ceil(h / 2)];
  }
}

/** Fills one band in place. */
export function fillPlane(plane: Float32Array, plan: HolePlan): void {
  const planes = [plane];
  for (let k = 0; k + 1 < plan.levels.length; k++) {
    const [level, below] = [plan.levels[k], plan.levels[k + 1]];
    const from = planes[k];
    if (level === undefined || below === undefined || from === undefined) return;
    planes.push(pushDown(from, level, below));
  }
  for (let k = plan.levels.length - 2; k >= 0; k--) {
    const [level, below] = [plan.levels[k], plan.levels[k + 1]];
    const [to, from] = [planes[k], planes[k + 1]];
    if (level === undefined || below === undefined || to === undefined || from === undefined) return;
    pullUp(to, level, from, below);
    for (let i = 0; i < SWEEPS; i++) relax(to, level);
  }
}

function pushDown(from: Float32Array, level: HoleLevel, below: HoleLevel): Float32Array {
  const { width, height, valid } = level;
  const out = new Float32Array(below.width * below.height);
  for (let r = 0; r < below.height; r++) {
    for (let c = 0; c < below.width; c++) {
      let sum = 0;
      let count = 0;
      for (let i = 0; i < 4; i++) {
        const row = 2 * r + (i >> 1);
        const column = 2 * c + (i & 1);
        if (row >= height || column >= width || valid[row * width + column] === 0) continue;
        sum += from[row * width + column] ?? 0;
        count++;
      }
      if (count > 0) out[r * below.width + c] = sum / count;
    }
  }
  return out;
}

/** Bilinear: a pixel's centre lies a quarter of a coarse pixel from that of its own coarse pixel. */
function pullUp(to: Float32Array, level: HoleLevel, from: Float32Array, below: HoleLevel): void {
  const { holes, width } = level;
  for (let i = 0; i < holes.length; i++) {
    const at = holes[i] ?? 0;
    const row = Math.floor(at / width);
    const column = at - row * width;
    const near = (row >> 1) * below.width;
    const far = Math.min(below.height - 1, Math.max(0, (row >> 1) + ((row & 1) === 0 ? -1 : 1))) * below.width;
    const nearColumn = column >> 1;
    const farColumn = Math.min(below.width - 1, Math.max(0, nearColumn + ((column & 1) === 0 ? -1 : 1)));
    to[at] =
      0.5625 * (from[near + nearColumn] ?? 0) +
      0.1875 * (from[near + farColumn] ?? 0) +
      0.1875 * (from[far + nearColumn] ?? 0) +
      0.0625 * (from[far + farColumn] ?? 0);
  }
}

/** One Gauss-Seidel sweep over the holes. */
function relax(plane: Float32Array, { holes, neighbours }: HoleLevel): void {
  for (let i = 0, n = 0; i < holes.length; i++, n += 4) {
    const left = plane[neighbours[n] ?? 0] ?? 0;
    const right = plane[neighbours[n + 1] ?? 0] ?? 0;
    const above = plane[neighbours[n + 2] ?? 0] ?? 0;
    const below = plane[neighbours[n + 3] ?? 0] ?? 0;
    plane[holes[i] ?? 0] = 0.25 * (left + right + above + below);
  }
}

function neighboursOf(holes: Int32Array, width: number, height: number): Int32Array {
  const out = new Int32Array(4 * holes.length);
  for (let i = 0; i < holes.length; i++) {
    const at = holes[i] ?? 0;
    const column = at % width;
    out[4 * i] = column === 0 ? at : at - 1;
    out[4 * i + 1] = column === width - 1 ? at : at + 1;
    out[4 * i + 2] = at < width ? at : at - width;
    out[4 * i + 3] = at >= (height - 1) * width ? at : at + width;
  }
  return out;
}

function halveMask(mask: Uint8Array, width: number, height: number): Uint8Array {
  const [outWidth, outHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const out = new Uint8Array(outWidth * outHeight);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      if (mask[r * width + c] !== 0) out[(r >> 1) * outWidth + (c >> 1)] = 1;
    }
  }
  return out;
}

function indicesOfZero(mask: Uint8Array): Int32Array {
  let count = 0;
  for (let i = 0; i < mask.length; i++) count += mask[i] === 0 ? 1 : 0;
  const indices = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] === 0) indices[at++] = i;
  return indices;
}

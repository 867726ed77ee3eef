import { STRIDE } from "../../core/geometry.js";
import { LAPPED_WASM } from "./lapped-wasm.js";

/**
 * The separable steps of the lapped basis in WebAssembly SIMD (assembly/lapped.ts). Owns its memory, so it belongs to one thread:
 * what `take` gave lives until `free`.
 */
export interface LappedKernels {
  /** Address of `floats` float32, contents undefined. */
  take(floats: number): number;
  /** Gives back what was taken from `at` on; everything without it. */
  free(at?: number): void;
  /** Float32 at an address; a view, stale after the next `take`. */
  view(at: number, floats: number): Float32Array;
  /** Places int32. */
  integers(numbers: Int32Array): number;
  /** A plane [height][width] of pixels -> [width][height] of coefficients, at (16 column + v, 16 row + u). Spoils `from`. */
  analyse(from: number, to: number, size: PlaneSize): void;
  /**
   * The inverse: [width][height] of coefficients at `from` -> pixels [height][width] at `to`. Spoils `from`. Frequencies from `used` on
   * are 0. The outer half block of the plane is right only at an edge of the image.
   */
  synthesise(from: number, to: number, size: PlaneSize, used: number): void;
  /** Sum of products of two arrays whose lengths are a multiple of 4. */
  dot(a: number, b: number, floats: number): number;
  /** Coefficients of a rectangle of positions of a transformed plane, in planes of `plane` numbers; see assembly/lapped.ts. */
  gather(source: number, height: number, rect: GatherRect, out: number): void;
  /** out[p] = sum over planes of weights[b] x data[b x plane + p]. */
  mix(weights: number, data: PlaneStack, out: number): void;
}

/** Positions by their first pixels down and across; `places`: 256 int32, where each frequency goes; addresses. */
export interface GatherRect {
  readonly tops: number;
  readonly rows: number;
  readonly lefts: number;
  readonly columns: number;
  readonly places: number;
  readonly plane: number;
}

/** `count` planes of `length` numbers at `data`, each `plane` numbers after the one before. */
export interface PlaneStack {
  readonly data: number;
  readonly count: number;
  readonly plane: number;
  readonly length: number;
}

/** Pixels, multiples of 16. */
export interface PlaneSize {
  readonly width: number;
  readonly height: number;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  forward(data: number, rows: number, inner: number, stride: number, even: number, odd: number): void;
  inverse(data: number, rows: number, inner: number, stride: number, even: number, odd: number, used: number): void;
  lap(data: number, rows: number, inner: number, stride: number, v: number): void;
  transpose(from: number, rows: number, columns: number, to: number): void;
  dot(a: number, b: number, length: number): number;
  gather(...numbers: readonly number[]): void;
  mix(weights: number, count: number, data: number, plane: number, length: number, out: number): void;
}

const HALF = STRIDE / 2;

let module: WebAssembly.Module | undefined;

export function createKernels(): LappedKernels {
  module ??= new WebAssembly.Module(Uint8Array.from(atob(LAPPED_WASM), (c) => c.charCodeAt(0)));
  const wasm = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  const { memory } = wasm;
  let top = (wasm.heapBase() + 63) & ~63;
  const take = (floats: number): number => {
    const at = top;
    top = (top + 4 * floats + 63) & ~63;
    const missing = top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    return at;
  };
  const place = (numbers: readonly number[]): number => {
    const at = take(4 * numbers.length);
    new Float32Array(memory.buffer, at, 4 * numbers.length).set(numbers.flatMap((x) => [x, x, x, x]));
    return at;
  };
  const rows = Array.from({ length: STRIDE }, (_, k) => Array.from({ length: HALF }, (__, i) => cosine(STRIDE, k, i)));
  const even = place(rows.flatMap((row, k) => (k % 2 === 0 ? row : [])));
  const odd = place(rows.flatMap((row, k) => (k % 2 === 1 ? row : [])));
  const v = lappingMatrix();
  const forwardLap = place(v.flat());
  const inverseLap = place(v.flatMap((_, i) => v.map((row) => row[i] ?? 0)));
  const base = top;

  return {
    take,
    free: (at = base) => void (top = at),
    view: (at, floats) => new Float32Array(memory.buffer, at, floats),
    integers(numbers) {
      const at = take(numbers.length);
      new Int32Array(memory.buffer, at, numbers.length).set(numbers);
      return at;
    },
    analyse(from, to, { width, height }) {
      wasm.lap(from, height, width, 4 * width, forwardLap);
      wasm.forward(from, height, width, 4 * width, even, odd);
      wasm.transpose(from, height, width, to);
      wasm.lap(to, width, height, 4 * height, forwardLap);
      wasm.forward(to, width, height, 4 * height, even, odd);
    },
    synthesise(from, to, { width, height }, used) {
      wasm.inverse(from, width, height, 4 * height, even, odd, used);
      wasm.lap(from, width, height, 4 * height, inverseLap);
      wasm.transpose(from, width, height, to);
      wasm.inverse(to, height, width, 4 * width, even, odd, used);
      wasm.lap(to, height, width, 4 * width, inverseLap);
    },
    dot: (a, b, floats) => wasm.dot(a, b, floats),
    gather: (source, height, { tops, rows, lefts, columns, places, plane }, out) =>
      wasm.gather(source, height, tops, rows, lefts, columns, places, out, 4 * plane),
    mix: (weights, { data, count, plane, length }, out) => wasm.mix(weights, count, data, 4 * plane, length, out),
  };
}

/** Orthonormal DCT-II of n points, entry (k, i). */
function cosine(n: number, k: number, i: number): number {
  return Math.cos((Math.PI / n) * (i + 0.5) * k) * Math.sqrt((k === 0 ? 1 : 2) / n);
}

/** V = J transpose(DCT-II) DCT-IV J of 8 points: the inner part of the lapping matrix (Tran, Liang and Tu 2003). */
function lappingMatrix(): readonly (readonly number[])[] {
  const fourth = (k: number, i: number): number =>
    Math.cos((Math.PI / HALF) * (i + 0.5) * (k + 0.5)) * Math.sqrt(2 / HALF);
  const flip = (i: number): number => HALF - 1 - i;
  return Array.from({ length: HALF }, (_, r) =>
    Array.from({ length: HALF }, (__, c) => {
      let sum = 0;
      for (let k = 0; k < HALF; k++) sum += cosine(HALF, k, flip(r)) * fourth(k, flip(c));
      return sum;
    }),
  );
}

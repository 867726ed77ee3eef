import { STRIDE } from "../../core/geometry.js";
import { besideHole, STORED_RANGE, type SampleType, type StoredUnits } from "../../core/stored-numbers.js";
import { GROUP } from "./geometry.js";
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
  view(at: number, floats: number): Float32Array<ArrayBuffer>;
  /** Places numbers of any type; `padding` bytes behind them may be read. */
  place(numbers: ArrayBufferView, padding?: number): number;
  /** Lists a chunk's values that aren't 0. */
  collect(from: StoredSymbols, window: SymbolWindow & { readonly masks: number }, list: ValueList): void;
  /** The same of symbols that were listed when they were decoded. */
  collectListed(from: ListedSymbols, window: SymbolWindow, list: ValueList): void;
  /** Adds listed values, turned to other axes by `shares`, to planes of `area` numbers at `out`. */
  turn(
    list: ValueList,
    table: { readonly first: number; readonly entries: number },
    shares: number,
    area: number,
    out: number,
  ): void;
  /** Adds listed values, turned to bands; one more than the highest frequency listed. */
  scatter(list: ValueList, order: number, axes: number, cells: number, to: BandPlanes): number;
  /** Adds coefficients in common axes, of `count` ids, turned to bands. */
  addCommon(from: CommonPlanes, common: number, to: BandPlanes): void;
  /** Number p of each of `count` planes of `area` becomes number source[p]. */
  rearrange(planes: number, count: number, area: number, source: number): void;
  /** A rectangle of a plane, times `factor`, none less than `lowest`. */
  crop(plane: number, rect: CropRect, by: { readonly factor: number; readonly lowest: number }, out: number): void;
  /** The same as whole numbers that are stored, at `out`; the rectangle's columns a multiple of 16. */
  cropStored(
    plane: number,
    rect: CropRect,
    by: { readonly factor: number; readonly units: StoredUnits },
    out: number,
  ): void;
  /**
   * A plane [height][width] of pixels -> [width][height] of coefficients, at (16 column + v, 16 row + u). Spoils `from`. Frequencies from
   * `used` on become 0.
   */
  analyse(from: number, to: number, size: PlaneSize, used?: number): void;
  /**
   * The inverse: [width][height] of coefficients at `from` -> pixels [height][width] at `to`. Spoils `from`. Frequencies from `used` on
   * are 0. The outer half block of the plane is right only at an edge of the image.
   */
  synthesise(from: number, to: number, size: PlaneSize, used: number): void;
  /** [rows][columns] -> [columns][rows], both multiples of 4. */
  transpose(from: number, rows: number, columns: number, to: number): void;
  /** Solves the system for each column of [system.rows][columns] in place; columns a multiple of 4. */
  solve(data: number, columns: number, system: BandedSystem): void;
  /** Multiplies numbers in place; a multiple of 4 of them. */
  scale(data: number, floats: number, factor: number): void;
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

/** Symbols of a chunk, [channels][positions] of `kind` bytes each, 4 being float32; addresses, as below. */
export interface StoredSymbols {
  readonly symbols: number;
  readonly kind: number;
  readonly channels: number;
  readonly positions: number;
}

/** A SymbolList (core/latents) by its addresses. */
export interface ListedSymbols {
  readonly starts: number;
  readonly values: number;
  readonly places: number;
}

/** See assembly/coefficients.ts, collect. */
export interface SymbolWindow {
  readonly places: number;
  readonly mult: number;
  readonly gains: number;
  /** Not an address. */
  readonly step: number;
}

/** float64 values, int32 places, and int32 where each channel's begin. */
export interface ValueList {
  readonly value: number;
  readonly at: number;
  readonly starts: number;
  readonly channels: number;
}

/** Coefficients of `count` bands, whose int32 indices are at `bands`: planes [16 columns][16 rows], 16 rows being `height`, each of `area` numbers. */
export interface BandPlanes {
  readonly bands: number;
  readonly count: number;
  readonly height: number;
  readonly planes: number;
  readonly area: number;
}

/** Coefficients of `count` uint16 ids, [count][rows][columns] at `data`, of which `high` x `wide` from number `from` on are wanted. */
export interface CommonPlanes {
  readonly data: number;
  readonly rows: number;
  readonly columns: number;
  readonly ids: number;
  readonly count: number;
  readonly from: number;
  readonly high: number;
  readonly wide: number;
}

/** Of a plane `width` wide, `rows` of `columns` pixels from pixel `from` on; columns a multiple of 4. */
export interface CropRect {
  readonly width: number;
  readonly from: number;
  readonly rows: number;
  readonly columns: number;
}

/** `count` planes of `length` numbers at `data`, each `plane` numbers after the one before. */
export interface PlaneStack {
  readonly data: number;
  readonly count: number;
  readonly plane: number;
  readonly length: number;
}

/** The Cholesky factor of a banded matrix: a row is 1 / L[i][i], L[i][i - 1], ... L[i][i - band], 0 before the first column. */
export interface BandedSystem {
  readonly rows: number;
  readonly band: number;
  readonly factors: Float32Array;
}

/** Pixels, multiples of 16. */
export interface PlaneSize {
  readonly width: number;
  readonly height: number;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  forward(data: number, rows: number, inner: number, stride: number, even: number, odd: number, used: number): void;
  inverse(data: number, rows: number, inner: number, stride: number, even: number, odd: number, used: number): void;
  lap(data: number, rows: number, inner: number, stride: number, v: number): void;
  transpose(from: number, rows: number, columns: number, to: number): void;
  bandSolve(data: number, rows: number, inner: number, stride: number, factors: number, band: number): void;
  scale(data: number, length: number, factor: number): void;
  dot(a: number, b: number, length: number): number;
  gather(...numbers: readonly number[]): void;
  mix(weights: number, count: number, data: number, plane: number, length: number, out: number): void;
  collect(...numbers: readonly number[]): void;
  collectListed(...numbers: readonly number[]): void;
  cropStored(...numbers: readonly number[]): void;
  turn(...numbers: readonly number[]): void;
  scatter(...numbers: readonly number[]): number;
  addCommon(...numbers: readonly number[]): void;
  rearrange(...numbers: readonly number[]): void;
  crop(...numbers: readonly number[]): void;
}

const HALF = STRIDE / 2;
/** Whole types by the numbers that assembly/coefficients.ts gives them. */
const KINDS: Readonly<Partial<Record<SampleType, number>>> = { uint8: 0, uint16: 1, int16: 2 };
/** No stored number is this int32. */
const NO_NUMBER = -(2 ** 31);

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
  const place = (numbers: ArrayBufferView, padding = 0): number => {
    const at = take(Math.ceil((numbers.byteLength + padding) / 4));
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    new Uint8Array(memory.buffer, at, numbers.byteLength).set(bytes);
    return at;
  };
  const fourfold = (numbers: readonly number[]): number =>
    place(Float32Array.from(numbers.flatMap((x) => [x, x, x, x])));
  const rows = Array.from({ length: STRIDE }, (_, k) => Array.from({ length: HALF }, (__, i) => cosine(STRIDE, k, i)));
  const even = fourfold(rows.flatMap((row, k) => (k % 2 === 0 ? row : [])));
  const odd = fourfold(rows.flatMap((row, k) => (k % 2 === 1 ? row : [])));
  const v = lappingMatrix();
  const forwardLap = fourfold(v.flatMap((_, i) => v.map((row) => row[i] ?? 0)));
  const inverseLap = fourfold(v.flat());
  const groups = place(GROUP);
  const base = top;

  return {
    take,
    free: (at = base) => void (top = at),
    view: (at, floats) => new Float32Array(memory.buffer, at, floats),
    place,
    collect: ({ symbols, kind, channels, positions }, { masks, places, mult, gains, step }, { value, at, starts }) =>
      wasm.collect(symbols, kind, channels, positions, masks, places, mult, gains, step, value, at, starts),
    collectListed: (from, { places, mult, gains, step }, { value, at, starts, channels }) =>
      wasm.collectListed(from.starts, from.values, from.places, channels, places, mult, gains, step, value, at, starts),
    turn: ({ value, at, starts, channels }, { first, entries }, shares, area, out) =>
      wasm.turn(value, at, starts, channels, first, entries, shares, area, out),
    scatter: ({ value, at, starts, channels }, order, axes, cells, { bands, count, height, planes, area }) =>
      wasm.scatter(value, at, starts, channels, order, groups, axes, bands, count, cells, height, planes, area),
    addCommon: (from, common, { bands, count, height, planes, area }) =>
      wasm.addCommon(
        from.data,
        from.rows,
        from.columns,
        from.ids,
        from.count,
        groups,
        common,
        bands,
        count,
        from.from,
        from.high,
        from.wide,
        height,
        planes,
        area,
      ),
    rearrange: (planes, count, area, source) => wasm.rearrange(planes, count, area, source),
    crop: (plane, { width, from, rows: high, columns }, { factor, lowest }, out) =>
      wasm.crop(plane, width, from, columns, high, factor, lowest, out),
    cropStored(plane, { width, from, rows: high, columns }, { factor, units }, out) {
      const { dtype, offset, scale, hole } = units;
      const [low, most] = STORED_RANGE[dtype];
      // What can't be stored is no number's neighbour.
      const isHole = Number.isInteger(hole) && hole >= low && hole <= most;
      const [from32, to32] = isHole ? [hole, besideHole(units)] : [NO_NUMBER, 0];
      const kind = KINDS[dtype];
      if (kind === undefined) throw new RangeError(`${dtype} is no whole type`);
      wasm.cropStored(plane, width, from, columns, high, factor, offset, scale, low, most, from32, to32, kind, out);
    },
    analyse(from, to, { width, height }, used = STRIDE) {
      wasm.lap(from, height, width, 4 * width, forwardLap);
      wasm.forward(from, height, width, 4 * width, even, odd, used);
      wasm.transpose(from, height, width, to);
      wasm.lap(to, width, height, 4 * height, forwardLap);
      wasm.forward(to, width, height, 4 * height, even, odd, used);
    },
    synthesise(from, to, { width, height }, used) {
      wasm.inverse(from, width, height, 4 * height, even, odd, used);
      wasm.lap(from, width, height, 4 * height, inverseLap);
      wasm.transpose(from, width, height, to);
      wasm.inverse(to, height, width, 4 * width, even, odd, used);
      wasm.lap(to, height, width, 4 * width, inverseLap);
    },
    transpose: (from, height, width, to) => wasm.transpose(from, height, width, to),
    solve(data, columns, { rows: height, band, factors }) {
      const at = take(factors.length);
      new Float32Array(memory.buffer, at, factors.length).set(factors);
      wasm.bandSolve(data, height, columns, 4 * columns, at, band);
      top = at;
    },
    scale: (data, floats, factor) => wasm.scale(data, floats, factor),
    dot: (a, b, floats) => wasm.dot(a, b, floats),
    gather: (source, height, { tops, rows, lefts, columns, places, plane }, out) =>
      wasm.gather(source, height, tops, rows, lefts, columns, places, out, 4 * plane),
    mix: (weights, { data, count, plane, length }, out) => wasm.mix(weights, count, data, 4 * plane, length, out),
  };
}

/** The analysis along one axis, in float64: a line of a multiple of 16 numbers -> its coefficients. */
export function analyseLine(line: Float64Array): Float64Array {
  const v = lappingMatrix();
  const lapped = line.slice();
  for (let border = STRIDE; border < line.length; border += STRIDE) {
    const pairs = v.map((_, i) => [lapped[border - HALF + i] ?? 0, lapped[border + HALF - 1 - i] ?? 0] as const);
    const differences = pairs.map(([a, b]) => (a - b) * Math.SQRT1_2).toReversed();
    v.forEach((row, i) => {
      const [a, b] = pairs[HALF - 1 - i] ?? [0, 0];
      const sum = (a + b) * Math.SQRT1_2;
      const difference = row.reduce((total, x, k) => total + x * (differences[k] ?? 0), 0);
      lapped[border - 1 - i] = (sum + difference) * Math.SQRT1_2;
      lapped[border + i] = (sum - difference) * Math.SQRT1_2;
    });
  }
  return line.map((_, at) => {
    const k = at % STRIDE;
    let sum = 0;
    for (let i = 0; i < STRIDE; i++) sum += cosine(STRIDE, k, i) * (lapped[at - k + i] ?? 0);
    return sum;
  });
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

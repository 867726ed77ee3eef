// AssemblyScript, compiled to WebAssembly SIMD by scripts/build-wasm.mjs: the separable steps of the lapped basis (docs/format.md §7) on
// planes of float32, [rows][inner], `stride` bytes a row, `inner` a multiple of 4. Each step works along the rows, four columns at a time;
// the other direction is the same after `transpose`. Tables hold each number four times, so that one load gives a vector.
//
//   DCT  X[k] = sum_i C[k][i] x[i], orthonormal, 16 rows at a time. C[k][15 - i] = (-1)^k C[k][i]: sums and differences of mirrored rows
//        halve the work. `even` and `odd` are [8][8]: C[2 k][i] and C[2 k + 1][i].
//   lap  16 rows around each border of two blocks times W diag(I, V) W, W = [[I, J], [J, -I]] / sqrt 2 (Tran, Liang and Tu 2003).

const HALF: f32 = 0.7071067811865476;

/** 16 vectors of one column group: sums in 0..7, differences in 8..15. */
const scratch = memory.data(256);

// Rows of each block from `used` on become 0.
export function forward(
  data: usize, rows: i32, inner: i32, stride: i32, even: usize, odd: usize, used: i32,
): void {
  const pairs = (used + 1) >> 1;
  const none = f32x4.splat(0);
  for (let r = 0; r < rows; r += 16) {
    const block = data + <usize>r * stride;
    for (let c = 0; c < inner; c += 4) {
      const at = block + (<usize>c << 2);
      for (let i = 0; i < 8; i++) {
        const a = v128.load(at + <usize>i * stride);
        const b = v128.load(at + <usize>(15 - i) * stride);
        v128.store(scratch + (i << 4), f32x4.add(a, b));
        v128.store(scratch + (i << 4), f32x4.sub(a, b), 128);
      }
      for (let k = 0; k < pairs; k++) {
        const row = <usize>k << 7;
        let e = none;
        let o = none;
        for (let i = 0; i < 8; i++) {
          const cell = row + (<usize>i << 4);
          e = f32x4.add(e, f32x4.mul(v128.load(even + cell), v128.load(scratch + (i << 4))));
          o = f32x4.add(o, f32x4.mul(v128.load(odd + cell), v128.load(scratch + (i << 4), 128)));
        }
        v128.store(at + <usize>(2 * k) * stride, e);
        v128.store(at + <usize>(2 * k + 1) * stride, o);
      }
      for (let k = used; k < 16; k++) v128.store(at + <usize>k * stride, none);
    }
  }
}

/** 16 rows of two column groups, as they were: 32 vectors. */
const copied = memory.data(512);
/** Even and odd parts of four of them. */
const parts = memory.data(128);

// Rows of each block from `used` on are taken as 0. Two column groups and four rows of sums at a time stay in registers.
export function inverse(data: usize, rows: i32, inner: i32, stride: i32, even: usize, odd: usize, used: i32): void {
  const evens = (used + 1) >> 1;
  const odds = used >> 1;
  for (let r = 0; r < rows; r += 16) {
    const block = data + <usize>r * stride;
    for (let c = 0; c < inner; c += 8) {
      const at = block + (<usize>c << 2);
      for (let k = 0; k < used; k++) {
        v128.store(copied + (<usize>k << 5), v128.load(at + <usize>k * stride));
        v128.store(copied + (<usize>k << 5), v128.load(at + <usize>k * stride, 16), 16);
      }
      for (let i = 0; i < 8; i += 4) {
        combine(even + (<usize>i << 4), evens, copied, 64, parts);
        // Sums of the odd rows stay apart, as the even ones do: each is summed in ascending order.
        const place = odd + (<usize>i << 4);
        let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        for (let k = 0; k < odds; k++) {
          const cell = place + (<usize>k << 7);
          const a = v128.load(copied + (<usize>k << 6), 32);
          const b = v128.load(copied + (<usize>k << 6), 48);
          let t = v128.load(cell);
          a0 = f32x4.add(a0, f32x4.mul(t, a));
          b0 = f32x4.add(b0, f32x4.mul(t, b));
          t = v128.load(cell, 16);
          a1 = f32x4.add(a1, f32x4.mul(t, a));
          b1 = f32x4.add(b1, f32x4.mul(t, b));
          t = v128.load(cell, 32);
          a2 = f32x4.add(a2, f32x4.mul(t, a));
          b2 = f32x4.add(b2, f32x4.mul(t, b));
          t = v128.load(cell, 48);
          a3 = f32x4.add(a3, f32x4.mul(t, a));
          b3 = f32x4.add(b3, f32x4.mul(t, b));
        }
        mirrored(at, stride, i, 0, a0, b0);
        mirrored(at, stride, i + 1, 32, a1, b1);
        mirrored(at, stride, i + 2, 64, a2, b2);
        mirrored(at, stride, i + 3, 96, a3, b3);
      }
    }
  }
}

/** Rows i and 15 - i of two column groups: the even part plus and minus the odd one. */
// @ts-ignore: decorator
@inline
function mirrored(at: usize, stride: i32, i: i32, part: usize, a: v128, b: v128): void {
  const above = at + <usize>i * stride;
  const below = at + <usize>(15 - i) * stride;
  const e = v128.load(parts + part);
  const f = v128.load(parts + part, 16);
  v128.store(above, f32x4.add(e, a));
  v128.store(above, f32x4.add(f, b), 16);
  v128.store(below, f32x4.sub(e, a));
  v128.store(below, f32x4.sub(f, b), 16);
}

// out[i] = sum_k table[k][i] x[k] for four i and two column groups; rows of the table are 8 entries, of x `step` bytes apart.
function combine(table: usize, count: i32, x: usize, step: usize, out: usize): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  for (let k = 0; k < count; k++) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    let t = v128.load(table);
    a0 = f32x4.add(a0, f32x4.mul(t, a));
    b0 = f32x4.add(b0, f32x4.mul(t, b));
    t = v128.load(table, 16);
    a1 = f32x4.add(a1, f32x4.mul(t, a));
    b1 = f32x4.add(b1, f32x4.mul(t, b));
    t = v128.load(table, 32);
    a2 = f32x4.add(a2, f32x4.mul(t, a));
    b2 = f32x4.add(b2, f32x4.mul(t, b));
    t = v128.load(table, 48);
    a3 = f32x4.add(a3, f32x4.mul(t, a));
    b3 = f32x4.add(b3, f32x4.mul(t, b));
    table += 128;
    x += step;
  }
  v128.store(out, a0);
  v128.store(out, b0, 16);
  v128.store(out, a1, 32);
  v128.store(out, b1, 48);
  v128.store(out, a2, 64);
  v128.store(out, b2, 80);
  v128.store(out, a3, 96);
  v128.store(out, b3, 112);
}

// Across the borders at rows 16, 32, ... below `rows`. `v` is V transposed, [k][i], for the analysis, V itself for the synthesis.
export function lap(data: usize, rows: i32, inner: i32, stride: i32, v: usize): void {
  const half = f32x4.splat(HALF);
  for (let border = 16; border < rows; border += 16) {
    const above = data + <usize>(border - 8) * stride;
    const below = data + <usize>border * stride;
    for (let c = 0; c < inner; c += 8) {
      const left = <usize>c << 2;
      for (let i = 0; i < 8; i++) {
        for (let g: usize = 0; g < 32; g += 16) {
          const a = v128.load(above + <usize>i * stride + left + g);
          const b = v128.load(below + <usize>(7 - i) * stride + left + g);
          v128.store(copied + (<usize>(7 - i) << 5) + g, f32x4.mul(half, f32x4.add(a, b)), 256);
          v128.store(copied + (<usize>(7 - i) << 5) + g, f32x4.mul(half, f32x4.sub(a, b)));
        }
      }
      for (let i = 0; i < 8; i += 4) {
        combine(v + (<usize>i << 4), 8, copied, 32, parts);
        for (let j = 0; j < 4; j++) {
          const row = i + j;
          for (let g: usize = 0; g < 32; g += 16) {
            const d = v128.load(parts + (<usize>j << 5) + g);
            const s = v128.load(copied + (<usize>row << 5) + g, 256);
            v128.store(above + <usize>(7 - row) * stride + left + g, f32x4.mul(half, f32x4.add(s, d)));
            v128.store(below + <usize>row * stride + left + g, f32x4.mul(half, f32x4.sub(s, d)));
          }
        }
      }
    }
  }
}

// [rows][columns] -> [columns][rows]; both multiples of 4.
export function transpose(from: usize, rows: i32, columns: i32, to: usize): void {
  const strideFrom = <usize>columns << 2;
  const strideTo = <usize>rows << 2;
  for (let r = 0; r < rows; r += 4) {
    for (let c = 0; c < columns; c += 4) {
      const at = from + <usize>r * strideFrom + (<usize>c << 2);
      const a = v128.load(at);
      const b = v128.load(at + strideFrom);
      const d = v128.load(at + 2 * strideFrom);
      const e = v128.load(at + 3 * strideFrom);
      const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const de0 = v128.shuffle<f32>(d, e, 0, 4, 1, 5);
      const de1 = v128.shuffle<f32>(d, e, 2, 6, 3, 7);
      const out = to + <usize>c * strideTo + (<usize>r << 2);
      v128.store(out, v128.shuffle<f32>(ab0, de0, 0, 1, 4, 5));
      v128.store(out + strideTo, v128.shuffle<f32>(ab0, de0, 2, 3, 6, 7));
      v128.store(out + 2 * strideTo, v128.shuffle<f32>(ab1, de1, 0, 1, 4, 5));
      v128.store(out + 3 * strideTo, v128.shuffle<f32>(ab1, de1, 2, 3, 6, 7));
    }
  }
}

// Sum of products of two arrays of `length` float32, a multiple of 4; in float64 every 64 vectors.
export function dot(a: usize, b: usize, length: i32): f64 {
  let total: f64 = 0;
  const end = a + (<usize>length << 2);
  while (a < end) {
    const stop = a + 1024 < end ? a + 1024 : end;
    let sum = f32x4.splat(0);
    for (; a < stop; a += 16, b += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
    total += <f64>f32x4.extract_lane(sum, 0) + <f64>f32x4.extract_lane(sum, 1);
    total += <f64>f32x4.extract_lane(sum, 2) + <f64>f32x4.extract_lane(sum, 3);
  }
  return total;
}

// out[p] = sum_b weights[b] in[b * plane + p] over `count` planes, `length` a multiple of 4; plane in bytes.
export function mix(weights: usize, count: i32, data: usize, plane: usize, length: i32, out: usize): void {
  for (let p = 0; p < length; p += 4) {
    const at = data + (<usize>p << 2);
    let sum = f32x4.splat(0);
    for (let b = 0; b < count; b++)
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weights + (<usize>b << 2)), v128.load(at + <usize>b * plane)));
    v128.store(out + (<usize>p << 2), sum);
  }
}

// Solves L L' x = data in place for each column: L lower triangular of `band` numbers beside its diagonal. `factors`, a row at a time: 1 / L[i][i],
// then L[i][i - 1], L[i][i - 2], ..., 0 before the first column.
export function bandSolve(data: usize, rows: i32, inner: i32, stride: i32, factors: usize, band: i32): void {
  const step = <usize>(band + 1) << 2;
  for (let c = 0; c < inner; c += 4) {
    const column = data + (<usize>c << 2);
    for (let i = 0; i < rows; i++) {
      const row = factors + <usize>i * step;
      const at = column + <usize>i * stride;
      let sum = v128.load(at);
      const reach = min(i, band);
      for (let k = 1; k <= reach; k++)
        sum = f32x4.sub(sum, f32x4.mul(v128.load32_splat(row + (<usize>k << 2)), v128.load(at - <usize>k * stride)));
      v128.store(at, f32x4.mul(sum, v128.load32_splat(row)));
    }
    for (let i = rows - 1; i >= 0; i--) {
      const row = factors + <usize>i * step;
      const at = column + <usize>i * stride;
      const value = f32x4.mul(v128.load(at), v128.load32_splat(row));
      v128.store(at, value);
      const reach = min(i, band);
      for (let k = 1; k <= reach; k++) {
        const to = at - <usize>k * stride;
        v128.store(to, f32x4.sub(v128.load(to), f32x4.mul(v128.load32_splat(row + (<usize>k << 2)), value)));
      }
    }
  }
}

// out[i] = factor x out[i], `length` a multiple of 4.
export function scale(data: usize, length: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  for (let i = 0; i < length; i += 4) {
    const at = data + (<usize>i << 2);
    v128.store(at, f32x4.mul(v128.load(at), by));
  }
}

// The first byte behind the static data.
export function heapBase(): usize {
  return __heap_base;
}

// Coefficients of a rectangle of positions, [frequency, as `places` numbers it][row][column] in planes of `plane` bytes, from a transformed plane
// [16 columns][16 rows]. `tops` and `lefts` hold the first pixel of each row and column of positions.
export function gather(
  source: usize, height: i32, tops: usize, rows: i32, lefts: usize, columns: i32, places: usize, out: usize, plane: i32,
): void {
  for (let c = 0; c < columns; c++) {
    for (let v = 0; v < 16; v++) {
      const line = source + (<usize>((load<i32>(lefts + (<usize>c << 2)) + v) * height) << 2);
      for (let r = 0; r < rows; r++) {
        const from = line + (<usize>load<i32>(tops + (<usize>r << 2)) << 2);
        const to = out + (<usize>(r * columns + c) << 2);
        for (let u = 0; u < 16; u++) {
          const place = <usize>load<i32>(places + (<usize>(u * 16 + v) << 2));
          store<f32>(to + place * <usize>plane, load<f32>(from + (<usize>u << 2)));
        }
      }
    }
  }
}

export { addCommon, collect, collectListed, crop, cropStored, rearrange, scatter, turn } from "./coefficients";

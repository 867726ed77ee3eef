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

// Rows of each block from `used` on are taken as 0.
export function inverse(data: usize, rows: i32, inner: i32, stride: i32, even: usize, odd: usize, used: i32): void {
  const evens = (used + 1) >> 1;
  const odds = used >> 1;
  for (let r = 0; r < rows; r += 16) {
    const block = data + <usize>r * stride;
    for (let c = 0; c < inner; c += 4) {
      const at = block + (<usize>c << 2);
      for (let i = 0; i < 8; i++) {
        const column = <usize>i << 4;
        let e = f32x4.splat(0);
        let o = f32x4.splat(0);
        for (let k = 0; k < evens; k++)
          e = f32x4.add(e, f32x4.mul(v128.load(even + (<usize>k << 7) + column), v128.load(at + <usize>(2 * k) * stride)));
        for (let k = 0; k < odds; k++)
          o = f32x4.add(o, f32x4.mul(v128.load(odd + (<usize>k << 7) + column), v128.load(at + <usize>(2 * k + 1) * stride)));
        v128.store(scratch + (i << 4), f32x4.add(e, o));
        v128.store(scratch + ((15 - i) << 4), f32x4.sub(e, o));
      }
      for (let i = 0; i < 16; i++) v128.store(at + <usize>i * stride, v128.load(scratch + (i << 4)));
    }
  }
}

// Across the borders at rows 16, 32, ... below `rows`. `v` is V [8][8] for the analysis, its transpose for the synthesis.
export function lap(data: usize, rows: i32, inner: i32, stride: i32, v: usize): void {
  const half = f32x4.splat(HALF);
  for (let border = 16; border < rows; border += 16) {
    const above = data + <usize>(border - 8) * stride;
    const below = data + <usize>border * stride;
    for (let c = 0; c < inner; c += 4) {
      const left = <usize>c << 2;
      for (let i = 0; i < 8; i++) {
        const a = v128.load(above + <usize>i * stride + left);
        const b = v128.load(below + <usize>(7 - i) * stride + left);
        v128.store(scratch + (i << 4), f32x4.mul(half, f32x4.add(a, b)));
        v128.store(scratch + ((7 - i) << 4), f32x4.mul(half, f32x4.sub(a, b)), 128);
      }
      for (let i = 0; i < 8; i++) {
        const row = <usize>i << 7;
        let d = f32x4.splat(0);
        for (let k = 0; k < 8; k++)
          d = f32x4.add(d, f32x4.mul(v128.load(v + row + (<usize>k << 4)), v128.load(scratch + (k << 4), 128)));
        const s = v128.load(scratch + ((7 - i) << 4));
        v128.store(above + <usize>(7 - i) * stride + left, f32x4.mul(half, f32x4.add(s, d)));
        v128.store(below + <usize>i * stride + left, f32x4.mul(half, f32x4.sub(s, d)));
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

// AssemblyScript: from a chunk's stored symbols to coefficients of bands and of common axes (docs/format.md §7). What isn't 0, a tenth or less,
// is listed once; products and sums are float64, what is kept float32.

/** How symbols are kept. */
const BYTES: i32 = 1;
const SHORTS: i32 = 2;

/** Which of 16 symbols from the p-th on are not 0, one bit each. */
// @ts-ignore: decorator
@inline
function nonZeros(plane: usize, kind: i32, p: i32): i32 {
  const none = i32x4.splat(0);
  if (kind == BYTES) return ~i8x16.bitmask(i8x16.eq(v128.load(plane + <usize>p), none));
  if (kind == SHORTS) {
    const at = plane + (<usize>p << 1);
    return ~(i16x8.bitmask(i16x8.eq(v128.load(at), none)) | (i16x8.bitmask(i16x8.eq(v128.load(at, 16), none)) << 8));
  }
  const at = plane + (<usize>p << 2);
  const low = i32x4.bitmask(f32x4.eq(v128.load(at), none)) | (i32x4.bitmask(f32x4.eq(v128.load(at, 16), none)) << 4);
  const high = i32x4.bitmask(f32x4.eq(v128.load(at, 32), none)) | (i32x4.bitmask(f32x4.eq(v128.load(at, 48), none)) << 4);
  return ~(low | (high << 8));
}

// @ts-ignore: decorator
@inline
function symbolAt(plane: usize, kind: i32, p: i32): f64 {
  if (kind == BYTES) return <f64>load<i8>(plane + <usize>p);
  if (kind == SHORTS) return <f64>load<i16>(plane + (<usize>p << 1));
  return <f64>load<f32>(plane + (<usize>p << 2));
}

// Lists what a chunk's symbols [channels][positions] hold in a window. `kind`: bytes a symbol, 4 being float32; 64 bytes may be read beyond them.
//   masks   u16 for each 16 positions, those that the window takes
//   places  i32[positions], where each lies in the window
//   mult    u8[positions], its step in sixteenths of `step`; gains f32[channels], what a symbol stands for in steps
//   value   f64[...], at i32[...], starts i32[channels + 1]: the list, those of channel c from starts[c] to starts[c + 1]
export function collect(
  symbols: usize, kind: i32, channels: i32, positions: i32, masks: usize, places: usize, mult: usize, gains: usize, step: f64,
  value: usize, at: usize, starts: usize,
): void {
  let n: usize = 0;
  for (let c = 0; c < channels; c++) {
    store<i32>(starts + (<usize>c << 2), <i32>n);
    const plane = symbols + <usize>(c * positions * kind);
    const gain = step * <f64>load<f32>(gains + (<usize>c << 2)) / 16;
    for (let p = 0; p < positions; p += 16) {
      const mask = <i32>load<u16>(masks + (<usize>p >> 3));
      if (mask == 0) continue;
      let bits = mask & nonZeros(plane, kind, p);
      while (bits != 0) {
        const q = p + ctz(bits);
        bits &= bits - 1;
        store<f64>(value + (n << 3), symbolAt(plane, kind, q) * gain * <f64>load<u8>(mult + <usize>q));
        store<i32>(at + (n << 2), load<i32>(places + (<usize>q << 2)));
        n++;
      }
    }
  }
  store<i32>(starts + (<usize>channels << 2), <i32>n);
}

// The same of symbols that were listed when they were decoded: int32 starts[channels + 1], int16 symbols, uint8 positions (core/latents, SymbolList).
// A place below 0 is outside the window.
export function collectListed(
  from: usize, symbols: usize, positions: usize, channels: i32, places: usize, mult: usize, gains: usize, step: f64,
  value: usize, at: usize, starts: usize,
): void {
  let n: usize = 0;
  let k = <usize>load<i32>(from);
  for (let c = 0; c < channels; c++) {
    store<i32>(starts + (<usize>c << 2), <i32>n);
    const end = <usize>load<i32>(from + (<usize>c << 2), 4);
    const gain = step * <f64>load<f32>(gains + (<usize>c << 2)) / 16;
    for (; k < end; k++) {
      const p = <usize>load<u8>(positions + k);
      const place = load<i32>(places + (p << 2));
      if (place < 0) continue;
      store<f64>(value + (n << 3), <f64>load<i16>(symbols + (k << 1)) * gain * <f64>load<u8>(mult + p));
      store<i32>(at + (n << 2), place);
      n++;
    }
  }
  store<i32>(starts + (<usize>channels << 2), <i32>n);
}

// Adds listed values, turned to common axes, to planes [.][area]. Channel c goes to the planes of entries first[c] to first[c + 1]: each a plane
// and the index of its share, i32.
export function turn(
  value: usize, at: usize, starts: usize, channels: i32, first: usize, entries: usize, shares: usize, area: i32, out: usize,
): void {
  for (let c = 0; c < channels; c++) {
    const from = <usize>load<i32>(starts + (<usize>c << 2));
    const to = <usize>load<i32>(starts + (<usize>c << 2), 4);
    if (from == to) continue;
    const end = load<i32>(first + (<usize>c << 2), 4);
    for (let e = load<i32>(first + (<usize>c << 2)); e < end; e++) {
      const entry = entries + (<usize>e << 3);
      const plane = out + (<usize>(load<i32>(entry) * area) << 2);
      const share = <f64>load<f32>(shares + (<usize>load<i32>(entry, 4) << 2));
      for (let k = from; k < to; k++) {
        const place = plane + (<usize>load<i32>(at + (k << 2)) << 2);
        store<f32>(place, <f32>(<f64>load<f32>(place) + load<f64>(value + (k << 3)) * share));
      }
    }
  }
}

// Adds listed values, turned to bands, to planes [band][16 columns][16 rows] of `area` numbers, 16 rows being `height`. `cells`: where a position's
// lowest frequency lies in a plane, below 0 where its pixels are not made. Gives one more than the highest frequency that is listed.
export function scatter(
  value: usize, at: usize, starts: usize, channels: i32, order: usize, groups: usize, axes: usize,
  bands: usize, count: i32, cells: usize, height: i32, planes: usize, area: i32,
): i32 {
  let used = 1;
  for (let c = 0; c < channels; c++) {
    const from = <usize>load<i32>(starts + (<usize>c << 2));
    const to = <usize>load<i32>(starts + (<usize>c << 2), 4);
    if (from == to) continue;
    const id = <i32>load<u16>(order + (<usize>c << 1));
    const u = (id >> 4) & 15;
    const v = id & 15;
    used = max(used, max(u, v) + 1);
    const axis = axisOf(id, groups, axes);
    for (let n = 0; n < count; n++) {
      const plane = planes + (<usize>(n * area + v * height + u) << 2);
      const share = <f64>load<f32>(axis + (<usize>load<i32>(bands + (<usize>n << 2)) << 2));
      for (let k = from; k < to; k++) {
        const cell = load<i32>(cells + (<usize>load<i32>(at + (k << 2)) << 2));
        if (cell < 0) continue;
        const place = plane + (<usize>cell << 2);
        store<f32>(place, <f32>(<f64>load<f32>(place) + load<f64>(value + (k << 3)) * share));
      }
    }
  }
  return used;
}

/** The first band's share of a coefficient, by its id: component x 256 + frequency; axes [group][12 components][12 bands]. */
function axisOf(id: i32, groups: usize, axes: usize): usize {
  const row = <i32>load<u8>(groups + <usize>(id & 255)) * 12 + (id >> 8);
  return axes + (<usize>(row * 12) << 2);
}

// Adds coefficients in common axes [count][rows][columns], turned to bands, to planes as scatter's. `from` is the first number wanted of each,
// `high` and `wide` positions are.
export function addCommon(
  data: usize, rows: i32, columns: i32, ids: usize, count: i32, groups: usize, common: usize,
  bands: usize, bandCount: i32, from: i32, high: i32, wide: i32, height: i32, planes: usize, area: i32,
): void {
  for (let i = 0; i < count; i++) {
    const id = <i32>load<u16>(ids + (<usize>i << 1));
    const axis = axisOf(id, groups, common);
    const source = data + (<usize>(i * rows * columns + from) << 2);
    for (let n = 0; n < bandCount; n++) {
      const target = planes + (<usize>(n * area + (id & 15) * height + ((id >> 4) & 15)) << 2);
      const share = <f64>load<f32>(axis + (<usize>load<i32>(bands + (<usize>n << 2)) << 2));
      for (let c = 0; c < wide; c++) {
        let to = target + (<usize>(c * 16 * height) << 2);
        let at = source + (<usize>c << 2);
        for (let r = 0; r < high; r++) {
          store<f32>(to, <f32>(<f64>load<f32>(to) + share * <f64>load<f32>(at)));
          to += 64;
          at += <usize>columns << 2;
        }
      }
    }
  }
}

// In each of `count` planes of `area` numbers, in order: number p becomes number source[p].
export function rearrange(planes: usize, count: i32, area: i32, source: usize): void {
  for (let k = 0; k < count; k++) {
    const plane = planes + (<usize>(k * area) << 2);
    for (let p = 0; p < area; p++)
      store<f32>(plane + (<usize>p << 2), load<f32>(plane + (<usize>load<i32>(source + (<usize>p << 2)) << 2)));
  }
}

// A rectangle of a plane `width` wide, from its pixel `from` on, times `factor`, none less than `lowest`: [rows][columns], columns a multiple of 4.
export function crop(
  plane: usize, width: i32, from: i32, columns: i32, rows: i32, factor: f32, lowest: f32, out: usize,
): void {
  const by = f32x4.splat(factor);
  const least = f32x4.splat(lowest);
  for (let r = 0; r < rows; r++) {
    let at = plane + (<usize>(from + r * width) << 2);
    for (let c = 0; c < columns; c += 4) {
      const value = f32x4.mul(v128.load(at), by);
      v128.store(out, v128.bitselect(least, value, f32x4.lt(value, least)));
      at += 16;
      out += 16;
    }
  }
}

/** How numbers are stored. */
const UINT8: i32 = 0;
const UINT16: i32 = 1;

/** Four numbers as they are stored, whole and clipped, in float64. */
// @ts-ignore: decorator
@inline
function storedFour(pixels: v128, offset: v128, scale: v128, low: v128, high: v128): v128 {
  const half = f64x2.splat(0.5);
  const a = f64x2.div(f64x2.sub(f64x2.promote_low_f32x4(pixels), offset), scale);
  const b = f64x2.div(f64x2.sub(f64x2.promote_low_f32x4(v128.shuffle<i64>(pixels, pixels, 1, 1)), offset), scale);
  const first = f64x2.pmin(high, f64x2.pmax(low, f64x2.floor(f64x2.add(a, half))));
  const second = f64x2.pmin(high, f64x2.pmax(low, f64x2.floor(f64x2.add(b, half))));
  return v128.shuffle<i64>(i32x4.trunc_sat_f64x2_s_zero(first), i32x4.trunc_sat_f64x2_s_zero(second), 0, 2);
}

/** 1.5 x 2^23: added to a whole float32 of less than 2^22, its lower bits are that number. */
const WHOLE: f32 = 12582912;

/** The same of numbers that are stored as they are: floor(x + 0.5) without a sum that rounds. */
// @ts-ignore: decorator
@inline
function roundedFour(pixels: v128, low: v128, high: v128): v128 {
  const down = f32x4.floor(pixels);
  const up = v128.and(f32x4.ge(f32x4.sub(pixels, down), f32x4.splat(0.5)), f32x4.splat(1));
  const clipped = f32x4.pmin(high, f32x4.pmax(low, f32x4.add(down, up)));
  const magic = f32x4.splat(WHOLE);
  return i32x4.sub(f32x4.add(clipped, magic), magic);
}

// As crop, of numbers as they are stored, columns a multiple of 16: floor((number - offset) / scale + 0.5) between `low` and `high`; what is `hole`
// becomes `beside`. `kind`: uint8, uint16, int16.
export function cropStored(
  plane: usize, width: i32, from: i32, columns: i32, rows: i32, factor: f32,
  offset: f64, scale: f64, low: f64, high: f64, hole: i32, beside: i32, kind: i32, out: usize,
): void {
  const by = f32x4.splat(factor);
  const offsets = f64x2.splat(offset);
  const scales = f64x2.splat(scale);
  const isPlain = offset == 0 && scale == 1;
  const lows = isPlain ? f32x4.splat(<f32>low) : f64x2.splat(low);
  const highs = isPlain ? f32x4.splat(<f32>high) : f64x2.splat(high);
  const holes = i32x4.splat(hole);
  const besides = i32x4.splat(beside);
  for (let r = 0; r < rows; r++) {
    let at = plane + (<usize>(from + r * width) << 2);
    for (let c = 0; c < columns; c += 16) {
      let a = f32x4.mul(v128.load(at), by);
      let b = f32x4.mul(v128.load(at, 16), by);
      let d = f32x4.mul(v128.load(at, 32), by);
      let e = f32x4.mul(v128.load(at, 48), by);
      at += 64;
      if (isPlain) {
        a = roundedFour(a, lows, highs);
        b = roundedFour(b, lows, highs);
        d = roundedFour(d, lows, highs);
        e = roundedFour(e, lows, highs);
      } else {
        a = storedFour(a, offsets, scales, lows, highs);
        b = storedFour(b, offsets, scales, lows, highs);
        d = storedFour(d, offsets, scales, lows, highs);
        e = storedFour(e, offsets, scales, lows, highs);
      }
      a = v128.bitselect(besides, a, i32x4.eq(a, holes));
      b = v128.bitselect(besides, b, i32x4.eq(b, holes));
      d = v128.bitselect(besides, d, i32x4.eq(d, holes));
      e = v128.bitselect(besides, e, i32x4.eq(e, holes));
      if (kind == UINT8) {
        v128.store(out, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(d, e)));
        out += 16;
      } else {
        const isUnsigned = kind == UINT16;
        v128.store(out, isUnsigned ? i16x8.narrow_i32x4_u(a, b) : i16x8.narrow_i32x4_s(a, b));
        v128.store(out, isUnsigned ? i16x8.narrow_i32x4_u(d, e) : i16x8.narrow_i32x4_s(d, e), 16);
        out += 32;
      }
    }
  }
}

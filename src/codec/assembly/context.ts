// AssemblyScript, compiled to WebAssembly (with SIMD) by scripts/build-wasm.mjs. The context models' walk over a chunk's symbols: for each
// symbol a mean in eighths and a scale index from what is decoded, by integer perceptrons; coder and decoder share all of it.
// models/training/tectile_training/context_features.py says the same number for number; units and features are told there, the weights'
// bytes in docs/format.md. Whole numbers; floats only where each operation is exactly rounded by IEEE 754 (a logarithm takes a float32's
// bits), so the same bits on any engine. What a symbol's features take from finished channels and rows is found eight positions at once,
// and goes through the first layer a row at a time (`describe`); what is left to a symbol is what hangs on its left neighbour.

import { ENDED, LOWER, OUT_OF_RANGE, endStream, limitAt, pointer, readSymbol, setStream, writeSymbol, x as state } from "./stream";

const HIDDEN: i32 = 16;
/** Columns of a plane: 16 and two empty ones at each side. */
const STRIDE: i32 = 20;
const PLANE: i32 = 400;
/** Columns where sums over neighbours are kept, i32: 16 and four empty ones at each side. */
const WIDE: i32 = 24;
const OWN_FEATURES: i32 = 24;
const MEAN_FEATURES: i32 = 26;
const SCALE_FEATURES: i32 = 32;
const LINEAR_SLOTS: i32 = 9;
const LINEAR_INPUTS: i32 = 49;
const CANDIDATES: i32 = 5;
const MEAN_OUTPUTS: i32 = 6;
const HIDDEN_LIMIT: i32 = 8191;
const FEATURE_LIMIT: i32 = 255;
const MEAN_LIMIT: i32 = 131064;
const SYMBOL_LIMIT: i32 = 16383;
const LEVEL_SCALE: i32 = -896;

export const ENCODE: i32 = 0;
export const DECODE: i32 = 1;
export const FORECAST: i32 = 2;

// -- what `begin` finds in a job: addresses and numbers, i32 each, in this order
let temporal: bool = false;
let channels: i32 = 0; // of the model
let scales: i32 = 0;
let fine: i32 = 0;
let linearSpan: i32 = 0; // channels below it may be linear predictions' inputs
let parents: usize = 0; // i16[channels][7], index + 1, 0 where there is none
let classes: usize = 0; // u8[channels]
let frequency: usize = 0; // u8[channels]
let linearIndex: usize = 0; // i16[channels], -1 without
let linearSlots: usize = 0; // i16[channels][9], -1 without
let linear: usize = 0; // i16[][49]
let expect: usize = 0; // i16[256]
let scaleFirst: usize = 0; // i16[classes][features / 2][16][2]
let scaleBias: usize = 0; // i16[channels][16]
let scaleOut: usize = 0; // i16[classes][16]
let meanFirst: usize = 0;
let meanBias: usize = 0;
let meanOut: usize = 0; // i16[classes][6][16]
let meanBase: usize = 0; // i16[channels][6]
let tableFirst: usize = 0; // the rows of symbols, as rans.ts
let tableCount: usize = 0;
let tableStart: usize = 0;
let tableCum: usize = 0;
let tableHint: usize = 0;
// of a chunk
let rows: i32 = 0;
let columns: i32 = 0;
let dates: i32 = 0;
let mult: usize = 0; // u8[positions]
let clear: usize = 0; // u8[3][positions]
let level: usize = 0; // i16[channels], of the chunk's step
let base: usize = 0; // i16[channels]
let references: usize = 0; // i32[2][channels][positions], eighths
let symbols: usize = 0; // i16[channels][positions]
let means: usize = 0; // i32[channels][positions]
let indices: usize = 0; // u8[channels][positions], scale indices, of channels that are forecast
let coded: usize = 0; // u16 rows and i16 residuals, pairs
// working memory
let planes: usize = 0; // u16[1 or 4][channels + 1][400]
let sums: usize = 0; // u16, of four neighbours, the same shape
let values: usize = 0; // i32[1 or 3][span][256]
let positions: i32 = 0;
let kinds: i32 = 1;
let planeBytes: usize = 0;
let valueBytes: usize = 0;
// per position, 16 columns a row whatever the chunk's, i32 unless told
let byFrequency: usize = 0; // [256][256]
let fast: usize = 0; // [5][256]
let slow: usize = 0; // [5][256]
let less: usize = 0; // off a level, for a multiplied step
let units: usize = 0; // f32: 16 / mult
let clears: usize = 0; // i16[3][256]: halves of clear shares
let edges: usize = 0; // i16[16]: 16 in the first column
let inside: usize = 0; // i32[16]: -1 in the chunk's columns
let actFast: usize = 0; // [18][24]
let actSlow: usize = 0;
let apart: usize = 0; // [18][24]: |reference 1 - reference 2|
let lin: usize = 0; // [4][channels + 1]
let logLin: usize = 0; // [channels + 1]
// of a row: features i16[16][32] and first layers i32[16][16] of scales and of means
let xs: usize = 0;
let ys: usize = 0;
let xFirst: usize = 0;
let yFirst: usize = 0;
let lefts: usize = 0; // [16][4]: the sums that the left neighbour completes
let isPlain: bool = true;

// of a channel, for `describe`
let pA: usize = 0;
let pB: usize = 0;
let pC: usize = 0;
let pD: usize = 0;
let pE: usize = 0;
let pM: usize = 0;
let pN: usize = 0;
let sA: usize = 0;
let sB: usize = 0;
let sM: usize = 0;
let sN: usize = 0;
let cur: usize = 0;
let frequencySums: usize = 0;
let r1At: usize = 0;
let r2At: usize = 0;
let channelLevel: i32 = 0;
let logA: i32 = 0;
let logB: i32 = 0;
let logM: i32 = 0;
let chunk1: i32 = 0;
let chunk2: i32 = 0;

/** Bytes of working memory for a model of so many channels and so wide linear predictions. */
export function workBytes(isTemporal: i32, modelChannels: i32, span: i32): i32 {
  const k = isTemporal ? 4 : 1;
  return 2 * k * (modelChannels + 1) * PLANE * 2 + (isTemporal ? 3 : 1) * span * 1024 + 4 * (65536 + 5 * 512 + 512 + 384 + 24 + 3 * 432 + 5 * (modelChannels + 1) + 3 * 512 + 64) + 64;
}

/** Starts on the chunk that `job` describes. */
export function begin(job: usize): void {
  temporal = load<i32>(job) != 0;
  channels = load<i32>(job, 4);
  scales = load<i32>(job, 8);
  fine = load<i32>(job, 12);
  linearSpan = load<i32>(job, 16);
  parents = load<u32>(job, 20);
  classes = load<u32>(job, 24);
  frequency = load<u32>(job, 28);
  linearIndex = load<u32>(job, 32);
  linearSlots = load<u32>(job, 36);
  linear = load<u32>(job, 40);
  expect = load<u32>(job, 44);
  scaleFirst = load<u32>(job, 48);
  scaleBias = load<u32>(job, 52);
  scaleOut = load<u32>(job, 56);
  meanFirst = load<u32>(job, 60);
  meanBias = load<u32>(job, 64);
  meanOut = load<u32>(job, 68);
  meanBase = load<u32>(job, 72);
  tableFirst = load<u32>(job, 76);
  tableCount = load<u32>(job, 80);
  tableStart = load<u32>(job, 84);
  tableCum = load<u32>(job, 88);
  tableHint = load<u32>(job, 92);
  rows = load<i32>(job, 96);
  columns = load<i32>(job, 100);
  dates = load<i32>(job, 104);
  mult = load<u32>(job, 108);
  clear = load<u32>(job, 112);
  level = load<u32>(job, 116);
  base = load<u32>(job, 120);
  references = load<u32>(job, 124);
  symbols = load<u32>(job, 128);
  means = load<u32>(job, 132);
  indices = load<u32>(job, 136);
  coded = load<u32>(job, 140);
  planes = load<u32>(job, 144);
  positions = rows * columns;
  kinds = temporal ? 4 : 1;
  planeBytes = <usize>(channels + 1) * PLANE * 2;
  valueBytes = <usize>linearSpan * 1024;
  sums = planes + <usize>kinds * planeBytes;
  values = sums + <usize>kinds * planeBytes;
  byFrequency = values + <usize>(temporal ? 3 : 1) * valueBytes;
  fast = byFrequency + 65536 * 4;
  slow = fast + 5 * 1024;
  less = slow + 5 * 1024;
  units = less + 1024;
  clears = units + 1024;
  edges = clears + 1536;
  inside = edges + 32;
  actFast = inside + 64;
  actSlow = actFast + 432 * 4;
  apart = actSlow + 432 * 4;
  lin = apart + 432 * 4;
  logLin = lin + <usize>(channels + 1) * 16;
  xs = (logLin + <usize>(channels + 1) * 4 + 15) & ~15;
  ys = xs + 1024;
  xFirst = ys + 1024;
  yFirst = xFirst + 1024;
  lefts = yFirst + 1024;
  memory.fill(planes, 0, lefts + 256 - planes);
  isPlain = true;
  store<i16>(edges, 16);
  for (let j = 0; j < columns; j++) store<i32>(inside + (<usize>j << 2), -1);
  for (let p = 0; p < 256; p++) store<f32>(units + (<usize>p << 2), 1);
  for (let i = 0, p = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, p++) {
      const m = <i32>load<u8>(mult + p);
      const at = <usize>(i * 16 + j);
      if (m != 16) isPlain = false;
      store<i32>(less + (at << 2), lg(m) - 32);
      store<f32>(units + (at << 2), <f32>16 / <f32>m);
      for (let n = 0; n < 3; n++) {
        const share = n <= dates ? <i32>load<u8>(clear + n * positions + p) >> 1 : -32;
        store<i16>(clears + <usize>n * 512 + (at << 1), <i16>share);
      }
    }
  }
}

// -- logarithms ------------------------------------------------------------------------------------------------------------------------

/** 8 log2 of y >= 1, as a float32's bits give it, rounded. */
// @ts-ignore: decorator
@inline
function lg(y: i32): i32 {
  return ((reinterpret<i32>(<f32>min(y, 16777215)) + 0x80000) >> 20) - 1016;
}

/** The same of four, less 16. */
// @ts-ignore: decorator
@inline
function lessLog(y: v128): v128 {
  return i32x4.sub(i32x4.shr_s(i32x4.add(y, i32x4.splat(0x80000)), 20), i32x4.splat(1032));
}

/** Of four sums of planes, in the positions' own unit. */
// @ts-ignore: decorator
@inline
function mag4(sum: v128, unit: v128): v128 {
  return lessLog(f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sum), unit), f32x4.splat(4)));
}

/** Log of four whole numbers and 4, less 16. */
// @ts-ignore: decorator
@inline
function log4(sum: v128): v128 {
  return lessLog(f32x4.convert_i32x4_s(i32x4.add(sum, i32x4.splat(4))));
}

/** Log of four whole numbers and 16, less 16. */
// @ts-ignore: decorator
@inline
function log16(sum: v128): v128 {
  return lessLog(f32x4.convert_i32x4_s(i32x4.add(sum, i32x4.splat(16))));
}

/** A feature of eight positions from a sum of each, low and high four. */
// @ts-ignore: decorator
@inline
function mag8(low: v128, high: v128, unitLow: v128, unitHigh: v128): v128 {
  return i16x8.narrow_i32x4_s(mag4(low, unitLow), mag4(high, unitHigh));
}

// @ts-ignore: decorator
@inline
function mag8of(plane: v128, unitLow: v128, unitHigh: v128): v128 {
  return mag8(i32x4.extend_low_i16x8_u(plane), i32x4.extend_high_i16x8_u(plane), unitLow, unitHigh);
}

// @ts-ignore: decorator
@inline
function low2(a: v128, b: v128): v128 {
  return i32x4.add(i32x4.extend_low_i16x8_u(a), i32x4.extend_low_i16x8_u(b));
}

// @ts-ignore: decorator
@inline
function high2(a: v128, b: v128): v128 {
  return i32x4.add(i32x4.extend_high_i16x8_u(a), i32x4.extend_high_i16x8_u(b));
}

// @ts-ignore: decorator
@inline
function low3(a: v128, b: v128, c: v128): v128 {
  return i32x4.add(low2(a, b), i32x4.extend_low_i16x8_u(c));
}

// @ts-ignore: decorator
@inline
function high3(a: v128, b: v128, c: v128): v128 {
  return i32x4.add(high2(a, b), i32x4.extend_high_i16x8_u(c));
}

// @ts-ignore: decorator
@inline
function clip8(low: v128, high: v128): v128 {
  return i16x8.min_s(i16x8.max_s(i16x8.narrow_i32x4_s(low, high), i16x8.splat(<i16>-FEATURE_LIMIT)), i16x8.splat(<i16>FEATURE_LIMIT));
}

// @ts-ignore: decorator
@inline
function at32(address: usize, index: i32): i32 {
  return load<i32>(address + (<usize>index << 2));
}

/** Four neighbours' sum of i32s that lie WIDE in a row. */
// @ts-ignore: decorator
@inline
function around(at: usize): v128 {
  return i32x4.add(i32x4.add(v128.load(at - WIDE * 4), v128.load(at + WIDE * 4)), i32x4.add(v128.load(at - 4), v128.load(at + 4)));
}

// -- what is known of a row before its first symbol ------------------------------------------------------------------------------------

/** Eight features of eight positions, turned into eight positions' of eight features, 64 bytes apart. */
// @ts-ignore: decorator
@inline
function transpose(to: usize, a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128, h: v128): void {
  const ab = v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  const cd = v128.shuffle<i16>(c, d, 0, 8, 1, 9, 2, 10, 3, 11);
  const ef = v128.shuffle<i16>(e, f, 0, 8, 1, 9, 2, 10, 3, 11);
  const gh = v128.shuffle<i16>(g, h, 0, 8, 1, 9, 2, 10, 3, 11);
  four(to, ab, cd, ef, gh);
  const ab2 = v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  const cd2 = v128.shuffle<i16>(c, d, 4, 12, 5, 13, 6, 14, 7, 15);
  const ef2 = v128.shuffle<i16>(e, f, 4, 12, 5, 13, 6, 14, 7, 15);
  const gh2 = v128.shuffle<i16>(g, h, 4, 12, 5, 13, 6, 14, 7, 15);
  four(to + 256, ab2, cd2, ef2, gh2);
}

// @ts-ignore: decorator
@inline
function four(to: usize, ab: v128, cd: v128, ef: v128, gh: v128): void {
  const low = v128.shuffle<i32>(ab, cd, 0, 4, 1, 5);
  const low2 = v128.shuffle<i32>(ef, gh, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<i64>(low, low2, 0, 2));
  v128.store(to + 64, v128.shuffle<i64>(low, low2, 1, 3));
  const high = v128.shuffle<i32>(ab, cd, 2, 6, 3, 7);
  const high2 = v128.shuffle<i32>(ef, gh, 2, 6, 3, 7);
  v128.store(to + 128, v128.shuffle<i64>(high, high2, 0, 2));
  v128.store(to + 192, v128.shuffle<i64>(high, high2, 1, 3));
}

/** First layers i32[columns][16] of features i16[columns][32], pairs `from` to `to`; two columns at a time. */
function spread(features: usize, from: i32, to: i32, weights: usize, bias: usize, out: usize): void {
  const low = v128.load(bias);
  const high = v128.load(bias, 16);
  const b0 = i32x4.shl(i32x4.extend_low_i16x8_s(low), 8);
  const b1 = i32x4.shl(i32x4.extend_high_i16x8_s(low), 8);
  const b2 = i32x4.shl(i32x4.extend_low_i16x8_s(high), 8);
  const b3 = i32x4.shl(i32x4.extend_high_i16x8_s(high), 8);
  const first = weights + <usize>(from << 6);
  const last = weights + <usize>(to << 6);
  let f = features + <usize>(from << 2);
  for (let j = 0; j < columns; j += 2, f += 128, out += 128) {
    let a0 = b0;
    let a1 = b1;
    let a2 = b2;
    let a3 = b3;
    let c0 = b0;
    let c1 = b1;
    let c2 = b2;
    let c3 = b3;
    for (let w = first, at = f; w < last; w += 64, at += 4) {
      const pair = v128.load32_splat(at);
      const next = v128.load32_splat(at, 64);
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const w2 = v128.load(w, 32);
      const w3 = v128.load(w, 48);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(pair, w0));
      c0 = i32x4.add(c0, i32x4.dot_i16x8_s(next, w0));
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(pair, w1));
      c1 = i32x4.add(c1, i32x4.dot_i16x8_s(next, w1));
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(pair, w2));
      c2 = i32x4.add(c2, i32x4.dot_i16x8_s(next, w2));
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(pair, w3));
      c3 = i32x4.add(c3, i32x4.dot_i16x8_s(next, w3));
    }
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, a2, 32);
    v128.store(out, a3, 48);
    v128.store(out, c0, 64);
    v128.store(out, c1, 80);
    v128.store(out, c2, 96);
    v128.store(out, c3, 112);
  }
}

/** Features of means of row i, those that the left neighbour completes left 0. */
function describeMeans(i: i32, rows1: i32, rows2: i32, isBlind: bool): void {
  const zero = i16x8.splat(0);
  for (let j = 0; j < columns; j += 8) {
    const o = <usize>(((i + 2) * STRIDE + j + 2) << 1);
    const r16 = <usize>((i * 16 + j) << 2);
    const uLow = v128.load(units + r16);
    const uHigh = v128.load(units + r16, 16);
    const at = <usize>((i * columns + j) << 2);
    const aLow = v128.load(r1At + at);
    const aHigh = v128.load(r1At + at, 16);
    const bLow = v128.load(r2At + at);
    const bHigh = v128.load(r2At + at, 16);
    const y0 = i16x8.narrow_i32x4_s(log4(i32x4.abs(aLow)), log4(i32x4.abs(aHigh)));
    const y1 = i16x8.narrow_i32x4_s(log4(i32x4.abs(bLow)), log4(i32x4.abs(bHigh)));
    const y2 = i16x8.narrow_i32x4_s(log4(i32x4.abs(i32x4.sub(aLow, bLow))), log4(i32x4.abs(i32x4.sub(aHigh, bHigh))));
    let y6 = zero;
    let y7 = zero;
    let y8 = zero;
    let y9 = zero;
    let y10 = zero;
    let y11 = zero;
    if (!isBlind) {
      const o1 = o + planeBytes;
      const o2 = o1 + planeBytes;
      const o3 = o2 + planeBytes;
      y6 = parents5(o1, uLow, uHigh);
      y7 = parents5(o2, uLow, uHigh);
      y8 = parents5(o3, uLow, uHigh);
      y9 = neighbours3(o1, uLow, uHigh);
      y10 = neighbours3(o2, uLow, uHigh);
      y11 = neighbours3(o3, uLow, uHigh);
      store4(j, o1, o2, o3);
    }
    const ys0 = ys + (<usize>j << 6);
    transpose(ys0, y0, y1, y2, zero, zero, zero, y6, y7);
    const s0 = log16(v128.load(slow + 1024 + r16));
    const s1 = log16(v128.load(slow + 1024 + r16, 16));
    const f0 = log16(v128.load(fast + 1024 + r16));
    const f1 = log16(v128.load(fast + 1024 + r16, 16));
    const y12 = i16x8.narrow_i32x4_s(i32x4.sub(log16(v128.load(slow + 2048 + r16)), s0), i32x4.sub(log16(v128.load(slow + 2048 + r16, 16)), s1));
    const y13 = i16x8.narrow_i32x4_s(i32x4.sub(log16(v128.load(slow + 3072 + r16)), s0), i32x4.sub(log16(v128.load(slow + 3072 + r16, 16)), s1));
    const y14 = i16x8.narrow_i32x4_s(i32x4.sub(log16(v128.load(fast + 2048 + r16)), f0), i32x4.sub(log16(v128.load(fast + 2048 + r16, 16)), f1));
    const y15 = i16x8.narrow_i32x4_s(i32x4.sub(log16(v128.load(fast + 3072 + r16)), f0), i32x4.sub(log16(v128.load(fast + 3072 + r16, 16)), f1));
    transpose(ys0 + 16, y8, y9, y10, y11, y12, y13, y14, y15);
    const c16 = clears + (r16 >> 1);
    const known = <i16>(isBlind ? 0 : 1);
    transpose(
      ys0 + 32,
      i16x8.splat(known * <i16>chunk1),
      i16x8.splat(known * <i16>chunk2),
      i16x8.splat(known * <i16>rows1),
      i16x8.splat(known * <i16>rows2),
      v128.load(c16),
      v128.load(c16 + 512),
      v128.load(c16 + 1024),
      i16x8.splat(isBlind ? 32 : 0),
    );
    const y25 = i16x8.add(v128.load(edges + (<usize>j << 1)), i16x8.splat(i == 0 ? 16 : 0));
    transpose(ys0 + 48, levelAt(r16), y25, zero, zero, zero, zero, zero, zero);
  }
}

/** A level, within 0 and 255, less 64. */
// @ts-ignore: decorator
@inline
function levelAt(r16: usize): v128 {
  const level = i32x4.splat(channelLevel);
  const both = i16x8.narrow_i32x4_s(i32x4.sub(level, v128.load(less + r16)), i32x4.sub(level, v128.load(less + r16, 16)));
  return i16x8.sub(i16x8.min_s(i16x8.max_s(both, i16x8.splat(0)), i16x8.splat(255)), i16x8.splat(64));
}

// @ts-ignore: decorator
@inline
function parents5(o: usize, uLow: v128, uHigh: v128): v128 {
  const a = v128.load(pA + o);
  const b = v128.load(pB + o);
  const c = v128.load(pC + o);
  const m = v128.load(pM + o);
  const n = v128.load(pN + o);
  return mag8(i32x4.add(low3(a, b, c), low2(m, n)), i32x4.add(high3(a, b, c), high2(m, n)), uLow, uHigh);
}

// @ts-ignore: decorator
@inline
function neighbours3(o: usize, uLow: v128, uHigh: v128): v128 {
  const a = v128.load(sA + o);
  const b = v128.load(sB + o);
  const m = v128.load(sM + o);
  return mag8(low3(a, b, m), high3(a, b, m), uLow, uHigh);
}

/** `lefts` of eight columns: of three planes what lies above. */
// @ts-ignore: decorator
@inline
function store4(j: i32, o1: usize, o2: usize, o3: usize): void {
  for (let k = 0; k < 8; k++) {
    const to = lefts + (<usize>(j + k) << 4);
    const by = <usize>(k << 1);
    store<i32>(to, above(o1 + by));
    store<i32>(to, above(o2 + by), 4);
    store<i32>(to, above(o3 + by), 8);
  }
}

// @ts-ignore: decorator
@inline
function above(o: usize): i32 {
  const at = cur + o - 2 * STRIDE;
  return <i32>load<u16>(at) + <i32>load<u16>(at - 2) + <i32>load<u16>(at + 2);
}

/** Features of scales of row i, those that the left neighbour completes left 0. */
function describeScales(i: i32, own: i32): void {
  const zero = i16x8.splat(0);
  for (let j = 0; j < columns; j += 8) {
    const o = <usize>(((i + 2) * STRIDE + j + 2) << 1);
    const r16 = <usize>((i * 16 + j) << 2);
    const uLow = v128.load(units + r16);
    const uHigh = v128.load(units + r16, 16);
    const top = cur + o - 2 * STRIDE;
    const x2 = mag8of(v128.load(top), uLow, uHigh);
    const c0 = v128.load(top - 2);
    const c1 = v128.load(top + 2);
    const x3 = mag8(low2(c0, c1), high2(c0, c1), uLow, uHigh);
    const x4 = mag8of(v128.load(pA + o), uLow, uHigh);
    const x5 = mag8of(v128.load(pB + o), uLow, uHigh);
    const pc = v128.load(pC + o);
    const pd = v128.load(pD + o);
    const pe = v128.load(pE + o);
    const x6 = mag8(low3(pc, pd, pe), high3(pc, pd, pe), uLow, uHigh);
    const x7 = mag8of(v128.load(sA + o), uLow, uHigh);
    const xs0 = xs + (<usize>j << 6);
    transpose(xs0, zero, zero, x2, x3, x4, x5, x6, x7);
    const x8 = mag8of(v128.load(sB + o), uLow, uHigh);
    const x9 = mag8of(v128.load(pM + o), uLow, uHigh);
    const x10 = mag8of(v128.load(pN + o), uLow, uHigh);
    const x11 = mag8(v128.load(frequencySums + r16), v128.load(frequencySums + r16, 16), uLow, uHigh);
    const sm = v128.load(sM + o);
    const sn = v128.load(sN + o);
    const x12 = mag8(low2(sm, sn), high2(sm, sn), uLow, uHigh);
    const a = <usize>(((i + 1) * WIDE + j + 4) << 2);
    const x13 = clip8(v128.load(actFast + a), v128.load(actFast + a, 16));
    const x14 = clip8(v128.load(actSlow + a), v128.load(actSlow + a, 16));
    const x15 = clip8(i32x4.shr_s(around(actSlow + a), 1), i32x4.shr_s(around(actSlow + a + 16), 1));
    transpose(xs0 + 16, x8, x9, x10, x11, x12, x13, x14, x15);
    const x16 = clip8(i32x4.shr_s(around(actFast + a), 1), i32x4.shr_s(around(actFast + a + 16), 1));
    transpose(
      xs0 + 32,
      x16,
      levelAt(r16),
      i16x8.splat(<i16>logA),
      i16x8.splat(<i16>logB),
      i16x8.splat(<i16>logM),
      i16x8.splat(<i16>own),
      v128.load(edges + (<usize>j << 1)),
      i16x8.splat(i == 0 ? 16 : 0),
    );
    if (!temporal) continue;
    const at = <usize>((i * columns + j) << 2);
    const aLow = v128.load(r1At + at);
    const aHigh = v128.load(r1At + at, 16);
    const bLow = v128.load(r2At + at);
    const bHigh = v128.load(r2At + at, 16);
    const x24 = i16x8.narrow_i32x4_s(log4(i32x4.abs(aLow)), log4(i32x4.abs(aHigh)));
    const x25 = i16x8.narrow_i32x4_s(log4(i32x4.abs(bLow)), log4(i32x4.abs(bHigh)));
    const x26 = i16x8.narrow_i32x4_s(log4(i32x4.abs(i32x4.sub(aLow, bLow))), log4(i32x4.abs(i32x4.sub(aHigh, bHigh))));
    const x28 = i16x8.narrow_i32x4_s(log4(around(apart + a)), log4(around(apart + a + 16)));
    const c16 = clears + (r16 >> 1);
    transpose(xs0 + 48, x24, x25, x26, zero, x28, v128.load(c16), v128.load(c16 + 512), v128.load(c16 + 1024));
  }
}

// -- a symbol --------------------------------------------------------------------------------------------------------------------------

/** The sum of an output over the hidden units. */
// @ts-ignore: decorator
@inline
function output(low: v128, high: v128, weights: usize): i32 {
  const s = i32x4.add(i32x4.dot_i16x8_s(low, v128.load(weights)), i32x4.dot_i16x8_s(high, v128.load(weights, 16)));
  const t = i32x4.add(s, v128.shuffle<i32>(s, s, 2, 3, 0, 1));
  return (i32x4.extract_lane(t, 0) + i32x4.extract_lane(t, 1)) >> 9;
}

// @ts-ignore: decorator
@inline
function weight(low: v128, high: v128, weights: usize, start: usize): i32 {
  return min(max(output(low, high, weights) + <i32>load<i16>(start), -512), 512);
}

/** Hidden units of two quarters of a first layer, in 1/128. */
// @ts-ignore: decorator
@inline
function relu(a: v128, b: v128): v128 {
  return i16x8.min_s(i16x8.max_s(i16x8.narrow_i32x4_s(i32x4.shr_s(a, 8), i32x4.shr_s(b, 8)), i16x8.splat(0)), i16x8.splat(<i16>HIDDEN_LIMIT));
}

/** The linear prediction of plane n of `values` for channel c at row i, column j, in eighths. */
function predict(n: i32, c: i32, i: i32, j: i32, slot: i32, m: i32): i32 {
  const all = values + <usize>n * valueBytes;
  const weights = linear + <usize>(slot * LINEAR_INPUTS * 2);
  const here = <usize>((i * 16 + j) << 2);
  let t: i64 = 0;
  if (i > 0 || j > 0) {
    const v = all + (<usize>c << 10) + here;
    const left = <i64>(j > 0 ? load<i32>(v - 4) : load<i32>(v - 64));
    const top = i > 0 ? <i64>load<i32>(v - 64) : left;
    const corner = i > 0 && j > 0 ? <i64>load<i32>(v - 68) : top;
    const right = i > 0 && j + 1 < columns ? <i64>load<i32>(v - 60) : top;
    t = left * load<i16>(weights) + top * load<i16>(weights, 2) + corner * load<i16>(weights, 4) + right * load<i16>(weights, 6);
  }
  let w = weights + 8;
  const slots = linearSlots + <usize>(c * LINEAR_SLOTS * 2);
  for (let k = 0; k < LINEAR_SLOTS; k++, w += 10) {
    const o = <i32>load<i16>(slots + (<usize>k << 1));
    if (o < 0) continue;
    const v = all + (<usize>o << 10) + here;
    const own = <i64>load<i32>(v);
    t += own * load<i16>(w);
    t += (j > 0 ? <i64>load<i32>(v - 4) : own) * load<i16>(w, 2);
    t += (i > 0 ? <i64>load<i32>(v - 64) : own) * load<i16>(w, 4);
    t += (j + 1 < columns ? <i64>load<i32>(v + 4) : own) * load<i16>(w, 6);
    t += (i + 1 < rows ? <i64>load<i32>(v + 64) : own) * load<i16>(w, 8);
  }
  return <i32>min<i64>(max<i64>(floorDivide(t + <i64>(2048 * m), <i64>(4096 * m)), -MEAN_LIMIT), MEAN_LIMIT);
}

// @ts-ignore: decorator
@inline
function floorDivide(a: i64, b: i64): i64 {
  const d = a / b;
  return a % b < 0 ? d - 1 : d;
}

/** Codes channels `from` to `to`. Outcome: 0, 1 the stream ended early, 3 a symbol is out of range. */
export function code(from: i32, to: i32, mode: i32): i32 {
  for (let c = from; c < to; c++) {
    start(c, mode == FORECAST);
    const outcome = temporal ? temporalChannel(c, mode) : channel(c, mode);
    if (outcome != 0) return outcome;
  }
  return 0;
}

let prior: i32 = 0;

/** Finds what is one number for the channel, and the maps that take neighbours on all sides. */
function start(c: i32, isBlind: bool): void {
  const own7 = parents + <usize>(c * 14);
  const A = <i32>load<i16>(own7);
  const B = <i32>load<i16>(own7, 2);
  const M = <i32>load<i16>(own7, 10);
  const plane = <usize>(PLANE * 2);
  cur = planes + <usize>(c + 1) * plane;
  pA = planes + <usize>A * plane;
  pB = planes + <usize>B * plane;
  pC = planes + <usize>load<i16>(own7, 4) * plane;
  pD = planes + <usize>load<i16>(own7, 6) * plane;
  pE = planes + <usize>load<i16>(own7, 8) * plane;
  pM = planes + <usize>M * plane;
  pN = planes + <usize>load<i16>(own7, 12) * plane;
  const toSums = <usize>kinds * planeBytes;
  sA = pA + toSums;
  sB = pB + toSums;
  sM = pM + toSums;
  sN = pN + toSums;
  frequencySums = byFrequency + (<usize>load<u8>(frequency + c) << 10);
  channelLevel = <i32>load<i16>(level + (<usize>c << 1));
  r1At = references + <usize>(c * positions) * 4;
  r2At = r1At + <usize>(channels * positions) * 4;
  logA = at32(logLin, A);
  logB = at32(logLin, B);
  logM = at32(logLin, M);
  prior = 0;
  if (A > 0 && B > 0) prior = (at32(lin, A) + at32(lin, B)) >> 1;
  else if (A > 0) prior = at32(lin, A);
  else if (B > 0) prior = at32(lin, B);
  else if (M > 0) prior = at32(lin, M);
  if (temporal) {
    const next = <usize>(channels + 1) * 4;
    const l1 = lin + next;
    const l2 = l1 + next;
    const l3 = l2 + next;
    const of1 = lg(at32(l1, A) + at32(l1, B) + at32(l1, M) + 1);
    chunk1 = lg(at32(l2, A) + at32(l2, B) + at32(l2, M) + 1) - of1;
    chunk2 = lg(at32(l3, A) + at32(l3, B) + at32(l3, M) + 1) - of1;
  }
  if (isBlind) return;
  const expected = <usize>kinds << 10;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j += 4) {
      const r16 = <usize>((i * 16 + j) << 2);
      const a = <usize>(((i + 1) * WIDE + j + 4) << 2);
      const mask = v128.load(inside + (<usize>j << 2));
      v128.store(actFast + a, v128.and(mask, i32x4.sub(log16(v128.load(fast + r16)), log16(v128.load(fast + expected + r16)))));
      v128.store(actSlow + a, v128.and(mask, i32x4.sub(log16(v128.load(slow + r16)), log16(v128.load(slow + expected + r16)))));
      if (!temporal) continue;
      const at = <usize>((i * columns + j) << 2);
      v128.store(apart + a, v128.and(mask, i32x4.abs(i32x4.sub(v128.load(r1At + at), v128.load(r2At + at)))));
    }
  }
}

// @ts-ignore: decorator
@inline
function scaleRow(said: i32, mean: i32): i32 {
  const scale = min(max((said + 32) >> 6, 0), scales - 1);
  return scale < fine ? 8 * scale + (mean & 7) : 8 * fine + scale - fine;
}

let symbolNow: i32 = 0;

/** Codes the symbol `at`, whose row and mean are known; its value is symbolNow. */
// @ts-ignore: decorator
@inline
function codeSymbol(mode: i32, at: i32, row: i32, mean: i32): i32 {
  const whole = row < 8 * fine ? mean >> 3 : (mean + 4) >> 3;
  const to = symbols + (<usize>at << 1);
  if (mode == DECODE) {
    const residual = readSymbol(tableFirst, tableCount, tableStart, tableCum, tableHint, row);
    if (residual == ENDED) return 1;
    if (residual == OUT_OF_RANGE) return 3;
    symbolNow = residual + whole;
    if (symbolNow < -SYMBOL_LIMIT || symbolNow > SYMBOL_LIMIT) return 3;
    store<i16>(to, <i16>symbolNow);
  } else {
    symbolNow = <i32>load<i16>(to);
    store<u16>(coded + (<usize>at << 2), <u16>row);
    store<i16>(coded + (<usize>at << 2), <i16>(symbolNow - whole), 2);
  }
  return 0;
}

function channel(c: i32, mode: i32): i32 {
  const isBlind = mode == FORECAST;
  const kind = <usize>load<u8>(classes + c);
  const slot = <i32>load<i16>(linearIndex + (<usize>c << 1));
  const channelBase = <i32>load<i16>(base + (<usize>c << 1));
  const weights = scaleFirst + kind * <usize>(OWN_FEATURES * HIDDEN * 2);
  const w0 = v128.load(weights);
  const w1 = v128.load(weights, 16);
  const w2 = v128.load(weights, 32);
  const w3 = v128.load(weights, 48);
  const outs = scaleOut + (kind << 5);
  let total = 0;
  let at = c * positions;
  if (isBlind) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, at++) {
        const lev = min(max(channelLevel - at32(less, i * 16 + j), 0), 255);
        store<i32>(means + (<usize>at << 2), 0);
        store<u8>(indices + at, <u8>min(max((32 * lev + LEVEL_SCALE + 32) >> 6, 0), scales - 1));
      }
    }
    return 0;
  }
  for (let i = 0, p = 0; i < rows; i++) {
    describeScales(i, lg((total * 64 + 16 * prior) / (i * columns + 16) + 1));
    spread(xs, 1, OWN_FEATURES >> 1, weights, scaleBias + (<usize>c << 5), xFirst);
    let o0 = cur + <usize>(((i + 2) * STRIDE + 2) << 1);
    let left = 0;
    let left2 = 0;
    for (let j = 0; j < columns; j++, p++, at++, o0 += 2) {
      const m = <i32>load<u8>(mult + p);
      const unit = load<f32>(units + (<usize>(i * 16 + j) << 2));
      const mean = slot >= 0 ? predict(0, c, i, j, slot, m) : 0;
      store<i32>(means + (<usize>at << 2), mean);
      const x0 = ((reinterpret<i32>(<f32>left * unit + 4) + 0x80000) >> 20) - 1032;
      const x1 = ((reinterpret<i32>(<f32>(left2 + <i32>load<u16>(o0 - 4 * STRIDE)) * unit + 4) + 0x80000) >> 20) - 1032;
      const pair = i32x4.splat(x0 | (x1 << 16));
      const first = xFirst + (<usize>j << 6);
      const low = relu(
        i32x4.add(v128.load(first), i32x4.dot_i16x8_s(pair, w0)),
        i32x4.add(v128.load(first, 16), i32x4.dot_i16x8_s(pair, w1)),
      );
      const high = relu(
        i32x4.add(v128.load(first, 32), i32x4.dot_i16x8_s(pair, w2)),
        i32x4.add(v128.load(first, 48), i32x4.dot_i16x8_s(pair, w3)),
      );
      const row = scaleRow(channelBase - 32 * at32(less, i * 16 + j) + output(low, high, outs), mean);
      const outcome = codeSymbol(mode, at, row, mean);
      if (outcome != 0) return outcome;
      const v = 8 * symbolNow;
      const e = min((abs(v - mean) * m) >> 4, 65535);
      store<u16>(o0, <u16>e);
      total += e;
      left2 = left;
      left = e;
      if (c < linearSpan) store<i32>(values + (<usize>c << 10) + <usize>((i * 16 + j) << 2), v * m);
    }
  }
  const linear = (total * 64) / positions;
  store<i32>(lin + (<usize>(c + 1) << 2), linear);
  store<i32>(logLin + (<usize>(c + 1) << 2), lg(linear + 1));
  finish(0);
  expectAfter();
  return 0;
}

function temporalChannel(c: i32, mode: i32): i32 {
  const isBlind = mode == FORECAST;
  const kind = <usize>load<u8>(classes + c);
  const slot = isBlind ? -1 : <i32>load<i16>(linearIndex + (<usize>c << 1));
  const channelBase = <i32>load<i16>(base + (<usize>c << 1));
  const weights = scaleFirst + kind * <usize>(SCALE_FEATURES * HIDDEN * 2);
  const meanWeights = meanFirst + kind * <usize>(MEAN_FEATURES * HIDDEN * 2);
  const outs = scaleOut + (kind << 5);
  const meanOuts = meanOut + kind * <usize>(MEAN_OUTPUTS * HIDDEN * 2);
  const starts = meanBase + <usize>(c * MEAN_OUTPUTS * 2);
  const byMean = weights + 13 * 64;
  let totals = i32x4.splat(0); // of the planes, the first last
  let at = c * positions;
  for (let i = 0, p = 0; i < rows; i++) {
    const above = lg(i32x4.extract_lane(totals, 0) + 16);
    describeMeans(i, lg(i32x4.extract_lane(totals, 1) + 16) - above, lg(i32x4.extract_lane(totals, 2) + 16) - above, isBlind);
    spread(ys, 0, MEAN_FEATURES >> 1, meanWeights, meanBias + (<usize>c << 5), yFirst);
    if (!isBlind) {
      describeScales(i, lg((i32x4.extract_lane(totals, 3) * 64 + 16 * prior) / (i * columns + 16) + 1));
      spread(xs, 1, SCALE_FEATURES >> 1, weights, scaleBias + (<usize>c << 5), xFirst);
    }
    let o0 = cur + <usize>(((i + 2) * STRIDE + 2) << 1);
    let left = i32x4.splat(0);
    let left2 = 0;
    for (let j = 0; j < columns; j++, p++, at++, o0 += 2) {
      const m = <i32>load<u8>(mult + p);
      const here = <usize>(i * 16 + j) << 2;
      const r1 = load<i32>(r1At + (<usize>p << 2));
      const r2 = load<i32>(r2At + (<usize>p << 2));
      const first = yFirst + (<usize>j << 6);
      let h0 = v128.load(first);
      let h1 = v128.load(first, 16);
      let h2 = v128.load(first, 32);
      let h3 = v128.load(first, 48);
      let pair = i32x4.splat(0);
      if (!isBlind) {
        const unit = v128.load32_splat(units + here);
        const near = mag4(i32x4.add(left, v128.load(lefts + (<usize>j << 4))), unit);
        const narrow = i16x8.narrow_i32x4_s(near, near);
        const a = v128.shuffle<i16>(narrow, i16x8.splat(0), 8, 0, 8, 0, 8, 0, 8, 0);
        const b = v128.shuffle<i16>(narrow, narrow, 1, 2, 1, 2, 1, 2, 1, 2);
        h0 = i32x4.add(h0, i32x4.add(i32x4.dot_i16x8_s(a, v128.load(meanWeights, 64)), i32x4.dot_i16x8_s(b, v128.load(meanWeights, 128))));
        h1 = i32x4.add(h1, i32x4.add(i32x4.dot_i16x8_s(a, v128.load(meanWeights, 80)), i32x4.dot_i16x8_s(b, v128.load(meanWeights, 144))));
        h2 = i32x4.add(h2, i32x4.add(i32x4.dot_i16x8_s(a, v128.load(meanWeights, 96)), i32x4.dot_i16x8_s(b, v128.load(meanWeights, 160))));
        h3 = i32x4.add(h3, i32x4.add(i32x4.dot_i16x8_s(a, v128.load(meanWeights, 112)), i32x4.dot_i16x8_s(b, v128.load(meanWeights, 176))));
        const sum = <f32>(left2 + <i32>load<u16>(o0 - 4 * STRIDE)) * load<f32>(units + here) + 4;
        const x1 = ((reinterpret<i32>(sum) + 0x80000) >> 20) - 1032;
        pair = i32x4.splat((i32x4.extract_lane(near, 3) & 0xffff) | (x1 << 16));
      }
      const low = relu(h0, h1);
      const high = relu(h2, h3);
      let mean = weight(low, high, meanOuts, starts) * r1 + weight(low, high, meanOuts + 32, starts + 2) * r2;
      if (slot >= 0) {
        mean += weight(low, high, meanOuts + 64, starts + 4) * predict(0, c, i, j, slot, m);
        mean += weight(low, high, meanOuts + 96, starts + 6) * predict(1, c, i, j, slot, m);
        mean += weight(low, high, meanOuts + 128, starts + 8) * predict(2, c, i, j, slot, m);
      }
      mean = min(max((mean + 128) >> 8, -MEAN_LIMIT), MEAN_LIMIT);
      store<i32>(means + (<usize>at << 2), mean);
      if (isBlind) {
        const lev = min(max(channelLevel - load<i32>(less + here), 0), 255);
        const said = 32 * lev + LEVEL_SCALE + output(low, high, meanOuts + 160) + <i32>load<i16>(starts, 10);
        store<u8>(indices + at, <u8>min(max((said + 32) >> 6, 0), scales - 1));
        continue;
      }
      const size = i32x4.splat((lg(abs(mean) + 4) - 16) << 16);
      const own = xFirst + (<usize>j << 6);
      const lowX = relu(
        i32x4.add(i32x4.add(v128.load(own), i32x4.dot_i16x8_s(pair, v128.load(weights))), i32x4.dot_i16x8_s(size, v128.load(byMean))),
        i32x4.add(i32x4.add(v128.load(own, 16), i32x4.dot_i16x8_s(pair, v128.load(weights, 16))), i32x4.dot_i16x8_s(size, v128.load(byMean, 16))),
      );
      const highX = relu(
        i32x4.add(i32x4.add(v128.load(own, 32), i32x4.dot_i16x8_s(pair, v128.load(weights, 32))), i32x4.dot_i16x8_s(size, v128.load(byMean, 32))),
        i32x4.add(i32x4.add(v128.load(own, 48), i32x4.dot_i16x8_s(pair, v128.load(weights, 48))), i32x4.dot_i16x8_s(size, v128.load(byMean, 48))),
      );
      const row = scaleRow(channelBase - 32 * load<i32>(less + here) + output(lowX, highX, outs), mean);
      const outcome = codeSymbol(mode, at, row, mean);
      if (outcome != 0) return outcome;
      const v = 8 * symbolNow;
      let from = i32x4.replace_lane(i32x4.splat(0), 1, r1);
      from = i32x4.replace_lane(from, 2, r2);
      from = i32x4.replace_lane(from, 3, mean);
      const apartFrom = i32x4.abs(i32x4.sub(i32x4.splat(v), from));
      const e = i32x4.min_s(i32x4.shr_s(i32x4.mul(apartFrom, i32x4.splat(m)), 4), i32x4.splat(65535));
      store<u16>(o0, <u16>i32x4.extract_lane(e, 3));
      store<u16>(o0 + planeBytes, <u16>i32x4.extract_lane(e, 0));
      store<u16>(o0 + 2 * planeBytes, <u16>i32x4.extract_lane(e, 1));
      store<u16>(o0 + 3 * planeBytes, <u16>i32x4.extract_lane(e, 2));
      totals = i32x4.add(totals, e);
      left2 = i32x4.extract_lane(left, 3);
      left = e;
      if (c < linearSpan) {
        const to = values + (<usize>c << 10) + here;
        store<i32>(to, v * m);
        store<i32>(to + valueBytes, (v - r1) * m);
        store<i32>(to + 2 * valueBytes, (v - r2) * m);
      }
    }
  }
  if (isBlind) return 0;
  for (let n = 0; n < 4; n++) {
    const total = n == 0 ? i32x4.extract_lane(totals, 3) : n == 1 ? i32x4.extract_lane(totals, 0) : n == 2 ? i32x4.extract_lane(totals, 1) : i32x4.extract_lane(totals, 2);
    const linear = (total * 64) / positions;
    store<i32>(lin + <usize>(((channels + 1) * n + c + 1) << 2), linear);
    if (n == 0) store<i32>(logLin + (<usize>(c + 1) << 2), lg(linear + 1));
    finish(n);
  }
  expectAfter();
  return 0;
}

/** Of plane n of the channel, which is whole now: the sums of four neighbours, and the positions' decayed sums. */
function finish(n: i32): void {
  const plane = cur + <usize>n * planeBytes;
  const toSums = <usize>kinds * planeBytes;
  const decayed = <usize>n << 10;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j += 8) {
      const at = plane + <usize>(((i + 2) * STRIDE + j + 2) << 1);
      const r16 = <usize>((i * 16 + j) << 2);
      const up = v128.load(at - 2 * STRIDE);
      const down = v128.load(at + 2 * STRIDE);
      const before = v128.load(at - 2);
      const after = v128.load(at + 2);
      v128.store(
        at + toSums,
        i16x8.narrow_i32x4_u(i32x4.add(low2(up, down), low2(before, after)), i32x4.add(high2(up, down), high2(before, after))),
      );
      const own = v128.load(at);
      decay(decayed + r16, i32x4.shl(mag4(i32x4.extend_low_i16x8_u(own), v128.load(units + r16)), 4));
      decay(decayed + r16 + 16, i32x4.shl(mag4(i32x4.extend_high_i16x8_u(own), v128.load(units + r16, 16)), 4));
    }
  }
}

/** The decayed sums of what was expected, and the sums of the channel's frequency. */
function expectAfter(): void {
  const decayed = <usize>kinds << 10;
  const all = i32x4.splat(<i32>load<i16>(expect + (<usize>min(max(channelLevel, 0), 255) << 1)));
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j += 4) {
      const r16 = <usize>((i * 16 + j) << 2);
      let e = all;
      if (!isPlain) {
        e = i32x4.splat(expectAt(r16));
        e = i32x4.replace_lane(e, 1, expectAt(r16 + 4));
        e = i32x4.replace_lane(e, 2, expectAt(r16 + 8));
        e = i32x4.replace_lane(e, 3, expectAt(r16 + 12));
      }
      decay(decayed + r16, e);
      const own = v128.load64_zero(cur + <usize>(((i + 2) * STRIDE + j + 2) << 1));
      v128.store(frequencySums + r16, i32x4.add(v128.load(frequencySums + r16), i32x4.extend_low_i16x8_u(own)));
    }
  }
}

// @ts-ignore: decorator
@inline
function expectAt(r16: usize): i32 {
  const lev = min(max(channelLevel - load<i32>(less + r16), 0), 255);
  return <i32>load<i16>(expect + (<usize>lev << 1));
}

// @ts-ignore: decorator
@inline
function decay(at: usize, z: v128): void {
  const f = v128.load(fast + at);
  const s = v128.load(slow + at);
  v128.store(fast + at, i32x4.sub(i32x4.add(f, z), i32x4.shr_s(f, 3)));
  v128.store(slow + at, i32x4.sub(i32x4.add(s, z), i32x4.shr_s(s, 6)));
}

/** Starts reading a stream that lies at `bytes` to `limit`; 1 where it is shorter than a state. */
export function open(bytes: usize, limit: usize): i32 {
  if (limit < bytes + 8) return 1;
  setStream(load<u64>(bytes), bytes + 8, limit);
  return 0;
}

/** 0 where the stream is used up and its last state an encoder's first. */
export function close(): i32 {
  return state == LOWER && pointer == limitAt ? 0 : 2;
}

/** Writes the stream of channels `from` to `to`, which `code` went through; it ends at `limit`. Gives its first byte's address. */
export function write(from: i32, to: i32, limit: usize): usize {
  setStream(LOWER, limit, limit);
  const first = coded + <usize>(from * positions) * 4;
  for (let at = coded + <usize>(to * positions) * 4; at > first; ) {
    at -= 4;
    writeSymbol(tableFirst, tableCount, tableStart, tableCum, load<u16>(at), load<i16>(at, 2));
  }
  return endStream();
}

/**
 * A reference's symbols i16[count][positions] in the chunk's axes, eighths of its symbols, i32[to][positions] at `out`.
 * order u16[channels] (component * 256 + frequency), group u8[256], rotation i32[3][12][12] in 1/16384, step8 and mult u8[positions] of
 * the reference and the chunk, degain i32[channels] in 1/4096; digital: i32[12][256][positions] of working memory.
 */
export function turn(
  source: usize, count: i32, to: i32, size: i32, order: usize, group: usize, rotation: usize,
  step8: i32, mults: usize, degain: usize, ownStep8: i32, ownMults: usize, ownDegain: usize, digital: usize, out: usize,
): void {
  memory.fill(digital, 0, <usize>(12 * 256 * size) * 4);
  for (let c = 0; c < count; c++) {
    const id = <i32>load<u16>(order + (<usize>c << 1));
    const target = digital + <usize>(id * size) * 4;
    const gain = <i64>at32(degain, c) * <i64>step8;
    for (let p = 0; p < size; p++) {
      const v = (<i64>load<i16>(source + (<usize>(c * size + p) << 1)) * gain * <i64>load<u8>(mults + p)) >> 16;
      store<i32>(target + (<usize>p << 2), <i32>min<i64>(max<i64>(v, -67108864), 67108864));
    }
  }
  for (let c = 0; c < to; c++) {
    const id = <i32>load<u16>(order + (<usize>c << 1));
    const f = id & 255;
    const turns = rotation + <usize>((<i32>load<u8>(group + f) * 12 + (id >> 8)) * 12) * 4;
    const gain = <f64>at32(ownDegain, c);
    for (let p = 0; p < size; p += 2) {
      // whole numbers below 2^44: exact as doubles, whatever the order
      let t = f64x2.splat(0);
      let at = digital + <usize>(f * size + p) * 4;
      for (let k = 0; k < 12; k++, at += <usize>(256 * size) * 4)
        t = f64x2.add(t, f64x2.mul(f64x2.splat(<f64>at32(turns, k)), f64x2.convert_low_i32x4_s(v128.load64_zero(at))));
      const last = p + 1 < size ? p + 1 : p;
      const unit = f64x2.mul(
        f64x2.replace_lane(f64x2.splat(<f64>(ownStep8 * <i32>load<u8>(ownMults + p))), 1, <f64>(ownStep8 * <i32>load<u8>(ownMults + last))),
        f64x2.splat(gain),
      );
      const v = f64x2.floor(f64x2.add(f64x2.div(f64x2.mul(t, f64x2.splat(32)), unit), f64x2.splat(0.5)));
      const limited = i32x4.trunc_sat_f64x2_s_zero(f64x2.min(f64x2.max(v, f64x2.splat(-MEAN_LIMIT)), f64x2.splat(MEAN_LIMIT)));
      const to4 = out + <usize>(c * size + p) * 4;
      store<i32>(to4, i32x4.extract_lane(limited, 0));
      if (last > p) store<i32>(to4, i32x4.extract_lane(limited, 1), 4);
    }
  }
}

// AssemblyScript, compiled to WebAssembly (with SIMD) by scripts/build-wasm.mjs. The context models' walk over a chunk's symbols: for each
// symbol a mean in eighths and a scale index from what is decoded, by integer perceptrons; coder and decoder share all of it.
// models/training/tectile_training/context_features.py says the same number for number; units and features are told there, the weights'
// bytes in docs/format.md. Everything is whole numbers (doubles in `turn` only: products and a floor, the same bits on any engine).

import { ENDED, LOWER, OUT_OF_RANGE, endStream, limitAt, pointer, readSymbol, setStream, writeSymbol, x as state } from "./stream";

const HIDDEN: i32 = 16;
/** Rows of a plane: 16 columns and two empty ones at each side. */
const STRIDE: i32 = 20;
const PLANE: i32 = 400;
const OWN_FEATURES: i32 = 24;
const MEAN_FEATURES: i32 = 26;
const SCALE_FEATURES: i32 = 32;
const LINEAR_SLOTS: i32 = 9;
const LINEAR_INPUTS: i32 = 49;
const CANDIDATES: i32 = 5;
const HIDDEN_LIMIT: i32 = 8191;
const FEATURE_LIMIT: i32 = 255;
const MEAN_LIMIT: i32 = 131064;
const SYMBOL_LIMIT: i32 = 16383;

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
let meanOut: usize = 0; // i16[classes][5][16]
let meanBase: usize = 0; // i16[channels][5]
let logTable: usize = 0; // u8[256]
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
let coded: usize = 0; // u16 rows and i16 residuals, pairs
// working memory
let planes: usize = 0; // u16[1 or 4][channels + 1][400]
let sums: usize = 0; // u16, of four neighbours, the same shape
let values: usize = 0; // i32[1 or 3][span][256]
let small: usize = 0; // see below
let positions: i32 = 0;
let kinds: i32 = 1;
let planeBytes: usize = 0;
let valueBytes: usize = 0;

// small: per position, 256 i32 each
let byFrequency: usize = 0; // [256][256]
let fast: usize = 0; // [5][256]
let slow: usize = 0; // [5][256]
let actFast: usize = 0; // [18][18]
let actSlow: usize = 0;
let lin: usize = 0; // i32[4][channels + 1]
let logLin: usize = 0; // i32[channels + 1]
let levels: usize = 0; // i32[256]: less for a multiplied step
let inverse: usize = 0; // i32[256]
let xs: usize = 0; // i16[32] features, 32 more of hidden
let hidden: usize = 0;
let guesses: usize = 0; // i32[3]
let totals: usize = 0; // i32[4]
let before: usize = 0; // i32[4]

/** Bytes of working memory for a model of so many channels and so wide linear predictions. */
export function workBytes(isTemporal: i32, modelChannels: i32, span: i32): i32 {
  const k = isTemporal ? 4 : 1;
  return 2 * k * (modelChannels + 1) * PLANE * 2 + (isTemporal ? 3 : 1) * span * 1024 + 4 * (65536 + 2560 + 648 + 5 * (modelChannels + 1) + 512 + 64);
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
  logTable = load<u32>(job, 76);
  tableFirst = load<u32>(job, 80);
  tableCount = load<u32>(job, 84);
  tableStart = load<u32>(job, 88);
  tableCum = load<u32>(job, 92);
  tableHint = load<u32>(job, 96);
  rows = load<i32>(job, 100);
  columns = load<i32>(job, 104);
  dates = load<i32>(job, 108);
  mult = load<u32>(job, 112);
  clear = load<u32>(job, 116);
  level = load<u32>(job, 120);
  base = load<u32>(job, 124);
  references = load<u32>(job, 128);
  symbols = load<u32>(job, 132);
  means = load<u32>(job, 136);
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
  actFast = slow + 5 * 1024;
  actSlow = actFast + 324 * 4;
  lin = actSlow + 324 * 4;
  logLin = lin + <usize>(channels + 1) * 16;
  levels = logLin + <usize>(channels + 1) * 4;
  inverse = levels + 1024;
  xs = (inverse + 1024 + 15) & ~15;
  hidden = xs + 64;
  guesses = hidden + 32;
  totals = guesses + 12;
  before = totals + 16;
  memory.fill(planes, 0, before + 16 - planes);
  for (let p = 0; p < positions; p++) {
    const m = <i32>load<u8>(mult + p);
    store<i32>(levels + (<usize>p << 2), lg(m) - 32);
    store<i32>(inverse + (<usize>p << 2), 1048576 / m);
  }
}

/** 8 log2 y, rounded, of y >= 1. */
// @ts-ignore: decorator
@inline
function lg(y: i32): i32 {
  const zeros = clz(y);
  return 8 * (31 - zeros) + <i32>load<u8>(logTable + ((<usize>(<u32>(y << zeros) >> 23)) & 255));
}

/** Log of a sum of a plane's values in the position's own unit. */
// @ts-ignore: decorator
@inline
function mag(sum: i32, q: i64): i32 {
  return lg(<i32>((<i64>sum * q) >> 16) + 4) - 16;
}

// @ts-ignore: decorator
@inline
function at32(address: usize, index: i32): i32 {
  return load<i32>(address + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
function put(index: i32, value: i32): void {
  store<i16>(xs + (<usize>index << 1), <i16>value);
}

// @ts-ignore: decorator
@inline
function clip(v: i32): i32 {
  return min(max(v, -FEATURE_LIMIT), FEATURE_LIMIT);
}

// @ts-ignore: decorator
@inline
function px(address: usize): i32 {
  return <i32>load<u16>(address);
}

/** hidden <- relu(bias + weights x), in 1/128. */
// @ts-ignore: decorator
@inline
function perceptron(features: i32, weights: usize, bias: usize): void {
  const low = v128.load(bias);
  const high = v128.load(bias, 16);
  let a = i32x4.shl(i32x4.extend_low_i16x8_s(low), 8);
  let b = i32x4.shl(i32x4.extend_high_i16x8_s(low), 8);
  let c = i32x4.shl(i32x4.extend_low_i16x8_s(high), 8);
  let d = i32x4.shl(i32x4.extend_high_i16x8_s(high), 8);
  let w = weights;
  const end = xs + (<usize>features << 1);
  for (let f = xs; f < end; f += 4) {
    const pair = v128.load32_splat(f);
    a = i32x4.add(a, i32x4.dot_i16x8_s(pair, v128.load(w)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(pair, v128.load(w, 16)));
    c = i32x4.add(c, i32x4.dot_i16x8_s(pair, v128.load(w, 32)));
    d = i32x4.add(d, i32x4.dot_i16x8_s(pair, v128.load(w, 48)));
    w += 64;
  }
  const zero = i16x8.splat(0);
  const most = i16x8.splat(<i16>HIDDEN_LIMIT);
  const lowOut = i16x8.narrow_i32x4_s(i32x4.shr_s(a, 8), i32x4.shr_s(b, 8));
  const highOut = i16x8.narrow_i32x4_s(i32x4.shr_s(c, 8), i32x4.shr_s(d, 8));
  v128.store(hidden, i16x8.min_s(i16x8.max_s(lowOut, zero), most));
  v128.store(hidden, i16x8.min_s(i16x8.max_s(highOut, zero), most), 16);
}

// @ts-ignore: decorator
@inline
function output(weights: usize): i32 {
  const s = i32x4.add(
    i32x4.dot_i16x8_s(v128.load(hidden), v128.load(weights)),
    i32x4.dot_i16x8_s(v128.load(hidden, 16), v128.load(weights, 16)),
  );
  return (i32x4.extract_lane(s, 0) + i32x4.extract_lane(s, 1) + i32x4.extract_lane(s, 2) + i32x4.extract_lane(s, 3)) >> 9;
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
    const outcome = channel(c, mode);
    if (outcome != 0) return outcome;
  }
  return 0;
}

function channel(c: i32, mode: i32): i32 {
  const isBlind = mode == FORECAST;
  const own7 = parents + <usize>(c * 14);
  const A = <i32>load<i16>(own7);
  const B = <i32>load<i16>(own7, 2);
  const C = <i32>load<i16>(own7, 4);
  const D = <i32>load<i16>(own7, 6);
  const E = <i32>load<i16>(own7, 8);
  const M = <i32>load<i16>(own7, 10);
  const N = <i32>load<i16>(own7, 12);
  const kind = <usize>load<u8>(classes + c);
  const slot = <i32>load<i16>(linearIndex + (<usize>c << 1));
  const frequencySums = byFrequency + (<usize>load<u8>(frequency + c) << 10);
  const plane = <usize>(PLANE * 2);
  const cur = planes + <usize>(c + 1) * plane;
  const pA = planes + <usize>A * plane;
  const pB = planes + <usize>B * plane;
  const pC = planes + <usize>C * plane;
  const pD = planes + <usize>D * plane;
  const pE = planes + <usize>E * plane;
  const pM = planes + <usize>M * plane;
  const pN = planes + <usize>N * plane;
  const sA = sums + <usize>A * plane;
  const sB = sums + <usize>B * plane;
  const sM = sums + <usize>M * plane;
  const sN = sums + <usize>N * plane;
  const channelLevel = <i32>load<i16>(level + (<usize>c << 1));
  const channelBase = <i32>load<i16>(base + (<usize>c << 1));
  const r1At = references + <usize>(c * positions) * 4;
  const r2At = r1At + <usize>(channels * positions) * 4;
  const lin1 = lin + <usize>((channels + 1) * 4);
  const lin2 = lin1 + <usize>((channels + 1) * 4);
  const lin3 = lin2 + <usize>((channels + 1) * 4);
  const scaleWeights = scaleFirst + kind * <usize>((temporal ? SCALE_FEATURES : OWN_FEATURES) * HIDDEN * 2);
  const meanWeights = meanFirst + kind * <usize>(MEAN_FEATURES * HIDDEN * 2);

  if (!isBlind) {
    for (let i = 0, p = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, p++) {
        const a = <usize>(((i + 1) * 18 + j + 1) << 2);
        store<i32>(actFast + a, lg(at32(fast, p) + 16) - lg(at32(fast + <usize>(kinds * 1024), p) + 16));
        store<i32>(actSlow + a, lg(at32(slow, p) + 16) - lg(at32(slow + <usize>(kinds * 1024), p) + 16));
      }
    }
  }
  let prior = 0;
  if (A > 0 && B > 0) prior = (at32(lin, A) + at32(lin, B)) >> 1;
  else if (A > 0) prior = at32(lin, A);
  else if (B > 0) prior = at32(lin, B);
  else if (M > 0) prior = at32(lin, M);
  const chunk0 = temporal ? lg(at32(lin1, A) + at32(lin1, B) + at32(lin1, M) + 1) : 0;
  const chunk1 = temporal ? lg(at32(lin2, A) + at32(lin2, B) + at32(lin2, M) + 1) - chunk0 : 0;
  const chunk2 = temporal ? lg(at32(lin3, A) + at32(lin3, B) + at32(lin3, M) + 1) - chunk0 : 0;
  const logA = at32(logLin, A);
  const logB = at32(logLin, B);
  const logM = at32(logLin, M);
  let total0 = 0;
  let total1 = 0;
  let total2 = 0;
  let total3 = 0;
  let at = c * positions;

  for (let i = 0, p = 0; i < rows; i++) {
    const own = lg((total0 * 64 + 16 * prior) / (i * columns + 16) + 1);
    const rows0 = temporal ? lg(total1 + 16) : 0;
    const rows1 = temporal ? lg(total2 + 16) - rows0 : 0;
    const rows2 = temporal ? lg(total3 + 16) - rows0 : 0;
    for (let j = 0; j < columns; j++, p++, at++) {
      const q = <i64>at32(inverse, p);
      const m = <i32>load<u8>(mult + p);
      const lessLevel = at32(levels, p);
      const lev = min(max(channelLevel - lessLevel, 0), 255);
      const o = <usize>(((i + 2) * STRIDE + j + 2) << 1);
      let g0 = 0;
      let g1 = 0;
      let g2 = 0;
      if (slot >= 0 && !isBlind) {
        g0 = predict(0, c, i, j, slot, m);
        if (temporal) {
          g1 = predict(1, c, i, j, slot, m);
          g2 = predict(2, c, i, j, slot, m);
        }
      }
      let mean = g0;
      let r1 = 0;
      let r2 = 0;
      let mag1 = 0;
      let mag2 = 0;
      let magBetween = 0;
      if (temporal) {
        r1 = load<i32>(r1At + (<usize>p << 2));
        r2 = load<i32>(r2At + (<usize>p << 2));
        mag1 = lg(abs(r1) + 4) - 16;
        mag2 = lg(abs(r2) + 4) - 16;
        magBetween = lg(abs(r1 - r2) + 4) - 16;
        put(0, mag1);
        put(1, mag2);
        put(2, magBetween);
        if (isBlind) {
          for (let f = 3; f < 12; f++) put(f, 0);
          for (let f = 16; f < 20; f++) put(f, 0);
        } else {
          for (let n = 1; n < 4; n++) {
            const shift = <usize>n * planeBytes + o;
            const own0 = cur + shift;
            put(2 + n, mag(px(own0 - 2) + px(own0 - 2 * STRIDE) + px(own0 - 2 * STRIDE - 2) + px(own0 - 2 * STRIDE + 2), q));
            put(5 + n, mag(px(pA + shift) + px(pB + shift) + px(pC + shift) + px(pM + shift) + px(pN + shift), q));
            put(8 + n, mag(px(sA + shift) + px(sB + shift) + px(sM + shift), q));
          }
          put(16, clip(chunk1));
          put(17, clip(chunk2));
          put(18, clip(rows1));
          put(19, clip(rows2));
        }
        const slow0 = lg(at32(slow + 1024, p) + 16);
        put(12, clip(lg(at32(slow + 2048, p) + 16) - slow0));
        put(13, clip(lg(at32(slow + 3072, p) + 16) - slow0));
        const fast0 = lg(at32(fast + 1024, p) + 16);
        put(14, clip(lg(at32(fast + 2048, p) + 16) - fast0));
        put(15, clip(lg(at32(fast + 3072, p) + 16) - fast0));
        put(20, <i32>load<u8>(clear + p) >> 1);
        put(21, dates > 0 ? <i32>load<u8>(clear + positions + p) >> 1 : -32);
        put(22, dates > 1 ? <i32>load<u8>(clear + 2 * positions + p) >> 1 : -32);
        put(23, isBlind ? 32 : 0);
        put(24, lev - 64);
        put(25, (j == 0 ? 16 : 0) + (i == 0 ? 16 : 0));
        perceptron(MEAN_FEATURES, meanWeights, meanBias + (<usize>c << 5));
        const outs = meanOut + kind * <usize>(CANDIDATES * HIDDEN * 2);
        const starts = meanBase + <usize>(c * CANDIDATES * 2);
        mean = weight(outs, starts) * r1 + weight(outs + 32, starts + 2) * r2;
        if (slot >= 0) mean += weight(outs + 64, starts + 4) * g0 + weight(outs + 96, starts + 6) * g1 + weight(outs + 128, starts + 8) * g2;
        mean = min(max((mean + 128) >> 8, -MEAN_LIMIT), MEAN_LIMIT);
      }
      store<i32>(means + (<usize>at << 2), mean);
      if (isBlind) continue;

      const a = <usize>(((i + 1) * 18 + j + 1) << 2);
      const o0 = cur + o;
      put(0, mag(px(o0 - 2), q));
      put(1, mag(px(o0 - 2 * STRIDE), q));
      put(2, mag(px(o0 - 2 * STRIDE - 2) + px(o0 - 2 * STRIDE + 2), q));
      put(3, mag(px(o0 - 4) + px(o0 - 4 * STRIDE), q));
      put(4, mag(px(pA + o), q));
      put(5, mag(px(pB + o), q));
      put(6, mag(px(pC + o) + px(pD + o) + px(pE + o), q));
      put(7, mag(px(sA + o), q));
      put(8, mag(px(sB + o), q));
      put(9, mag(px(pM + o), q));
      put(10, mag(px(pN + o), q));
      put(11, mag(at32(frequencySums, p), q));
      put(12, mag(px(sM + o) + px(sN + o), q));
      put(13, clip(load<i32>(actFast + a)));
      put(14, clip(load<i32>(actSlow + a)));
      put(15, clip((load<i32>(actSlow + a - 72) + load<i32>(actSlow + a + 72) + load<i32>(actSlow + a - 4) + load<i32>(actSlow + a + 4)) >> 1));
      put(16, clip((load<i32>(actFast + a - 72) + load<i32>(actFast + a + 72) + load<i32>(actFast + a - 4) + load<i32>(actFast + a + 4)) >> 1));
      put(17, lev - 64);
      put(18, logA);
      put(19, logB);
      put(20, logM);
      put(21, own);
      put(22, j == 0 ? 16 : 0);
      put(23, i == 0 ? 16 : 0);
      if (temporal) {
        put(24, mag1);
        put(25, mag2);
        put(26, magBetween);
        put(27, lg(abs(mean) + 4) - 16);
        let near = 0;
        if (j > 0) near += between(r1At, r2At, p - 1);
        if (j + 1 < columns) near += between(r1At, r2At, p + 1);
        if (i > 0) near += between(r1At, r2At, p - columns);
        if (i + 1 < rows) near += between(r1At, r2At, p + columns);
        put(28, lg(near + 4) - 16);
        put(29, <i32>load<u8>(clear + p) >> 1);
        put(30, dates > 0 ? <i32>load<u8>(clear + positions + p) >> 1 : -32);
        put(31, dates > 1 ? <i32>load<u8>(clear + 2 * positions + p) >> 1 : -32);
        perceptron(SCALE_FEATURES, scaleWeights, scaleBias + (<usize>c << 5));
      } else {
        perceptron(OWN_FEATURES, scaleWeights, scaleBias + (<usize>c << 5));
      }
      const said = channelBase - 32 * lessLevel + output(scaleOut + (kind << 5));
      const scale = min(max((said + 32) >> 6, 0), scales - 1);
      const whole = scale < fine ? mean >> 3 : (mean + 4) >> 3;
      const row = scale < fine ? 8 * scale + (mean & 7) : 8 * fine + scale - fine;
      let symbol: i32;
      if (mode == DECODE) {
        const residual = readSymbol(tableFirst, tableCount, tableStart, tableCum, tableHint, row);
        if (residual == ENDED) return 1;
        if (residual == OUT_OF_RANGE) return 3;
        symbol = residual + whole;
        if (symbol < -SYMBOL_LIMIT || symbol > SYMBOL_LIMIT) return 3;
        store<i16>(symbols + (<usize>at << 1), <i16>symbol);
      } else {
        symbol = <i32>load<i16>(symbols + (<usize>at << 1));
        store<u16>(coded + (<usize>at << 2), <u16>row);
        store<i16>(coded + (<usize>at << 2), <i16>(symbol - whole), 2);
      }
      const v = 8 * symbol;
      const e0 = min((abs(v - mean) * m) >> 4, 65535);
      store<u16>(o0, <u16>e0);
      total0 += e0;
      if (temporal) {
        const e1 = min((abs(v) * m) >> 4, 65535);
        const e2 = min((abs(v - r1) * m) >> 4, 65535);
        const e3 = min((abs(v - r2) * m) >> 4, 65535);
        store<u16>(o0 + planeBytes, <u16>e1);
        store<u16>(o0 + 2 * planeBytes, <u16>e2);
        store<u16>(o0 + 3 * planeBytes, <u16>e3);
        total1 += e1;
        total2 += e2;
        total3 += e3;
      }
      if (c < linearSpan) {
        const to = values + (<usize>c << 10) + <usize>((i * 16 + j) << 2);
        store<i32>(to, v * m);
        if (temporal) {
          store<i32>(to + valueBytes, (v - r1) * m);
          store<i32>(to + 2 * valueBytes, (v - r2) * m);
        }
      }
    }
  }
  if (isBlind) return 0;
  store<i32>(totals, total0);
  store<i32>(totals, total1, 4);
  store<i32>(totals, total2, 8);
  store<i32>(totals, total3, 12);
  for (let n = 0; n < kinds; n++) {
    const linear = (at32(totals, n) * 64) / positions;
    store<i32>(lin + <usize>(((channels + 1) * n + c + 1) << 2), linear);
    if (n == 0) store<i32>(logLin + (<usize>(c + 1) << 2), lg(linear + 1));
    finish(n, cur + <usize>n * planeBytes, sums + <usize>(c + 1) * plane + <usize>n * planeBytes);
  }
  for (let i = 0, p = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, p++) {
      const p4 = <usize>p << 2;
      const lev = min(max(channelLevel - load<i32>(levels + p4), 0), 255);
      const e = <i32>load<i16>(expect + (<usize>lev << 1));
      const o = <usize>(((i + 2) * STRIDE + j + 2) << 1);
      store<i32>(frequencySums + p4, load<i32>(frequencySums + p4) + px(cur + o));
      decay(<usize>kinds, p4, e);
    }
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function weight(weights: usize, start: usize): i32 {
  return min(max(output(weights) + <i32>load<i16>(start), -512), 512);
}

// @ts-ignore: decorator
@inline
function between(r1At: usize, r2At: usize, p: i32): i32 {
  return abs(at32(r1At, p) - at32(r2At, p));
}

// @ts-ignore: decorator
@inline
function decay(n: usize, p4: usize, z: i32): void {
  const f = fast + (n << 10) + p4;
  const s = slow + (n << 10) + p4;
  store<i32>(f, load<i32>(f) + z - (load<i32>(f) >> 3));
  store<i32>(s, load<i32>(s) + z - (load<i32>(s) >> 6));
}

/** Of a plane that is whole now: the sums of four neighbours, and the positions' decayed sums. */
function finish(n: i32, plane: usize, sum: usize): void {
  for (let i = 0, p = 0; i < rows; i++) {
    let o = <usize>(((i + 2) * STRIDE + 2) << 1);
    for (let j = 0; j < columns; j++, p++, o += 2) {
      const at = plane + o;
      store<u16>(sum + o, <u16>min(px(at - 2 * STRIDE) + px(at + 2 * STRIDE) + px(at - 2) + px(at + 2), 65535));
      decay(<usize>n, <usize>p << 2, 16 * mag(px(at), <i64>at32(inverse, p)));
    }
  }
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
    for (let p = 0; p < size; p++) {
      let t: i64 = 0;
      let at = digital + <usize>(f * size + p) * 4;
      for (let k = 0; k < 12; k++, at += <usize>(256 * size) * 4) t += <i64>at32(turns, k) * <i64>load<i32>(at);
      const unit = <f64>(ownStep8 * <i32>load<u8>(ownMults + p)) * gain;
      const v = Math.floor((<f64>t * 32) / unit + 0.5);
      store<i32>(out + <usize>(c * size + p) * 4, <i32>min<f64>(max<f64>(v, -MEAN_LIMIT), MEAN_LIMIT));
    }
  }
}

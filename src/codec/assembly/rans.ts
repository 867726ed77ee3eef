// AssemblyScript, compiled to WebAssembly by scripts/build-wasm.mjs. The range asymmetric numeral system (Duda 2013) in the 64-bit,
// 32-bit-word form of ryg_rans as CompressAI 1.2.8 uses it (cpp_exts/rans/rans_interface.cpp): 16 bits of precision, a state of at
// least 2^31, escapes coded by raw 4-bit digits. Streams are equal byte for byte.
//
// Tables of one quality step, one row a (set, channel): row = set * channels + channel.
//   first  i32[rows]      smallest ordinary symbol
//   count  i32[rows]      ordinary symbols; the entry after them is the escape
//   start  i32[rows]      index of the row's cumulative frequencies in cum
//   cum    i32[...]       count + 2 values a row, from 0 to 65536
//   hint   u16[rows * 64] for each 1/64 of the frequency range, the entry that it starts in
// Symbols are i16, channel by channel: symbol[channel * positions + position]; `sets` holds each position's set.

import { LOWER, endStream, pointer, readSymbol, setStream, writeSymbol, x, ENDED, OUT_OF_RANGE } from "./stream";

// Decoder outcome: 0 whole, 1 the stream ended early, 2 bytes were left over or the final state is wrong, 3 an escape out of range.
export function decode(
  first: usize, count: usize, start: usize, cum: usize, hint: usize,
  sets: usize, positions: i32, channels: i32, tableChannels: i32, bytes: usize, length: i32, symbols: usize,
): i32 {
  if (length < 8) return 1;
  let pointer = bytes + 8;
  const end = bytes + (length & ~3);
  let x: u64 = load<u64>(bytes);
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < positions; p++) {
      const row = <usize>(<i32>load<u8>(sets + p) * tableChannels + c);
      const row4 = row << 2;
      const entries = cum + (<usize>load<i32>(start + row4) << 2);
      const target = <i32>(x & 0xffff);
      let s = <i32>load<u16>(hint + (row << 7) + (<usize>(target >> 10) << 1));
      let low = load<i32>(entries + (<usize>s << 2));
      let high = load<i32>(entries + (<usize>s << 2), 4);
      while (high <= target) {
        s++;
        low = high;
        high = load<i32>(entries + (<usize>s << 2), 4);
      }
      x = <u64>(high - low) * (x >> 16) + <u64>(target - low);
      if (x < LOWER) {
        if (pointer >= end) return 1;
        x = (x << 32) | <u64>load<u32>(pointer);
        pointer += 4;
      }
      const escape = load<i32>(count + row4);
      if (s == escape) {
        let digit = <i32>(x & 15);
        x >>= 4;
        if (x < LOWER) {
          if (pointer >= end) return 1;
          x = (x << 32) | <u64>load<u32>(pointer);
          pointer += 4;
        }
        let digits = digit;
        while (digit == 15) {
          digit = <i32>(x & 15);
          x >>= 4;
          if (x < LOWER) {
            if (pointer >= end) return 1;
            x = (x << 32) | <u64>load<u32>(pointer);
            pointer += 4;
          }
          digits += digit;
        }
        if (digits > 5) return 3;
        let raw = 0;
        for (let j = 0; j < digits; j++) {
          raw |= <i32>(x & 15) << (j << 2);
          x >>= 4;
          if (x < LOWER) {
            if (pointer >= end) return 1;
            x = (x << 32) | <u64>load<u32>(pointer);
            pointer += 4;
          }
        }
        s = raw >> 1;
        s = raw & 1 ? -s - 1 : s + escape;
      }
      const symbol = s + load<i32>(first + row4);
      if (symbol < -32768 || symbol > 32767) return 3;
      store<i16>(symbols, <i16>symbol);
      symbols += 2;
    }
  }
  return x == LOWER && pointer == end && length == (length & ~3) ? 0 : 2;
}

// Writes the stream so that it ends at `limit`; gives its first byte's address, or 0 when it would grow below `floor`.
export function encode(
  first: usize, count: usize, start: usize, cum: usize,
  sets: usize, positions: i32, channels: i32, tableChannels: i32, symbols: usize, floor: usize, limit: usize,
): usize {
  let pointer = limit;
  let x: u64 = LOWER;
  let at = symbols + (<usize>(positions * channels) << 1);
  for (let c = channels - 1; c >= 0; c--) {
    for (let p = positions - 1; p >= 0; p--) {
      at -= 2;
      if (pointer < floor + 64) return 0;
      const row = <usize>(<i32>load<u8>(sets + p) * tableChannels + c);
      const row4 = row << 2;
      const entries = cum + (<usize>load<i32>(start + row4) << 2);
      const escape = load<i32>(count + row4);
      let s = <i32>load<i16>(at) - load<i32>(first + row4);
      if (s < 0 || s >= escape) {
        const raw: u32 = s < 0 ? <u32>(-2 * s - 1) : <u32>(2 * (s - escape));
        let digits = 0;
        while (raw >> (<u32>digits << 2)) digits++;
        for (let j = digits - 1; j >= 0; j--) {
          if (x >= <u64>1 << 59) {
            pointer -= 4;
            store<u32>(pointer, <u32>x);
            x >>= 32;
          }
          x = (x << 4) | <u64>((raw >> (<u32>j << 2)) & 15);
        }
        if (x >= <u64>1 << 59) {
          pointer -= 4;
          store<u32>(pointer, <u32>x);
          x >>= 32;
        }
        x = (x << 4) | <u64>digits;
        s = escape;
      }
      const low = load<i32>(entries + (<usize>s << 2));
      const frequency = <u64>(load<i32>(entries + (<usize>s << 2), 4) - low);
      if (x >= frequency << 47) {
        pointer -= 4;
        store<u32>(pointer, <u32>x);
        x >>= 32;
      }
      x = ((x / frequency) << 16) + (x % frequency) + <u64>low;
    }
  }
  pointer -= 8;
  store<u64>(pointer, x);
  return pointer;
}

// The same coder with an explicit table row a symbol (u16), as CompressAI's encode_with_indexes and decode_stream. Between calls a
// decoder is its state of 12 bytes, x u64 and the next byte's address u32: 0 as address starts it, `bytes`.. to `limit` is the stream.

// Outcome as decode's, of these symbols alone: 0, 1 or 3; 4 a row is not in the tables. The state moves on only with 0.
export function decodeIndexed(
  first: usize, count: usize, start: usize, cum: usize, hint: usize, tableRows: i32,
  rows: usize, length: i32, state: usize, limit: usize, symbols: usize,
): i32 {
  setStream(load<u64>(state), load<u32>(state, 8), limit);
  for (let i = 0; i < length; i++) {
    const row = <usize>load<u16>(rows + (<usize>i << 1));
    if (<i32>row >= tableRows) return 4;
    const symbol = readSymbol(first, count, start, cum, hint, row);
    if (symbol == ENDED) return 1;
    if (symbol == OUT_OF_RANGE) return 3;
    store<i16>(symbols + (<usize>i << 1), <i16>symbol);
  }
  store<u64>(state, x);
  store<u32>(state, <u32>pointer, 8);
  return 0;
}

// As encode: the stream ends at `limit`, its first byte's address is given; 0 when a row is not in the tables. There must be
// 8 bytes a symbol and 64 more below `limit`: an escape takes less.
export function encodeIndexed(
  first: usize, count: usize, start: usize, cum: usize, tableRows: i32,
  rows: usize, length: i32, symbols: usize, limit: usize,
): usize {
  setStream(LOWER, limit, limit);
  for (let i = length - 1; i >= 0; i--) {
    const row = <usize>load<u16>(rows + (<usize>i << 1));
    if (<i32>row >= tableRows) return 0;
    writeSymbol(first, count, start, cum, row, load<i16>(symbols + (<usize>i << 1)));
  }
  return endStream();
}

// TEC-FP of a lapped model: rows come from names, which come first in the stream. `state` as decodeIndexed's.
// Names in reading order; `lows` 0: of the low half, the class is the spread of left and top; else high names, the class is that of the low
// name. Row = base + context * classes + class, context = (left + top + 1) >> 1, the one that is there, or `sets`.
export function decodeNames(
  first: usize, count: usize, start: usize, cum: usize, hint: usize,
  base: i32, classes: i32, sets: i32, shift: i32, lows: usize, height: i32, width: i32, state: usize, limit: usize, names: usize,
): i32 {
  setStream(load<u64>(state), load<u32>(state, 8), limit);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const p = <usize>(r * width + c);
      const left = c > 0 ? <i32>load<u8>(names + p - 1) : -1;
      const top = r > 0 ? <i32>load<u8>(names + p - <usize>width) : -1;
      const context = left < 0 ? (top < 0 ? sets : top) : top < 0 ? left : (left + top + 1) >> 1;
      let kind = 0;
      if (lows != 0) kind = <i32>load<u8>(lows + p) >> shift;
      else if (left >= 0 && top >= 0) {
        const spread = (left > top ? left - top : top - left) >> 1;
        kind = spread < 2 ? spread : 2;
      }
      const name = readSymbol(first, count, start, cum, hint, <usize>(base + context * classes + kind));
      if (name == ENDED) return 1;
      if (name < 0 || name >= sets) return 5;
      store<u8>(names + p, <u8>name);
    }
  }
  store<u64>(state, x);
  store<u32>(state, <u32>pointer, 8);
  return 0;
}

/** Of a row whose likeliest symbol is rarer than this, of 65536, no symbol is tried first. */
const LIKELY: i32 = 26000;

// For each row of the tables the symbol that is tried first, u64: its first frequency, its frequency (0 where none is likely), itself; 16 bits each.
export function likeliest(first: usize, count: usize, start: usize, cum: usize, rows: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    const row4 = <usize>row << 2;
    const entries = cum + (<usize>load<i32>(start + row4) << 2);
    const escape = load<i32>(count + row4);
    let found: u64 = 0;
    let most = LIKELY;
    for (let s = 0; s < escape; s++) {
      const low = load<i32>(entries + (<usize>s << 2));
      const frequency = load<i32>(entries + (<usize>s << 2), 4) - low;
      const symbol = s + load<i32>(first + row4);
      if (frequency < most || frequency > 65535 || symbol < -32768 || symbol > 32767) continue;
      most = frequency;
      found = <u64>low | (<u64>frequency << 16) | (<u64>(symbol & 0xffff) << 32);
    }
    store<u64>(out + (<usize>row << 3), found);
  }
}

// `likely` is what likeliest gave. Symbols i16, channel by channel: row = rowOf[name of the channel's half at the position][channel]. Predicted channels hold differences
// (docs/format.md §5), in units of step / 16. The stream ends with the last symbol. Outcome as decode's.
export function decodeProfiled(
  first: usize, count: usize, start: usize, cum: usize, hint: usize, likely: usize,
  rowOf: usize, half: usize, predicted: usize, tableChannels: i32, channels: i32, height: i32, width: i32,
  lowNames: usize, highNames: usize, mult: usize, state: usize, limit: usize, symbols: usize,
): i32 {
  let y = load<u64>(state);
  let at: usize = load<u32>(state, 8);
  const positions = height * width;
  for (let c = 0; c < channels; c++) {
    const names = load<u8>(half + <usize>c) == 0 ? lowNames : highNames;
    const isPredicted = load<u8>(predicted + <usize>c) != 0;
    const plane = symbols + (<usize>(c * positions) << 1);
    const rowsOf = rowOf + (<usize>c << 1);
    for (let p = 0; p < positions; p++) {
      const row = <usize>load<u16>(rowsOf + (<usize>(<i32>load<u8>(names + <usize>p) * tableChannels) << 1));
      const target = <i32>(y & 0xffff);
      // Neither the likeliest symbol nor where it lies depends on the state: what comes next need not wait for a search.
      const tried = load<u64>(likely + (row << 3));
      const within = target - <i32>(tried & 0xffff);
      if (<u32>within < (<u32>(tried >> 16) & 0xffff)) {
        y = ((tried >> 16) & 0xffff) * (y >> 16) + <u64>within;
        if (y < LOWER) {
          if (at >= limit) return 1;
          y = (y << 32) | <u64>load<u32>(at);
          at += 4;
        }
        let likelySymbol = <i32><i16>(tried >> 32);
        if (isPredicted) {
          likelySymbol += predict(plane, mult, p, width);
          if (likelySymbol < -32768 || likelySymbol > 32767) return 3;
        }
        store<i16>(plane + (<usize>p << 1), <i16>likelySymbol);
        continue;
      }
      const row4 = row << 2;
      const entries = cum + (<usize>load<i32>(start + row4) << 2);
      let s = <i32>load<u16>(hint + (row << 7) + (<usize>(target >> 10) << 1));
      let low = load<i32>(entries + (<usize>s << 2));
      let high = load<i32>(entries + (<usize>s << 2), 4);
      while (high <= target) {
        s++;
        low = high;
        high = load<i32>(entries + (<usize>s << 2), 4);
      }
      y = <u64>(high - low) * (y >> 16) + <u64>(target - low);
      if (y < LOWER) {
        if (at >= limit) return 1;
        y = (y << 32) | <u64>load<u32>(at);
        at += 4;
      }
      const escape = load<i32>(count + row4);
      if (s == escape) {
        let digit = <i32>(y & 15);
        y >>= 4;
        if (y < LOWER) {
          if (at >= limit) return 1;
          y = (y << 32) | <u64>load<u32>(at);
          at += 4;
        }
        const digits = digit;
        if (digits > 5) return 3;
        let raw = 0;
        for (let j = 0; j < digits; j++) {
          raw |= <i32>(y & 15) << (j << 2);
          y >>= 4;
          if (y < LOWER) {
            if (at >= limit) return 1;
            y = (y << 32) | <u64>load<u32>(at);
            at += 4;
          }
        }
        s = raw >> 1;
        s = raw & 1 ? -s - 1 : s + escape;
      }
      let symbol = s + load<i32>(first + row4);
      if (isPredicted) symbol += predict(plane, mult, p, width);
      if (symbol < -32768 || symbol > 32767) return 3;
      store<i16>(plane + (<usize>p << 1), <i16>symbol);
    }
  }
  return y == LOWER && at == limit ? 0 : 2;
}

// What a predicted channel's symbol is expected to be: floor((left + top) / 2) in units of step / 16, in the position's own step, rounded.
function predict(plane: usize, mult: usize, p: i32, width: i32): i32 {
  if (p == 0) return 0;
  const own = <i32>load<u8>(mult + <usize>p);
  let expected = 0;
  if (p % width > 0) expected = <i32>load<i16>(plane + (<usize>(p - 1) << 1)) * <i32>load<u8>(mult + <usize>(p - 1));
  if (p >= width) {
    const top = <i32>load<i16>(plane + (<usize>(p - width) << 1)) * <i32>load<u8>(mult + <usize>(p - width));
    expected = p % width > 0 ? (expected + top) >> 1 : top;
  }
  const doubled = 2 * expected + own;
  const divisor = 2 * own;
  const quotient = doubled / divisor;
  return doubled % divisor < 0 ? quotient - 1 : quotient;
}

// XXH32, seed 0, of bytes at `at`: length a multiple of 2 (src/codec/xxhash32.ts says it at length).
export function xxhash32(at: usize, length: i32): u32 {
  const end = at + <usize>length;
  let hash: u32 = P5;
  if (length >= 16) {
    let a: u32 = P1 + P2, b: u32 = P2, c: u32 = 0, d: u32 = 0 - P1;
    for (; at + 16 <= end; at += 16) {
      a = rotl<u32>(a + load<u32>(at) * P2, 13) * P1;
      b = rotl<u32>(b + load<u32>(at, 4) * P2, 13) * P1;
      c = rotl<u32>(c + load<u32>(at, 8) * P2, 13) * P1;
      d = rotl<u32>(d + load<u32>(at, 12) * P2, 13) * P1;
    }
    hash = rotl<u32>(a, 1) + rotl<u32>(b, 7) + rotl<u32>(c, 12) + rotl<u32>(d, 18);
  }
  hash += <u32>length;
  for (; at + 4 <= end; at += 4) hash = rotl<u32>(hash + load<u32>(at) * P3, 17) * P4;
  for (; at < end; at++) hash = rotl<u32>(hash + <u32>load<u8>(at) * P5, 11) * P1;
  hash = (hash ^ (hash >> 15)) * P2;
  hash = (hash ^ (hash >> 13)) * P3;
  return hash ^ (hash >> 16);
}

const P1: u32 = 0x9e3779b1;
const P2: u32 = 0x85ebca77;
const P3: u32 = 0xc2b2ae3d;
const P4: u32 = 0x27d4eb2f;
const P5: u32 = 0x165667b1;

// Lists the symbols, i16 [channels][positions], that are not 0: i32 starts[channels + 1], i16 values, u8 places; gives how many there are. 32 bytes may be
// read beyond the symbols. There must be room for all of them.
export function list(symbols: usize, channels: i32, positions: i32, starts: usize, values: usize, places: usize): i32 {
  const none = i16x8.splat(0);
  let n: usize = 0;
  for (let c = 0; c < channels; c++) {
    store<i32>(starts + (<usize>c << 2), <i32>n);
    const plane = symbols + (<usize>(c * positions) << 1);
    for (let p = 0; p < positions; p += 16) {
      const at = plane + (<usize>p << 1);
      const zeros = i8x16.narrow_i16x8_s(i16x8.eq(v128.load(at), none), i16x8.eq(v128.load(at, 16), none));
      let bits = ~i8x16.bitmask(zeros) & (positions - p < 16 ? (1 << (positions - p)) - 1 : 0xffff);
      while (bits != 0) {
        const q = p + ctz(bits);
        bits &= bits - 1;
        store<i16>(values + (n << 1), load<i16>(plane + (<usize>q << 1)));
        store<u8>(places + n, <u8>q);
        n++;
      }
    }
  }
  store<i32>(starts + (<usize>channels << 2), <i32>n);
  return <i32>n;
}

// The range coder's state while a stream with an explicit table row a symbol (CompressAI's encode_with_indexes, decode_stream) is read
// or written; rans.ts says what the tables hold. Of a coder's state only these globals are kept: one step is short, and loops stay readable.

export const LOWER: u64 = 1 << 31;

export let x: u64 = 0;
export let pointer: usize = 0;
export let limitAt: usize = 0;

export function setStream(state: u64, at: usize, limit: usize): void {
  x = state;
  pointer = at;
  limitAt = limit;
}

function refill(): void {
  if (x >= LOWER) return;
  // past the end the state is filled with zeros and the pointer shows it
  x = (x << 32) | (pointer < limitAt ? <u64>load<u32>(pointer) : 0);
  pointer += 4;
}

function readDigit(): i32 {
  const digit = <i32>(x & 15);
  x >>= 4;
  refill();
  return digit;
}

function writeDigit(digit: u32): void {
  flush(<u64>1 << 59);
  x = (x << 4) | <u64>digit;
}

function flush(bound: u64): void {
  if (x < bound) return;
  pointer -= 4;
  store<u32>(pointer, <u32>x);
  x >>= 32;
}

/** What readSymbol gives where the stream ended early, or an escape is out of range. */
export const ENDED: i32 = i32.MIN_VALUE;
export const OUT_OF_RANGE: i32 = i32.MIN_VALUE + 1;

/** The next symbol, by `row` of the tables. */
export function readSymbol(first: usize, count: usize, start: usize, cum: usize, hint: usize, row: usize): i32 {
  const row4 = row << 2;
  const entries = cum + (<usize>load<i32>(start + row4) << 2);
  const target = <i32>(x & 0xffff);
  let s = <i32>load<u16>(hint + (row << 7) + (<usize>(target >> 10) << 1));
  while (load<i32>(entries + (<usize>s << 2), 4) <= target) s++;
  const low = load<i32>(entries + (<usize>s << 2));
  x = <u64>(load<i32>(entries + (<usize>s << 2), 4) - low) * (x >> 16) + <u64>(target - low);
  refill();
  const escape = load<i32>(count + row4);
  if (s == escape) {
    let digit = readDigit();
    let digits = digit;
    while (digit == 15 && digits < 64) {
      digit = readDigit();
      digits += digit;
    }
    if (digits > 5) return pointer > limitAt ? ENDED : OUT_OF_RANGE;
    let raw = 0;
    for (let j = 0; j < digits; j++) raw |= readDigit() << (j << 2);
    s = raw >> 1;
    s = raw & 1 ? -s - 1 : s + escape;
  }
  if (pointer > limitAt) return ENDED;
  const symbol = s + load<i32>(first + row4);
  return symbol < -32768 || symbol > 32767 ? OUT_OF_RANGE : symbol;
}

/** Writes a symbol; a stream's symbols are written last first. */
export function writeSymbol(first: usize, count: usize, start: usize, cum: usize, row: usize, symbol: i32): void {
  const row4 = row << 2;
  const entries = cum + (<usize>load<i32>(start + row4) << 2);
  const escape = load<i32>(count + row4);
  let s = symbol - load<i32>(first + row4);
  if (s < 0 || s >= escape) {
    const raw: u32 = s < 0 ? <u32>(-2 * s - 1) : <u32>(2 * (s - escape));
    let digits: u32 = 0;
    while (raw >> (digits << 2)) digits++;
    for (let j: i32 = digits - 1; j >= 0; j--) writeDigit((raw >> (<u32>j << 2)) & 15);
    writeDigit(digits);
    s = escape;
  }
  const low = load<i32>(entries + (<usize>s << 2));
  const frequency = <u64>(load<i32>(entries + (<usize>s << 2), 4) - low);
  flush(frequency << 47);
  x = ((x / frequency) << 16) + (x % frequency) + <u64>low;
}

/** Ends a stream that was written: the address of its first byte. */
export function endStream(): usize {
  pointer -= 8;
  store<u64>(pointer, x);
  return pointer;
}

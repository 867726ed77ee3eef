import type { SymbolRows } from "../context/perceptron-coder.js";
import { nameRow, profileRows, type LappedTables } from "./entropy-tables.js";
import { entryBits } from "../tables.js";
import type { ProfileNames } from "./factorized.js";
import { differencesOf } from "./predicted.js";

/** Components of a chunk in its own axes and how finely they are kept. */
export interface ChunkComponents {
  /** Weighted digital numbers, [channels of the model][positions]. */
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Quantisation step, weighted digital numbers. */
  readonly step: number;
  /** Each position's step in sixteenths of `step`. */
  readonly mult: Uint8Array;
  /** The model's step whose tables serve. */
  readonly quality: number;
}

export interface QuantisedChunk {
  /** [channels][positions]; channels beyond the last that holds a non-zero are left out, one at least is kept. */
  readonly symbols: Int16Array;
  readonly channels: number;
  readonly names: ProfileNames;
  /** What TEC-FP needs for names and symbols, bits. */
  readonly bits: number;
}

/**
 * What a bit is worth, in squares of the step: rate-distortion-optimised quantisation takes the symbol with the least squared error + LAMBDA x
 * bits. At a high rate 1 bit is 6 dB, so (step^2 / 12) x 2 ln 2 = 0.116 step^2; 0.12 to 0.16 are as good on held-out pictures.
 */
const LAMBDA = 0.14;
/** Symbols beyond are clipped, so that a difference to neighbours of three times the step fits int16. */
const LARGEST = 8191;
/** Symbol = sign(v) floor(|v| + FIRST_ROUNDING) until costs are known. */
const FIRST_ROUNDING = 0.36;
/** Smaller values are 0 whatever it costs. */
const LEAST = 0.5;

/** Quantises chunks of one model; keeps tables of costs. */
export interface Quantiser {
  quantise(chunk: ChunkComponents): QuantisedChunk;
  /** The same by rows of a context model, which the symbols so far gave. */
  requantise(chunk: ChunkComponents, symbols: Int16Array, said: SymbolRows): Omit<QuantisedChunk, "names" | "bits">;
}

export function createQuantiser(tables: LappedTables): Quantiser {
  const bits = entryBits(tables.rows);
  const kept = new Map<number, Costs>();
  const costsAt = (quality: number): Costs => {
    const costs = kept.get(quality) ?? costsOf(tables, bits, quality);
    kept.set(quality, costs);
    return costs;
  };

  return {
    quantise(chunk) {
      const { rows, columns, quality } = chunk;
      const positions = rows * columns;
      const use = costsAt(quality);
      const symbols = firstGuess(chunk, tables);
      let channels = usedChannels(symbols, positions);
      const rough = chooseNames(symbols, channels, chunk, use);
      weigh(chunk, symbols, channels, rough.names, use);
      channels = usedChannels(symbols, positions);
      const { names, bits: cost } = chooseNames(symbols, channels, chunk, use);
      return { symbols: symbols.slice(0, channels * positions), channels, names, bits: cost };
    },
    requantise(chunk, symbols, said) {
      const positions = chunk.rows * chunk.columns;
      const out = weighBy(chunk, symbols, said, costsAt(chunk.quality));
      const channels = usedChannels(out, positions);
      return { symbols: out.slice(0, channels * positions), channels };
    },
  };
}

interface Costs {
  readonly tables: LappedTables;
  /** Bits of each entry of the rows. */
  readonly bits: Float32Array;
  /** [sets][channels]. */
  readonly rowOf: Uint16Array;
  /** [channels][-SMALL..SMALL][sets]: bits of a small symbol beyond those of 0; of 0, its own. */
  readonly small: Float32Array;
  /** [channels + 1][half][sets]: bits of zeros in all channels before. */
  readonly zeros: Float64Array;
}

/** Symbols up to this size are looked up: nearly all are. */
const SMALL = 4;
const SMALLS = 2 * SMALL + 1;

function costsOf(tables: LappedTables, bits: Float32Array, quality: number): Costs {
  const { sets, channels } = tables;
  const rowOf = profileRows(tables, quality);
  const small = new Float32Array(channels * SMALLS * sets);
  const zeros = new Float64Array((channels + 1) * 2 * sets);
  const use: Costs = { tables, bits, rowOf, small, zeros };
  for (let c = 0; c < channels; c++) {
    for (let set = 0; set < sets; set++) {
      const row = rowOf[set * channels + c] ?? 0;
      const zero = bitsOf(use, row, 0);
      for (let symbol = -SMALL; symbol <= SMALL; symbol++)
        small[(c * SMALLS + symbol + SMALL) * sets + set] = symbol === 0 ? zero : bitsOf(use, row, symbol) - zero;
      for (const half of [0, 1]) {
        const at = (2 * c + half) * sets + set;
        zeros[at + 2 * sets] = (zeros[at] ?? 0) + (tables.half[c] === half ? zero : 0);
      }
    }
  }
  return use;
}

function firstGuess(chunk: ChunkComponents, { channels, degain, predicted }: LappedTables): Int16Array {
  const { values, rows, columns, step, mult, quality } = chunk;
  const positions = rows * columns;
  const symbols = new Int16Array(channels * positions);
  const gains = degain[quality] ?? new Float32Array();
  const inverse = Float32Array.from(mult, (m) => 16 / (m * step));
  for (let c = 0, i = 0; c < channels; c++) {
    const gain = 1 / (gains[c] ?? 1);
    const rounding = predicted[c] === 1 ? 0.5 : FIRST_ROUNDING;
    for (let p = 0; p < positions; p++, i++) {
      const v = (values[i] ?? 0) * (inverse[p] ?? 0) * gain;
      const magnitude = Math.floor(Math.abs(v) + rounding);
      if (magnitude > 0) symbols[i] = Math.sign(v) * Math.min(LARGEST, magnitude);
    }
  }
  return symbols;
}

/** One more than the last channel that holds a non-zero; 1 at least. */
function usedChannels(symbols: Int16Array, positions: number): number {
  let last = symbols.length - 1;
  while (last >= 0 && symbols[last] === 0) last--;
  return Math.max(1, Math.floor(last / positions) + 1);
}

/** Bits of a symbol by a row; of an escape each digit beyond the first is 4 more. */
function bitsOf({ tables: { rows }, bits }: Costs, row: number, symbol: number): number {
  const at = symbol - (rows.first[row] ?? 0);
  const [start, count] = [rows.start[row] ?? 0, rows.count[row] ?? 0];
  if (at >= 0 && at < count) return bits[start + at] ?? 0;
  const beyond = at < 0 ? -2 * at : 2 * (at - count) + 1;
  return (bits[start + count] ?? 0) + 4 * Math.floor(Math.log2(beyond + 1) / 4);
}

/** Names that code the symbols in the fewest bits, their own included, position by position. */
function chooseNames(
  symbols: Int16Array,
  channels: number,
  { rows, columns, mult, quality }: ChunkComponents,
  use: Costs,
): { readonly names: ProfileNames; readonly bits: number } {
  const positions = rows * columns;
  const { tables, rowOf } = use;
  const { sets } = tables;
  const zero = Array.from({ length: 2 }, (_, half) =>
    use.zeros.subarray((2 * channels + half) * sets, (2 * channels + half + 1) * sets),
  );
  /** [position][set]: what non-zeros cost beyond zeros. */
  const costs = Array.from({ length: 2 }, () => new Float64Array(sets * positions));
  for (let c = 0; c < channels; c++) {
    const mine = costs[tables.half[c] ?? 0] ?? new Float64Array();
    const plane = symbols.subarray(c * positions, (c + 1) * positions);
    const coded = tables.predicted[c] === 1 ? differencesOf(plane, { rows, columns, mult }) : plane;
    for (let p = 0; p < positions; p++) {
      const symbol = coded[p] ?? 0;
      if (symbol === 0) continue;
      const to = p * sets;
      if (symbol >= -SMALL && symbol <= SMALL) {
        const from = (c * SMALLS + symbol + SMALL) * sets;
        for (let set = 0; set < sets; set++) mine[to + set] = (mine[to + set] ?? 0) + (use.small[from + set] ?? 0);
      } else {
        const zeros = (c * SMALLS + SMALL) * sets;
        for (let set = 0; set < sets; set++)
          mine[to + set] =
            (mine[to + set] ?? 0) +
            bitsOf(use, rowOf[set * tables.channels + c] ?? 0, symbol) -
            (use.small[zeros + set] ?? 0);
      }
    }
  }
  const [low, high] = [new Uint8Array(positions), new Uint8Array(positions)];
  const lowBits = nameHalf(low, undefined, { zero: zero[0], costs: costs[0] });
  const highBits = nameHalf(high, low, { zero: zero[1], costs: costs[1] });
  const each = { names: { low, high }, bits: lowBits + highBits };
  const one = uniform();
  return one.bits < each.bits ? one : each;

  function nameHalf(
    names: Uint8Array,
    lows: Uint8Array | undefined,
    of: { readonly zero: Float64Array | undefined; readonly costs: Float64Array | undefined },
  ): number {
    let total = 0;
    for (let p = 0; p < positions; p++) {
      const left = p % columns > 0 ? (names[p - 1] ?? 0) : -1;
      const top = p >= columns ? (names[p - columns] ?? 0) : -1;
      const row = nameRow(tables, quality, left, top, lows?.[p]);
      let least = Infinity;
      for (let set = 0; set < sets; set++) {
        const cost = (of.zero?.[set] ?? 0) + (of.costs?.[p * sets + set] ?? 0) + bitsOf(use, row, set);
        if (cost >= least) continue;
        least = cost;
        names[p] = set;
      }
      total += least;
    }
    return total;
  }

  /** One pair of names for the whole chunk. */
  function uniform(): { readonly names: ProfileNames; readonly bits: number } {
    const best = [0, 1].map((half) => {
      let [name, least] = [0, Infinity];
      for (let set = 0; set < sets; set++) {
        let cost = (zero[half]?.[set] ?? 0) * positions;
        for (let p = 0; p < positions; p++) cost += costs[half]?.[p * sets + set] ?? 0;
        if (cost < least) [name, least] = [set, cost];
      }
      return { name, least };
    });
    const [lowBest, highBest] = best;
    const [lowName, highName] = [lowBest?.name ?? 0, highBest?.name ?? 0];
    const naming =
      bitsOf(use, nameRow(tables, quality, -1, -1, undefined), lowName) +
      bitsOf(use, nameRow(tables, quality, -1, -1, lowName), highName);
    return {
      names: { low: new Uint8Array(positions).fill(lowName), high: new Uint8Array(positions).fill(highName) },
      bits: (lowBest?.least ?? 0) + (highBest?.least ?? 0) + naming,
    };
  }
}

/** Rate-distortion-optimised quantisation: of the two nearest symbols and 0 the one with the least error + LAMBDA x bits, given the names. */
function weigh(chunk: ChunkComponents, symbols: Int16Array, channels: number, names: ProfileNames, use: Costs): void {
  const { values, rows, columns, step, mult, quality } = chunk;
  const positions = rows * columns;
  const { tables, rowOf } = use;
  const gains = tables.degain[quality] ?? new Float32Array();
  const inverse = Float32Array.from(mult, (m) => 16 / (m * step));
  for (let c = 0; c < channels; c++) {
    if (tables.predicted[c] === 1) continue;
    const gain = gains[c] ?? 1;
    const mine = tables.half[c] === 0 ? names.low : names.high;
    for (let p = 0, i = c * positions; p < positions; p++, i++) {
      const v = ((values[i] ?? 0) * (inverse[p] ?? 0)) / gain;
      const size = Math.abs(v);
      if (size < LEAST) {
        symbols[i] = 0;
        continue;
      }
      const row = rowOf[(mine[p] ?? 0) * tables.channels + c] ?? 0;
      const sign = v < 0 ? -1 : 1;
      const upper = Math.min(LARGEST, Math.floor(size + 0.5));
      let least = Infinity;
      for (
        let magnitude = upper;
        magnitude >= 0;
        magnitude = magnitude > 1 && magnitude === upper ? magnitude - 1 : magnitude > 0 ? 0 : -1
      ) {
        const cost = ((size - magnitude) * gain) ** 2 + LAMBDA * bitsOf(use, row, sign * magnitude);
        if (cost >= least) continue;
        least = cost;
        symbols[i] = sign * magnitude;
      }
    }
  }
}

/**
 * Rate-distortion-optimised quantisation where each symbol has a row of its own: of the two nearest symbols, 0 and the row's middle the one with
 * the least error + LAMBDA x bits.
 */
function weighBy(
  chunk: ChunkComponents,
  symbols: Int16Array,
  { rows: rowOf, offsets }: SymbolRows,
  use: Costs,
): Int16Array {
  const { values, rows, columns, step, mult, quality } = chunk;
  const positions = rows * columns;
  const gains = use.tables.degain[quality] ?? new Float32Array();
  const inverse = Float32Array.from(mult, (m) => 16 / (m * step));
  const out = symbols.slice();
  for (let c = 0; c * positions < symbols.length; c++) {
    if (use.tables.predicted[c] === 1) continue;
    const gain = gains[c] ?? 1;
    for (let p = 0, i = c * positions; p < positions; p++, i++) {
      const v = ((values[i] ?? 0) * (inverse[p] ?? 0)) / gain;
      const offset = offsets[i] ?? 0;
      const lower = Math.floor(v);
      if (Math.abs(v) < LEAST && (offset === 0 || offset === -1)) {
        out[i] = 0;
        continue;
      }
      const row = rowOf[i] ?? 0;
      let least = Infinity;
      const consider = (symbol: number): void => {
        const error = ((v - symbol) * gain) ** 2;
        if (error >= least || Math.abs(symbol) > LARGEST) return;
        const cost = error + LAMBDA * bitsOf(use, row, symbol - offset);
        if (cost >= least) return;
        least = cost;
        out[i] = symbol;
      };
      consider(lower);
      consider(lower + 1);
      consider(0);
      if (offset !== 0) {
        consider(offset);
        consider(offset + 1);
      }
    }
  }
  return out;
}

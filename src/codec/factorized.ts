import { CorruptDataError } from "../core/errors.js";
import { fromDifferences, toDifferences } from "./differences.js";
import { createRansCoder, type RansCoder } from "./rans.js";
import { entryBits, type EntropyTables, type StepTables } from "./tables.js";

/** Quantised latents of one chunk, [channels][rows][columns]; channels beyond the last one that holds a non-zero are left out. */
export interface ChunkSymbols {
  readonly symbols: Int16Array;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** A chunk as entropy-coded parts. */
export interface FactorizedStream {
  readonly stream: Uint8Array;
  /** One set index a block, row-major, packed at `setBits` each, most significant bit first; empty where there is one set. */
  readonly setMap: Uint8Array;
}

/** The parts with what led to them. */
export interface EncodedFactorized extends FactorizedStream {
  /** Table set of each position, row-major. */
  readonly sets: Uint8Array;
}

/** TEC-FP: every symbol by the static table of its channel and of its block's set. Owned by one thread. */
export interface FactorizedCoder {
  encode(chunk: ChunkSymbols, quality: number): EncodedFactorized;
  /** @throws CorruptDataError naming `location`. */
  decode(
    parts: FactorizedStream,
    shape: Omit<ChunkSymbols, "symbols"> & { readonly quality: number },
    location: string,
  ): Int16Array;
}

/** Symbols beyond are clipped, so that differences of two fit int16. */
const LARGEST = 16383;

/** `block`: side in latents of the square blocks that choose a table set. */
export function createFactorizedCoder(tables: EntropyTables, block: number): FactorizedCoder {
  const coders = new Map<number, { readonly rans: RansCoder; readonly step: StepTables }>();
  const setBits = Math.ceil(Math.log2(tables.sets));
  let costs: { readonly quality: number; readonly bits: Float32Array } | undefined;

  function at(quality: number, location: string): { readonly rans: RansCoder; readonly step: StepTables } {
    const known = coders.get(quality);
    if (known !== undefined) return known;
    const step = tables.steps[quality];
    if (step === undefined)
      throw new CorruptDataError(location, `quality step ${quality}, the model has 0 to ${tables.steps.length - 1}`);
    const fresh = { rans: createRansCoder(step), step };
    coders.set(quality, fresh);
    return fresh;
  }

  return {
    encode(symbols, quality) {
      const { rans, step } = at(quality, "encoder");
      const chunk = toDifferences(symbols, tables.predicted);
      if (tables.sets === 1)
        return {
          stream: rans.encode(chunk.symbols, { ...shapeOf(chunk), sets: undefined }),
          setMap: new Uint8Array(),
          sets: new Uint8Array(chunk.rows * chunk.columns),
        };
      if (costs?.quality !== quality) costs = { quality, bits: entryBits(step) };
      const chosen = chooseSets(chunk, step, costs.bits, block);
      const sets = spreadSets(chosen, chunk, block);
      return {
        stream: rans.encode(chunk.symbols, { ...shapeOf(chunk), sets }),
        setMap: packSets(chosen, setBits),
        sets,
      };
    },
    decode({ stream, setMap }, shape, location) {
      const { rans } = at(shape.quality, location);
      const blocks = Math.ceil(shape.rows / block) * Math.ceil(shape.columns / block);
      if (setMap.length !== Math.ceil((blocks * setBits) / 8)) {
        throw new CorruptDataError(
          location,
          `a set map of ${setMap.length} bytes, ${Math.ceil((blocks * setBits) / 8)} expected`,
        );
      }
      const sets = tables.sets === 1 ? undefined : spreadSets(unpackSets(setMap, blocks, setBits), shape, block);
      const symbols = rans.decode(stream, { ...shapeOf(shape), sets }, location);
      fromDifferences(symbols, shape, tables.predicted);
      return symbols;
    },
  };
}

/**
 * Latents [C][rows x columns] before the gain -> symbols: sign(v) floor(|v| + rounding), v = latent x gain, without the
 * channels after the last that holds a non-zero (at least one is kept).
 */
export function quantise(latents: Float32Array, step: StepTables, rows: number, columns: number): ChunkSymbols {
  const positions = rows * columns;
  const symbols = new Int16Array(step.channels * positions);
  let channels = 1;
  for (let c = 0; c < step.channels; c++) {
    const gain = step.gain[c] ?? 1;
    const rounding = step.rounding[c] ?? 0.5;
    for (let i = c * positions; i < (c + 1) * positions; i++) {
      const value = (latents[i] ?? 0) * gain;
      const magnitude = Math.min(LARGEST, Math.floor(Math.abs(value) + rounding));
      if (magnitude === 0) continue;
      symbols[i] = value < 0 ? -magnitude : magnitude;
      channels = c + 1;
    }
  }
  return { symbols: symbols.subarray(0, channels * positions), channels, rows, columns };
}

const shapeOf = (chunk: Omit<ChunkSymbols, "symbols">) => ({
  channels: chunk.channels,
  positions: chunk.rows * chunk.columns,
});

/** For each block the set that codes it in the fewest bits. */
function chooseSets(chunk: ChunkSymbols, step: StepTables, bits: Float32Array, block: number): Uint8Array {
  const { rows, columns, channels, symbols } = chunk;
  const blockColumns = Math.ceil(columns / block);
  const blocks = Math.ceil(rows / block) * blockColumns;
  const positions = rows * columns;
  const blockOf = Uint16Array.from(
    { length: positions },
    (_, i) => Math.floor(Math.floor(i / columns) / block) * blockColumns + Math.floor((i % columns) / block),
  );
  const cost = new Float64Array(step.sets * blocks);
  for (let set = 0; set < step.sets; set++) {
    const ofSet = cost.subarray(set * blocks, (set + 1) * blocks);
    for (let c = 0; c < channels; c++) {
      const row = set * step.channels + c;
      const [start = 0, first = 0, count = 0] = [step.start[row], step.first[row], step.count[row]];
      const plane = symbols.subarray(c * positions, (c + 1) * positions);
      for (let i = 0; i < positions; i++) {
        const s = (plane[i] ?? 0) - first;
        const at = blockOf[i] ?? 0;
        ofSet[at] = (ofSet[at] ?? 0) + (bits[start + (s < 0 || s >= count ? count : s)] ?? 0);
      }
    }
  }
  return Uint8Array.from({ length: blocks }, (_, b) => {
    let best = 0;
    for (let set = 1; set < step.sets; set++)
      if ((cost[set * blocks + b] ?? 0) < (cost[best * blocks + b] ?? 0)) best = set;
    return best;
  });
}

/** Each position's set from its block's. */
function spreadSets(
  ofBlock: Uint8Array,
  shape: { readonly rows: number; readonly columns: number },
  block: number,
): Uint8Array {
  const blockColumns = Math.ceil(shape.columns / block);
  const sets = new Uint8Array(shape.rows * shape.columns);
  for (let r = 0; r < shape.rows; r++) {
    for (let c = 0; c < shape.columns; c++)
      sets[r * shape.columns + c] = ofBlock[Math.floor(r / block) * blockColumns + Math.floor(c / block)] ?? 0;
  }
  return sets;
}

function packSets(sets: Uint8Array, bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((sets.length * bits) / 8));
  for (let i = 0; i < sets.length; i++) {
    for (let b = 0; b < bits; b++) {
      const at = i * bits + b;
      if ((((sets[i] ?? 0) >> (bits - 1 - b)) & 1) === 1) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (128 >> (at & 7));
    }
  }
  return bytes;
}

function unpackSets(bytes: Uint8Array, count: number, bits: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => {
    let set = 0;
    for (let at = i * bits; at < (i + 1) * bits; at++)
      set = (set << 1) | (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return set;
  });
}

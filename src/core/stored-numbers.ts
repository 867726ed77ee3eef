export type SampleType = "uint8" | "uint16" | "int16" | "float32";
export type StoredArray = Uint8Array | Uint16Array | Int16Array | Float32Array;

export const STORED_ARRAY = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  float32: Float32Array,
} as const;

export const STORED_RANGE: Readonly<Record<SampleType, readonly [low: number, high: number]>> = {
  uint8: [0, 255],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  float32: [-Infinity, Infinity],
};

/** How numbers are stored: stored = (dn - offset) / scale, rounded and clipped to a whole type. */
export interface StoredUnits {
  readonly dtype: SampleType;
  readonly scale: number;
  readonly offset: number;
  /** What stands for holes: a whole number that was observed and is this one becomes the one beside it. */
  readonly hole: number;
}

/** Numbers that are wanted as they are stored. */
export interface WantedNumbers extends StoredUnits {
  /** Pixels across of the blocks that a window is cut into, side by side, which come one after another; as a whole unless given. */
  readonly block?: number | undefined;
}

/** The number that is stored for an observed one that is that of holes. */
export function besideHole({ dtype, hole }: StoredUnits): number {
  return hole < STORED_RANGE[dtype][1] ? hole + 1 : hole - 1;
}

/** Digital numbers as they are stored. */
export function storeNumbers(numbers: Float32Array, units: StoredUnits): StoredArray {
  const { dtype, scale, offset, hole } = units;
  const out = new STORED_ARRAY[dtype](numbers.length);
  if (dtype === "float32") {
    for (let i = 0; i < out.length; i++) out[i] = ((numbers[i] ?? 0) - offset) / scale;
    return out;
  }
  const [low, high] = STORED_RANGE[dtype];
  const beside = besideHole(units);
  for (let i = 0; i < out.length; i++) {
    // Math.round takes four times as long.
    const stored = Math.floor(((numbers[i] ?? 0) - offset) / scale + 0.5);
    const clipped = stored < low ? low : stored > high ? high : stored;
    out[i] = clipped === hole ? beside : clipped;
  }
  return out;
}

/** Planes [rows][columns] cut into blocks side by side: [plane][block][rows][block]. */
export function inBlocks<T extends StoredArray>(numbers: T, { rows, columns, block }: BlockShape): T {
  const out = numbers.slice();
  for (let at = 0; at < numbers.length; at += rows * columns) {
    for (let left = 0; left < columns; left += block) {
      for (let r = 0; r < rows; r++) {
        const from = at + r * columns + left;
        out.set(numbers.subarray(from, from + block), at + rows * left + r * block);
      }
    }
  }
  return out as T;
}

/** Numbers across and down; `block` divides the columns. */
interface BlockShape {
  readonly rows: number;
  readonly columns: number;
  readonly block: number;
}

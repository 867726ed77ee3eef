import { UnsupportedError } from "../core/errors.js";
import type { SampleType } from "./source-tiff-tags.js";

export type Samples = Uint8Array | Uint16Array | Int16Array | Float32Array;

/** How the samples of one TIFF image lie in its decompressed blocks; the same for every block. */
export interface BlockLayout {
  /** The type of all samples. */
  readonly type: SampleType;
  /** Bits of one sample as stored: 1 to 16, or 32 for floats; fewer than 8 or 16 are packed, most significant first. */
  readonly bits: number;
  /** Samples of a pixel that lie side by side: all of a chunky image's, 1 of a planar one's. */
  readonly stride: number;
  /** 1: none; 2: horizontal differences; 3: differences of the bytes of floats. */
  readonly predictor: number;
  readonly littleEndian: boolean;
}

/** TIFF 6.0 section 14 and Adobe's technical note 3 define predictors for whole bytes only. */
export function checkLayout(layout: BlockLayout, location: string): void {
  const { bits, predictor, type } = layout;
  const refuse = (what: string): never => {
    throw new UnsupportedError(`${location} ${what}; rewrite it with gdal_translate -co PREDICTOR=1 -co NBITS=16`);
  };
  if (predictor !== 1 && predictor !== 2 && predictor !== 3) refuse(`has the predictor ${predictor}`);
  if (predictor === 2 && ![8, 16, 32].includes(bits)) refuse(`has predictor 2 with ${bits} bits a sample`);
  if (predictor === 3 && type !== "float32") refuse(`has predictor 3, which is for floats, with ${type} samples`);
}

/** Bytes of a decompressed block's rows; each row begins at a byte. */
export function blockBytes(
  { bits, stride }: BlockLayout,
  { height, rowWidth }: { readonly height: number; readonly rowWidth: number },
): number {
  return Math.ceil((rowWidth * stride * bits) / 8) * height;
}

/**
 * Samples of one decompressed block: byte order and predictor undone, packed bits spread, one array of height x width for each sample
 * asked for. `rowWidth` is the block's stored width, of which the first `width` columns are wanted.
 */
export function unpackBlock(
  bytes: Uint8Array,
  layout: BlockLayout,
  size: { readonly width: number; readonly height: number; readonly rowWidth: number },
  samples: readonly number[],
): readonly Samples[] {
  const { width, height, rowWidth } = size;
  const { stride, type } = layout;
  const count = rowWidth * stride;
  const values = valuesOf(bytes, layout, { count, rows: height });
  if (stride === 1 && rowWidth === width && !(values instanceof Uint32Array)) return samples.map(() => values);
  return samples.map((sample) => {
    const plane = planeOf(type, width * height);
    for (let r = 0; r < height; r++) {
      for (let c = 0, at = r * count + sample; c < width; c++, at += stride) plane[r * width + c] = values[at] ?? 0;
    }
    return plane;
  });
}

/** All values of a block in stored order, rows x count of them. */
function valuesOf(
  bytes: Uint8Array,
  layout: BlockLayout,
  { count, rows }: { readonly count: number; readonly rows: number },
): Samples | Uint32Array {
  const { bits, type, predictor, stride, littleEndian } = layout;
  const rowBytes = Math.ceil((count * bits) / 8);
  // A copy of its own: what follows works in place, and the bytes may lie in a cache.
  const own = new Uint8Array(rowBytes * rows);
  own.set(bytes.subarray(0, own.length));
  if (bits !== 8 && bits !== 16 && bits !== 32) return spreadBits(own, bits, { count, rows });
  if (predictor === 3) undoFloatPredictor(own, { count, rows, stride, size: bits / 8 });
  else if (!littleEndian) swapBytes(own, bits);
  const typed = typedView(own, bits);
  if (predictor === 2) undoDifferences(typed, { count, rows, stride });
  if (bits === 16 && type === "float32") return Float32Array.from(typed, halfFloat);
  if (type === "int16") return new Int16Array(own.buffer);
  return type === "float32" ? new Float32Array(own.buffer) : typed;
}

const typedView = ({ buffer }: Uint8Array<ArrayBuffer>, bits: number): Uint8Array | Uint16Array | Uint32Array =>
  bits === 8 ? new Uint8Array(buffer) : bits === 16 ? new Uint16Array(buffer) : new Uint32Array(buffer);

function swapBytes(bytes: Uint8Array<ArrayBuffer>, bits: number): void {
  const buffer = Buffer.from(bytes.buffer);
  if (bits === 16) buffer.swap16();
  else if (bits === 32) buffer.swap32();
}

/** Sums of differences; the typed array wraps them around as the predictor did. */
function undoDifferences(
  values: Uint8Array | Uint16Array | Uint32Array,
  { count, rows, stride }: { readonly count: number; readonly rows: number; readonly stride: number },
): void {
  for (let r = 0; r < rows; r++) {
    for (let at = r * count + stride, end = (r + 1) * count; at < end; at++)
      values[at] = (values[at] ?? 0) + (values[at - stride] ?? 0);
  }
}

/** From planes of bytes, most significant first whatever the file's order, of differences between bytes, to little-endian floats. */
function undoFloatPredictor(
  bytes: Uint8Array,
  { count, rows, stride, size }: { readonly count: number; rows: number; stride: number; size: number },
): void {
  const rowBytes = count * size;
  const row = new Uint8Array(rowBytes);
  for (let r = 0; r < rows; r++) {
    row.set(bytes.subarray(r * rowBytes, (r + 1) * rowBytes));
    for (let i = stride; i < rowBytes; i++) row[i] = (row[i] ?? 0) + (row[i - stride] ?? 0);
    for (let i = 0; i < count; i++) {
      for (let b = 0; b < size; b++) bytes[r * rowBytes + i * size + b] = row[(size - 1 - b) * count + i] ?? 0;
    }
  }
}

/** Samples of 1 to 15 bits, most significant first; each row begins at a byte. */
function spreadBits(
  bytes: Uint8Array,
  bits: number,
  { count, rows }: { readonly count: number; readonly rows: number },
): Uint16Array {
  const values = new Uint16Array(count * rows);
  const rowBits = Math.ceil((count * bits) / 8) * 8;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < count; i++) values[r * count + i] = packed(bytes, r * rowBits + i * bits, bits);
  }
  return values;
}

function packed(row: Uint8Array, bit: number, bits: number): number {
  const first = bit >> 3;
  const word = ((row[first] ?? 0) << 16) | ((row[first + 1] ?? 0) << 8) | (row[first + 2] ?? 0);
  return (word >> (24 - bits - (bit & 7))) & ((1 << bits) - 1);
}

/** IEEE 754 binary16. */
function halfFloat(code: number): number {
  const sign = code & 0x8000 ? -1 : 1;
  const exponent = (code >> 10) & 0x1f;
  const fraction = code & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export function planeOf(type: SampleType, length: number): Samples {
  if (type === "uint8") return new Uint8Array(length);
  if (type === "uint16") return new Uint16Array(length);
  return type === "int16" ? new Int16Array(length) : new Float32Array(length);
}

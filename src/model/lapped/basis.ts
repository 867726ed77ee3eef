import { sharedMemory } from "../../core/shared-memory.js";
import { CorruptDataError, UnsupportedError } from "../../core/errors.js";
import { AXES_LENGTH, COMPONENTS, FREQUENCIES } from "./geometry.js";

/** What the lapped basis of a model was fitted to (docs/format.md §6). Arrays lie on shared memory. */
export interface LappedBasis {
  /** Each band is multiplied by its weight before everything: how much its errors count. */
  readonly weights: Float32Array;
  /** Common axes C, [GROUPS][component][band], orthonormal rows. */
  readonly common: Float32Array;
  /** Channels, the strongest first: component * FREQUENCIES + frequency. */
  readonly order: Uint16Array;
  /** Coefficients in common axes that the decoder's branch reads and corrects, by the same numbers. */
  readonly canonical: Uint16Array;
  /** Channels that the analysis's branch reads and corrects: the first so many. */
  readonly analysed: number;
}

const MAGIC = "TECL";
const VERSION = 1;
const HEAD_BYTES = 12;

/** @throws CorruptDataError naming `location`, UnsupportedError for another version. */
export function parseBasis(bytes: Uint8Array, location: string): LappedBasis {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD_BYTES || String.fromCharCode(...bytes.subarray(0, 4)) !== MAGIC)
    throw new CorruptDataError(location, `not a basis: "${MAGIC}" expected at its start`);
  const [version, channels, canonicals, analysed] = [4, 6, 8, 10].map((at) => view.getUint16(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  if (version !== VERSION)
    throw new UnsupportedError(`${location}: basis version ${version}, this version reads ${VERSION}`);
  const floats = COMPONENTS + AXES_LENGTH;
  const wanted = HEAD_BYTES + 4 * floats + 2 * (channels + canonicals);
  if (bytes.length !== wanted) throw new CorruptDataError(location, `${bytes.length} bytes, ${wanted} expected`);
  const numbers = Float32Array.from({ length: floats }, (_, i) => view.getFloat32(HEAD_BYTES + 4 * i, true));
  const ids = Uint16Array.from({ length: channels + canonicals }, (_, i) =>
    view.getUint16(HEAD_BYTES + 4 * floats + 2 * i, true),
  );
  const basis: LappedBasis = {
    weights: sharedFloats(numbers.subarray(0, COMPONENTS)),
    common: sharedFloats(numbers.subarray(COMPONENTS)),
    order: sharedIds(ids.subarray(0, channels)),
    canonical: sharedIds(ids.subarray(channels)),
    analysed,
  };
  check(basis, location);
  return basis;
}

function check({ weights, common, order, canonical, analysed }: LappedBasis, location: string): void {
  if (weights.some((weight) => !(weight > 0.01 && weight < 100)))
    throw new CorruptDataError(location, `band weights ${weights.join(", ")}; 0.01 to 100 expected`);
  for (let row = 0; row < AXES_LENGTH; row += COMPONENTS) {
    const group = row - (row % COMPONENTS ** 2);
    for (let other = group; other <= row; other += COMPONENTS) {
      let sum = 0;
      for (let b = 0; b < COMPONENTS; b++) sum += (common[row + b] ?? 0) * (common[other + b] ?? 0);
      if (!(Math.abs(sum - (row === other ? 1 : 0)) < 1e-3))
        throw new CorruptDataError(location, "its common axes are not orthogonal");
    }
  }
  for (const ids of [order, canonical]) {
    if (new Set(ids).size !== ids.length || ids.some((id) => id >= COMPONENTS * FREQUENCIES))
      throw new CorruptDataError(location, "a channel is named twice or does not exist");
  }
  if (analysed > order.length)
    throw new CorruptDataError(location, `${analysed} analysed channels, it has ${order.length}`);
}

function sharedFloats(source: Float32Array): Float32Array {
  const out = new Float32Array(sharedMemory(source.byteLength));
  out.set(source);
  return out;
}

function sharedIds(source: Uint16Array): Uint16Array {
  const out = new Uint16Array(sharedMemory(source.byteLength));
  out.set(source);
  return out;
}

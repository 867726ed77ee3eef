import type { ContextShape } from "../../src/codec/context/context-coder.js";
import type { ContextFile } from "../../src/codec/context/context-file.js";

/** A chunk to encode. */
export interface SparseChunk {
  readonly symbols: Int16Array;
  readonly sets: Uint8Array;
  readonly shape: ContextShape;
}

/** Uniform in 0..1, the same in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

/** A random chunk that narrows towards higher channels, as latents do, and earlier dates that resemble it. */
export function sparseChunk(
  file: Pick<ContextFile, "channels" | "sets">,
  shape: Omit<ContextShape, "clear" | "references"> & { readonly references: number },
  random: () => number,
): SparseChunk {
  const { rows, columns, channels, quality } = shape;
  const positions = rows * columns;
  const draw = (c: number): number => {
    const [width, u] = [40 / (1 + c / 4), random() - 0.5];
    return Math.round(-Math.sign(u) * width * Math.log(1 - 2 * Math.abs(u) + 1e-9));
  };
  const symbols = Int16Array.from({ length: channels * positions }, (_, i) => draw(Math.floor(i / positions)));
  symbols[Math.floor(random() * symbols.length)] = random() < 0.5 ? -2047 : 2047;
  const clear = (): Uint8Array => Uint8Array.from({ length: positions }, () => Math.floor(random() * 128));
  const references = Array.from({ length: shape.references }, () => {
    const like = new Int16Array(file.channels * positions);
    symbols.forEach((value, i) => (like[i] = Math.round(0.8 * value + draw(Math.floor(i / positions)) / 3)));
    return { symbols: like, clear: clear(), isSeen: true };
  });
  const sets = Uint8Array.from({ length: positions }, () => Math.floor(random() * file.sets));
  return { symbols, sets, shape: { rows, columns, quality, channels, clear: clear(), references } };
}

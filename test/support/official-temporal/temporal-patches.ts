import { InvalidRequestError } from "../../../src/core/errors.js";

/**
 * Blocks of a frame of latents, [channels][rows][columns] -> [block][token][channels]: `window` latents a side and apart, `size` latents
 * a side around each one's middle. What lies outside the frame is its reflection.
 */
export interface BlockGrid {
  readonly rows: number;
  readonly columns: number;
  readonly window: number;
  /** Latent repacking (FlexTEC): token t then holds the t-th slice of channels at all positions of its block. */
  readonly repacked: boolean;
}

export const blocksOf = ({ rows, columns, window }: BlockGrid): number =>
  Math.ceil(rows / window) * Math.ceil(columns / window);

/** @throws InvalidRequestError when the frame is too small to be reflected that far. */
export function gatherTokens(frame: ArrayLike<number>, grid: BlockGrid, size: number): Float32Array {
  const { rows, columns, window } = grid;
  const plane = rows * columns;
  const channels = frame.length / plane;
  const across = Math.ceil(columns / window);
  const margin = (size - window) / 2;
  const rowAt = reflections(rows, window, margin);
  const columnAt = reflections(columns, window, margin);
  const tokens = new Float32Array(blocksOf(grid) * size * size * channels);
  let at = 0;
  for (let block = 0; block < blocksOf(grid); block++) {
    const top = Math.floor(block / across) * window;
    const left = (block % across) * window;
    for (let token = 0; token < size * size; token++) {
      const row = rowAt[top + Math.floor(token / size)] ?? 0;
      const from = row * columns + (columnAt[left + (token % size)] ?? 0);
      for (let c = 0; c < channels; c++) tokens[at++] = frame[c * plane + from] ?? 0;
    }
  }
  return grid.repacked ? repacked(tokens, size * size, channels) : tokens;
}

/** The inverse for size = window: [block][token][channels] -> [channels][rows][columns], reflections cut off. */
export function scatterTokens(tokens: Float32Array, grid: BlockGrid): Float32Array {
  const { rows, columns, window } = grid;
  const plane = rows * columns;
  const perBlock = window * window;
  const channels = tokens.length / (blocksOf(grid) * perBlock);
  const plain = grid.repacked ? repacked(tokens, perBlock, channels) : tokens;
  const across = Math.ceil(columns / window);
  const frame = new Float32Array(channels * plane);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const block = Math.floor(row / window) * across + Math.floor(column / window);
      const token = (row % window) * window + (column % window);
      const from = (block * perBlock + token) * channels;
      for (let c = 0; c < channels; c++) frame[c * plane + row * columns + column] = plain[from + c] ?? 0;
    }
  }
  return frame;
}

/** Swaps position and slice of channels inside each block: [block][position][slice][k] -> [block][slice][position][k]. Its own inverse. */
function repacked(tokens: Float32Array, perBlock: number, channels: number): Float32Array {
  const k = channels / perBlock;
  const swapped = new Float32Array(tokens.length);
  for (let block = 0; block < tokens.length; block += perBlock * channels) {
    for (let position = 0; position < perBlock; position++) {
      for (let slice = 0; slice < perBlock; slice++) {
        const from = block + position * channels + slice * k;
        swapped.set(tokens.subarray(from, from + k), block + slice * channels + position * k);
      }
    }
  }
  return swapped;
}

/** Index in 0 .. length - 1 of each of the positions -margin .. padded length + margin - 1. */
function reflections(length: number, window: number, margin: number): Int32Array {
  const padded = Math.ceil(length / window) * window;
  if (margin >= length || padded - length + margin >= length)
    throw new InvalidRequestError(
      `A chunk of ${length} latents is too small for blocks of ${window} with ${margin} around them`,
    );
  return Int32Array.from({ length: padded + 2 * margin }, (_, i) => {
    const position = Math.abs(i - margin);
    return position < length ? position : 2 * (length - 1) - position;
  });
}

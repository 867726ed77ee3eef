/** Latents of one block of a level, [channels][rows][columns], placed at (row, column) of the level's latents. */
export interface BlockLatents {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly latents: Float32Array;
}

/** A rectangle inside a block, [channels][rows][columns]. */
export function cutLatents(
  block: BlockLatents,
  rect: { readonly row: number; readonly column: number; readonly rows: number; readonly columns: number },
): Float32Array {
  const { rows, columns } = rect;
  const out = new Float32Array(block.channels * rows * columns);
  for (let k = 0; k < block.channels; k++) {
    for (let r = 0; r < rows; r++) {
      const from = (k * block.rows + rect.row + r - block.row) * block.columns + rect.column - block.column;
      out.set(block.latents.subarray(from, from + columns), (k * rows + r) * columns);
    }
  }
  return out;
}

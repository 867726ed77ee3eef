/** Pixels a side of a position of the latent grid. Models whose card says otherwise are refused. */
export const STRIDE = 16;
/** Pixels a side of a chunk, a TIFF tile. */
export const CHUNK_PX = 256;
/** Positions a side of a full chunk. */
export const CHUNK_POSITIONS = CHUNK_PX / STRIDE;

/** Positions that pixels of an axis need: whole ones. */
export function positionsOf(pixels: number): number {
  return Math.ceil(pixels / STRIDE);
}

/** Chunks that pixels of an axis need. */
export function chunksOf(pixels: number): number {
  return Math.ceil(pixels / CHUNK_PX);
}

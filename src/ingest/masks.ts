/** What is known of a chunk's pixels. */
export interface ChunkMask {
  readonly width: number;
  readonly height: number;
  /** Row-major, 1 = valid. */
  readonly valid: Uint8Array;
  readonly classes: Uint8Array | undefined;
  /** Of a mosaic: where each pixel comes from (core/provenance). */
  readonly provenance?: Uint8Array | undefined;
}

/** Values of a picture's pixels, one plane after another. */
export interface Values {
  /** Length height x width each; read only. */
  readonly planes: readonly Float32Array[];
  /** 1 = there, 0 = hole, length height x width. */
  readonly valid: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Whether they are digital numbers, 0..65535. */
  readonly isWhole: boolean;
}

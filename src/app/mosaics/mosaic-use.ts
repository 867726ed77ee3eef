import type { ByteBudget } from "../../core/byte-budget.js";
import type { Limiter } from "../../core/limiter.js";
import type { Fills } from "../../tile/fill/fills.js";
import { KEPT_SELECTIONS } from "../../tile/mosaic/merge-window.js";
import type { Decoder } from "../services.js";

/** How a mosaic is made: by a selection that merges all dates, or of one date whose holes are filled from others. */
export const MOSAIC_METHODS = [...KEPT_SELECTIONS, "inpaint"] as const;
export type MosaicMethod = (typeof MOSAIC_METHODS)[number];

/** What making mosaics shares. */
export interface MosaicUse {
  readonly decoder: Pick<Decoder, "reader" | "networks" | "pixels">;
  readonly method: MosaicMethod;
  readonly fills: Fills;
  /** As asked for. */
  readonly every: string;
  /** Bounds the decoded pixels of all dates that are in memory at once. */
  readonly budget: ByteBudget;
  readonly budgetBytes: number;
  /** Bounds the windows that wait for the network, or the chunks that are filled. */
  readonly decoding: Limiter;
}

/** Of a decoded pixel: 12 bands of 4 bytes, and its masks. */
export const PIXEL_BYTES = 52;

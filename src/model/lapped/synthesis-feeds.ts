import { STRIDE } from "../../core/geometry.js";
import type { Feed } from "../session.js";
import { COMPONENTS, FREQUENCIES } from "./geometry.js";

/** What synthesis.onnx decodes: `batch` windows of `rows` x `columns` positions, two around what is wanted included. */
export interface SynthesisInput {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** Weighted digital numbers in common axes, by id, [batch][COMPONENTS * FREQUENCIES][rows][columns]. */
  readonly coefficients: Float32Array;
  /** Indices of the bands wanted. */
  readonly bands: readonly number[];
  /** [batch][top, bottom, left, right]: 1 where what is wanted ends with the level there. */
  readonly edges: Float32Array;
}

/**
 * The graph's inputs. Shapes on the way are inputs too: what computes shapes inside a graph is placed on the processor, and a GPU would wait
 * for it (models/training/tectile_training/lapped_graphs.py, `shapes`).
 */
export function synthesisFeeds(input: SynthesisInput): Readonly<Record<string, Feed>> {
  const { batch, rows, columns, coefficients, bands, edges } = input;
  const [h, w] = [rows - 2, columns - 2];
  const shape = (...dims: readonly number[]): Feed => ({
    dims: [dims.length],
    data: BigInt64Array.from(dims, BigInt),
  });
  return {
    coefficients: { dims: [batch, COMPONENTS * FREQUENCIES, rows, columns], data: coefficients },
    bands: shape(...bands),
    edges: { dims: [batch, 4], data: edges },
    split: shape(batch, -1, STRIDE, STRIDE, h, w),
    plane: shape(batch, -1, STRIDE * h, STRIDE * w),
    rows: shape(batch, -1, h - 1, STRIDE, STRIDE * (w - 1)),
    columns: shape(batch, -1, STRIDE * (h - 1), w - 1, STRIDE),
    inner: shape(batch, -1, STRIDE * (h - 1), STRIDE * (w - 1)),
  };
}

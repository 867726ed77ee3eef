import { align, grow, uploadTables } from "../rans.js";
import { frequencyGroups, layoutOf } from "./context-layout.js";
import type { ContextWeights } from "./context-weights.js";
import type { ContextTables } from "./perceptron-coder.js";

/** Puts what belongs to the model into memory; `addresses` in the order of a job. */
export function upload(memory: WebAssembly.Memory, weights: ContextWeights, tables: ContextTables) {
  const { scales, fine, rows } = tables;
  const count = 8 * fine + scales - fine;
  const none = new Float32Array();
  const used = {
    first: rows.first.slice(0, count),
    count: rows.count.slice(0, count),
    start: rows.start.slice(0, count),
  };
  const symbolRows = { ...used, cum: rows.cum, sets: 1, channels: count, gain: none, degain: none, rounding: none };
  const { first, count: counts, start, cum, hint, free } = uploadTables(memory, symbolRows);
  let end = free;
  const place = (source: Uint8Array | Uint16Array | Int16Array): number => {
    const at = end;
    end = align(end + source.byteLength);
    grow(memory, end);
    put(memory, at, source);
    return at;
  };
  const { scale, mean } = weights;
  const layout = layoutOf(weights.order, weights.linearSpan);
  const [order, group] = [place(weights.order), place(frequencyGroups())];
  const empty = new Int16Array();
  const addresses = [
    layout.parents,
    weights.classes,
    layout.frequency,
    weights.linearIndex,
    layout.linearSlots,
    weights.linear,
    weights.expect,
    scale.first,
    scale.bias,
    scale.out,
    mean?.first ?? empty,
    mean?.bias ?? empty,
    mean?.out ?? empty,
    mean?.base ?? empty,
  ].map(place);
  return { addresses: [...addresses, first, counts, start, cum, hint], order, group, free: end };
}

export function put(
  memory: WebAssembly.Memory,
  at: number,
  source: Uint8Array | Uint16Array | Int16Array | Int32Array,
): void {
  new Uint8Array(memory.buffer).set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), at);
}

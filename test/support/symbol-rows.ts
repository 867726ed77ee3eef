import type { ContextTables } from "../../src/codec/context/perceptron-coder.js";

/** Rows of symbols as entropy tables hold them: Laplacians of standard deviation 2^(scale / 4 - 5) about a mean in eighths. */
export function laplacianTables(degain: readonly Float32Array[], scales = 64, fine = 28): ContextTables {
  const [first, count, start, cum] = [[], [], [], []] as [number[], number[], number[], number[]];
  const add = (scale: number, fraction: number): void => {
    const spread = 2 ** (scale / 4 - 5) / Math.SQRT2;
    const reach = Math.min(700, Math.ceil(9 * spread) + 2);
    const below = (x: number): number => (x < 0 ? 0.5 * Math.exp(x / spread) : 1 - 0.5 * Math.exp(-x / spread));
    const entries = 2 * reach + 1;
    first.push(-reach);
    count.push(entries);
    start.push(cum.length);
    let at = 0;
    for (let s = -reach; s <= reach; s++) {
      cum.push(at + s + reach);
      at = Math.floor((65536 - entries - 1) * below(s + 0.5 - fraction / 8));
    }
    cum.push(at + entries, 65536);
  };
  for (let scale = 0; scale < fine; scale++) for (let fraction = 0; fraction < 8; fraction++) add(scale, fraction);
  for (let scale = fine; scale < scales; scale++) add(scale, 0);
  const [a, b, c, d] = [first, count, start, cum].map((values) => Int32Array.from(values));
  const none = new Int32Array();
  return { scales, fine, degain, rows: { first: a ?? none, count: b ?? none, start: c ?? none, cum: d ?? none } };
}

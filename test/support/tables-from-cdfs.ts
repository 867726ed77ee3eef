import type { StepTables } from "../../src/codec/tables.js";

/** Tables of one step from plain CDF rows, as CompressAI keeps them: `cdf` without padding, `offset` = first symbol. */
export function tablesFromCdfs(
  rowsIn: readonly { readonly offset: number; readonly cdf: readonly number[] }[],
  sets = 1,
): StepTables {
  const channels = rowsIn.length / sets;
  const start = new Int32Array(rowsIn.length);
  let at = 0;
  rowsIn.forEach((row, i) => {
    start[i] = at;
    at += row.cdf.length;
  });
  return {
    sets,
    channels,
    gain: new Float32Array(channels).fill(1),
    degain: new Float32Array(channels).fill(1),
    rounding: new Float32Array(channels).fill(0.5),
    first: Int32Array.from(rowsIn, (row) => row.offset),
    count: Int32Array.from(rowsIn, (row) => row.cdf.length - 2),
    start,
    cum: Int32Array.from(rowsIn.flatMap((row) => row.cdf)),
  };
}

/** TiTiler's figures of the pixels of one band. */
export interface Statistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly count: number;
  readonly sum: number;
  readonly std: number;
  readonly median: number;
  readonly percentile_2: number;
  readonly percentile_98: number;
  readonly valid_percent: number;
  readonly valid_pixels: number;
  readonly masked_pixels: number;
}

/** Of one value or more; `total` counts the pixels left out too. */
export function summarise(values: Float64Array, total: number): Statistics {
  const sorted = values.toSorted();
  const sum = values.reduce((a, b) => a + b, 0);
  const mean = sum / values.length;
  const squares = values.reduce((a, b) => a + (b - mean) ** 2, 0);
  return {
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    mean,
    count: values.length,
    sum,
    std: Math.sqrt(squares / values.length),
    median: percentile(sorted, 50),
    percentile_2: percentile(sorted, 2),
    percentile_98: percentile(sorted, 98),
    valid_percent: (100 * values.length) / total,
    valid_pixels: values.length,
    masked_pixels: total - values.length,
  };
}

/** NumPy's: linear between the two nearest ranks. */
function percentile(sorted: Float64Array, percent: number): number {
  const rank = ((sorted.length - 1) * percent) / 100;
  const low = sorted[Math.floor(rank)] ?? Number.NaN;
  const high = sorted[Math.ceil(rank)] ?? low;
  return low + (high - low) * (rank - Math.floor(rank));
}

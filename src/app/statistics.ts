/** TiTiler's figures of the pixels of one band. */
export interface Statistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly count: number;
  readonly sum: number;
  readonly std: number;
  readonly median: number;
  /** The most and the least frequent value; of equally frequent ones the smallest. */
  readonly majority: number;
  readonly minority: number;
  /** How many different values there are. */
  readonly unique: number;
  /** Counts, and the edges between them; with categories, and the categories. */
  readonly histogram: readonly [counts: readonly number[], edges: readonly number[]];
  readonly valid_percent: number;
  readonly valid_pixels: number;
  readonly masked_pixels: number;
  /** percentile_2, percentile_98 or those asked for. */
  readonly [percentile: `percentile_${number}`]: number;
}

/** What is asked for beside the figures that are always there. */
export interface StatisticsOptions {
  /** 0..100. */
  readonly percentiles: readonly number[];
  /** How many equal bins, or their edges, ascending. */
  readonly bins: number | readonly number[];
  /** Of the bins; the values' own unless given. */
  readonly range?: readonly [min: number, max: number] | undefined;
  /** Counts of these values instead of bins, of all values there are where the list is empty. */
  readonly categories?: readonly number[] | undefined;
}

export const USUAL_STATISTICS: StatisticsOptions = { percentiles: [2, 98], bins: 10 };

/** Of one value or more; `total` counts the pixels left out too. As rio-tiler's get_array_statistics. */
export function summarise(
  values: Float64Array,
  total: number,
  options: StatisticsOptions = USUAL_STATISTICS,
): Statistics {
  const sorted = sortValues(values);
  const sum = values.reduce((a, b) => a + b, 0);
  const mean = sum / values.length;
  const squares = values.reduce((a, b) => a + (b - mean) ** 2, 0);
  const different = countEqual(sorted);
  const { majority, minority } = extremes(different);
  return {
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    mean,
    count: values.length,
    sum,
    std: Math.sqrt(squares / values.length),
    median: percentile(sorted, 50),
    majority,
    minority,
    unique: different.values.length,
    histogram:
      options.categories === undefined ? histogram(sorted, options) : categories(different, options.categories),
    ...Object.fromEntries(options.percentiles.map((p) => [`percentile_${p}`, percentile(sorted, p)])),
    valid_percent: (100 * values.length) / total,
    valid_pixels: values.length,
    masked_pixels: total - values.length,
  };
}

const NUMBERS = 65_536;

/** Ascending. Many digital numbers are counted, which takes a tenth of the time of sorting them. */
function sortValues(values: Float64Array): Float64Array {
  if (values.length < NUMBERS) return values.toSorted();
  const counts = new Uint32Array(NUMBERS);
  for (const value of values) {
    if (!Number.isInteger(value) || value < 0 || value >= NUMBERS) return values.toSorted();
    counts[value] = (counts[value] ?? 0) + 1;
  }
  const sorted = new Float64Array(values.length);
  let from = 0;
  for (const [value, count] of counts.entries()) sorted.fill(value, from, (from += count));
  return sorted;
}

interface Counted {
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

function countEqual(sorted: Float64Array): Counted {
  const values: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    if (values.length > 0 && values.at(-1) === value) counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
    else {
      values.push(value);
      counts.push(1);
    }
  }
  return { values, counts };
}

function extremes({ values, counts }: Counted): { readonly majority: number; readonly minority: number } {
  let [most, least] = [0, 0];
  for (let i = 1; i < counts.length; i++) {
    if ((counts[i] ?? 0) > (counts[most] ?? 0)) most = i;
    if ((counts[i] ?? 0) < (counts[least] ?? 0)) least = i;
  }
  return { majority: values[most] ?? Number.NaN, minority: values[least] ?? Number.NaN };
}

function categories({ values, counts }: Counted, wanted: readonly number[]): Statistics["histogram"] {
  if (wanted.length === 0) return [counts, values];
  return [wanted.map((value) => counts[values.indexOf(value)] ?? 0), wanted];
}

/** NumPy's: bins hold their lower edge, the last one its upper edge too. */
function histogram(sorted: Float64Array, { bins, range }: StatisticsOptions): Statistics["histogram"] {
  const edges = typeof bins === "number" ? equalEdges(sorted, bins, range) : bins;
  const counts = new Array<number>(edges.length - 1).fill(0);
  let bin = 0;
  for (const value of sorted) {
    if (value < (edges[0] ?? 0)) continue;
    while (bin < counts.length && value >= (edges[bin + 1] ?? Infinity)) {
      if (bin === counts.length - 1 && value === edges.at(-1)) break;
      bin++;
    }
    if (bin === counts.length) break;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return [counts, edges];
}

function equalEdges(sorted: Float64Array, bins: number, range: StatisticsOptions["range"]): readonly number[] {
  let [low, high] = range ?? [sorted[0] ?? 0, sorted.at(-1) ?? 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + (i * (high - low)) / bins));
}

/** NumPy's: linear between the two nearest ranks. */
function percentile(sorted: Float64Array, percent: number): number {
  const rank = ((sorted.length - 1) * percent) / 100;
  const low = sorted[Math.floor(rank)] ?? Number.NaN;
  const high = sorted[Math.ceil(rank)] ?? low;
  return low + (high - low) * (rank - Math.floor(rank));
}

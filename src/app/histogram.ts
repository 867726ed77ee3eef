/** Counts of durations by labels, as Prometheus keeps them. */
export interface Histogram {
  observe(labels: Readonly<Record<string, string>>, seconds: number): void;
  series(): readonly HistogramSeries[];
}

export interface HistogramSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** How many were at most so long, cumulative; the last bound is infinite. */
  readonly buckets: readonly (readonly [boundS: number, count: number])[];
  readonly sumS: number;
  readonly count: number;
}

/** From a cached tile to a cold one of many dates on a busy machine. */
const BOUNDS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, Infinity];
/** Labels come from a few words of ours; whatever goes wrong, memory stays. */
const MAX_SERIES = 500;

export function createHistogram(): Histogram {
  const kept = new Map<string, { labels: Readonly<Record<string, string>>; counts: number[]; sumS: number }>();
  return {
    observe(labels, seconds) {
      const key = JSON.stringify(labels);
      let one = kept.get(key);
      if (one === undefined) {
        if (kept.size >= MAX_SERIES) return;
        one = { labels, counts: BOUNDS_S.map(() => 0), sumS: 0 };
        kept.set(key, one);
      }
      const at = BOUNDS_S.findIndex((bound) => seconds <= bound);
      one.counts[at] = (one.counts[at] ?? 0) + 1;
      one.sumS += seconds;
    },
    series: () =>
      [...kept.values()].map(({ labels, counts, sumS }) => {
        let count = 0;
        const buckets = BOUNDS_S.map((bound, i) => [bound, (count += counts[i] ?? 0)] as const);
        return { labels, buckets, sumS, count };
      }),
  };
}

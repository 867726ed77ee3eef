/** One figure of the server, for /metrics. */
export interface Metric {
  /** In Prometheus's spelling: "tectile_cache_bytes". */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Durations in buckets. */
export interface HistogramMetric {
  /** "..._seconds". */
  readonly name: string;
  readonly help: string;
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly buckets: readonly (readonly [boundS: number, count: number])[];
    readonly sumS: number;
    readonly count: number;
  }[];
}

/** The same format's histograms. */
export function histogramText(histograms: readonly HistogramMetric[]): string {
  const lines = histograms.flatMap(({ name, help, series }) =>
    series.length === 0
      ? []
      : [
          `# HELP ${name} ${escapeHelp(help)}`,
          `# TYPE ${name} histogram`,
          ...series.flatMap(({ labels, buckets, sumS, count }) => [
            ...buckets.map(
              ([bound, value]) =>
                `${name}_bucket${labelText({ ...labels, le: numberText(bound) })} ${numberText(value)}`,
            ),
            `${name}_sum${labelText(labels)} ${numberText(sumS)}`,
            `${name}_count${labelText(labels)} ${numberText(count)}`,
          ]),
        ],
  );
  return lines.map((line) => `${line}\n`).join("");
}

/** Prometheus's text format 0.0.4; metrics of one name are put together, whatever their order. */
export function prometheusText(metrics: readonly Metric[]): string {
  const families = new Map<string, Metric[]>();
  for (const metric of metrics) families.set(metric.name, [...(families.get(metric.name) ?? []), metric]);
  const lines = [...families.values()].flatMap((family) => {
    const head = family
      .slice(0, 1)
      .flatMap(({ name, help, type }) => [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`]);
    return [
      ...head,
      ...family.map(({ name, labels, value }) => `${name}${labelText(labels ?? {})} ${numberText(value)}`),
    ];
  });
  return lines.map((line) => `${line}\n`).join("");
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escapeHelp(value).replaceAll('"', String.raw`\"`)}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escapeHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", String.raw`\n`);

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

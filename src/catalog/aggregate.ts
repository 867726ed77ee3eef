import type { Columns } from "./cql2/columns.js";
import type { Aggregation, AggregationBucket, AggregationRequest } from "./types.js";

/** The lengths of `datetime_frequency`. */
export const AGGREGATION_INTERVALS = ["year", "month", "week", "day", "hour"] as const;
export type AggregationInterval = (typeof AGGREGATION_INTERVALS)[number];

interface Known {
  readonly property?: string;
  readonly kind: "count" | "least" | "greatest" | "times" | "terms" | "ranges";
  /** Of a range. */
  readonly step?: number;
}

/** The aggregations that there are, by the names that stac-server gave the extension's readers. */
export const AGGREGATIONS: Readonly<Record<string, Known>> = {
  total_count: { kind: "count" },
  datetime_min: { kind: "least", property: "datetime" },
  datetime_max: { kind: "greatest", property: "datetime" },
  datetime_frequency: { kind: "times", property: "datetime" },
  collection_frequency: { kind: "terms", property: "collection" },
  platform_frequency: { kind: "terms", property: "platform" },
  grid_code_frequency: { kind: "terms", property: "grid:code" },
  cloud_cover_frequency: { kind: "ranges", property: "eo:cloud_cover", step: 10 },
  clear_percent_frequency: { kind: "ranges", property: "tec:clear_percent", step: 10 },
  sun_elevation_frequency: { kind: "ranges", property: "view:sun_elevation", step: 10 },
  sun_azimuth_frequency: { kind: "ranges", property: "view:sun_azimuth", step: 30 },
  off_nadir_frequency: { kind: "ranges", property: "view:off_nadir", step: 5 },
};

/** Terms of one aggregation; what is rarer counts as overflow. */
const MAX_BUCKETS = 1000;

export function propertiesOfAggregations(asked: readonly AggregationRequest[]): readonly string[] {
  return asked.flatMap(({ name }) => AGGREGATIONS[name]?.property ?? []);
}

/** What was found in one table. */
export interface FoundRows {
  readonly rows: readonly number[];
  readonly columns: Columns;
}

/** The asked aggregations of the rows of some tables. */
export function aggregateRows(
  found: readonly FoundRows[],
  asked: readonly AggregationRequest[],
): readonly Aggregation[] {
  return asked.map(({ name, interval = "month" }) => {
    const { kind, property, step = 1 } = AGGREGATIONS[name] ?? { kind: "count" };
    if (kind === "count") return { name, data_type: "integer", value: countOf(found) };
    const values = valuesOf(found, property ?? "");
    if (kind === "least" || kind === "greatest") return { name, data_type: "datetime", value: extreme(values, kind) };
    const label = kind === "times" ? timeLabel(interval) : kind === "ranges" ? rangeLabel(step) : String;
    return frequencies(name, values, label, kind);
  });
}

const countOf = (found: readonly FoundRows[]): number => found.reduce((sum, { rows }) => sum + rows.length, 0);

function* valuesOf(found: readonly FoundRows[], property: string): Generator<string | number> {
  for (const { rows, columns } of found) {
    const column = columns.column(property);
    if (column === undefined || column.kind === "geometry") continue;
    for (const row of rows) {
      const value = column.values[row];
      if (typeof value === "string" || (typeof value === "number" && !Number.isNaN(value))) yield value;
    }
  }
}

function extreme(values: Iterable<string | number>, kind: "least" | "greatest"): string | null {
  let found: number | undefined;
  for (const value of values) {
    if (typeof value !== "number") continue;
    if (found === undefined || (kind === "least" ? value < found : value > found)) found = value;
  }
  return found === undefined ? null : new Date(found).toISOString();
}

function frequencies(
  name: string,
  values: Iterable<string | number>,
  label: (value: number) => string | number,
  kind: Known["kind"],
): Aggregation {
  const counts = new Map<string | number, number>();
  for (const value of values) {
    const key = typeof value === "number" ? label(value) : value;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const all = [...counts].toSorted(
    kind === "terms" ? (a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1) : (a, b) => (a[0] < b[0] ? -1 : 1),
  );
  const kept = all.slice(0, MAX_BUCKETS);
  return {
    name,
    data_type: "frequency_distribution",
    overflow: all.slice(MAX_BUCKETS).reduce((sum, [, count]) => sum + count, 0),
    buckets: kept.map(([key, frequency]) =>
      bucketOf(key, frequency, kind, kind === "ranges" ? AGGREGATIONS[name]?.step : undefined),
    ),
  };
}

function bucketOf(
  key: string | number,
  frequency: number,
  kind: Known["kind"],
  step: number | undefined,
): AggregationBucket {
  if (kind === "times") return { key: String(key), data_type: "datetime", frequency };
  if (typeof key === "number" && step !== undefined)
    return { key: `${key}-${key + step}`, data_type: "numeric", frequency, from: key, to: key + step };
  return { key: String(key), data_type: "string", frequency };
}

const rangeLabel =
  (step: number) =>
  (value: number): number =>
    Math.floor(value / step) * step;

/** The beginning of the year, month, week (Monday), day or hour. */
function timeLabel(interval: AggregationInterval): (ms: number) => string {
  return (ms) => {
    const time = new Date(ms);
    if (interval === "week") time.setUTCDate(time.getUTCDate() - ((time.getUTCDay() + 6) % 7));
    const text = time.toISOString();
    const kept = { year: 4, month: 7, week: 10, day: 10, hour: 13 }[interval];
    return text.slice(0, kept) + "0000-01-01T00:00:00.000Z".slice(kept);
  };
}

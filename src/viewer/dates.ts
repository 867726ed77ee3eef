import type { Item } from "./api.js";

/** One day on which there is imagery: a mark on the slider. */
export interface DateEntry {
  /** "2021-06-26", UTC. */
  readonly day: string;
  /** The latest moment of its items, RFC 3339: what a tile's `datetime` asks for. */
  readonly datetime: string;
  /** Milliseconds. */
  readonly time: number;
  readonly items: readonly Item[];
  /** Mean of its items', 0..100. */
  readonly clearPercent: number | undefined;
}

/** The days of items, oldest first. */
export function groupByDay(items: readonly Item[]): readonly DateEntry[] {
  const days = new Map<string, Item[]>();
  for (const item of items) {
    const day = new Date(item.datetime).toISOString().slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), item]);
  }
  return [...days].toSorted(([a], [b]) => a.localeCompare(b)).map(([day, members]) => toEntry(day, members));
}

/** The entry of a day, or the one nearest to it; undefined where there is none at all. */
export function nearestEntry(entries: readonly DateEntry[], day: string | undefined): DateEntry | undefined {
  if (day === undefined) return entries.at(-1);
  const time = Date.parse(day);
  const distance = (entry: DateEntry): number => Math.abs(Date.parse(entry.day) - time);
  return entries.reduce<DateEntry | undefined>(
    (best, entry) => (best === undefined || distance(entry) < distance(best) ? entry : best),
    undefined,
  );
}

/** "26 Jun 2021". */
export function formatDay(day: string): string {
  return FORMAT.format(new Date(day));
}

/** The newest item at or before a day whose outline holds a place: the one that the mosaic shows there, holes aside. */
export function itemAt(
  entries: readonly DateEntry[],
  day: string,
  [lon, lat]: readonly [number, number],
): Item | undefined {
  for (const entry of entries.toReversed()) {
    if (entry.day > day) continue;
    const item = entry.items.findLast((candidate) => candidate.rings.some((ring) => contains(ring, lon, lat)));
    if (item !== undefined) return item;
  }
  return undefined;
}

const FORMAT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

function toEntry(day: string, items: readonly Item[]): DateEntry {
  const clear = items.flatMap((item) => item.clearPercent ?? []);
  const latest = items.reduce(
    (last, item) => (Date.parse(item.datetime) > Date.parse(last) ? item.datetime : last),
    items[0]?.datetime ?? day,
  );
  return {
    day,
    datetime: latest,
    time: Date.parse(latest),
    items,
    clearPercent: clear.length === 0 ? undefined : clear.reduce((sum, value) => sum + value, 0) / clear.length,
  };
}

/** Even-odd rule over one ring. */
function contains(ring: Item["rings"][number], lon: number, lat: number): boolean {
  let inside = false;
  for (const [i, [x, y]] of ring.entries()) {
    const [px, py] = ring.at(i - 1) ?? [x, y];
    if (y > lat !== py > lat && lon < ((px - x) * (lat - y)) / (py - y) + x) inside = !inside;
  }
  return inside;
}

import type { Item } from "./api.js";

/** One day on which there is imagery: a mark on the slider. */
export interface DateEntry {
  /** "2021-06-26", UTC. */
  readonly day: string;
  /** The latest moment of its items, RFC 3339: what a tile's `datetime` asks for. */
  readonly datetime: string;
  /** Milliseconds. */
  readonly time: number;
  /** How many there are. */
  readonly items: number;
  /** Mean of its items', 0..100; undefined where none tells. */
  readonly clearPercent: number | undefined;
  /** None of its imagery lies in the view. */
  readonly isAway?: boolean;
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

/** All of a UTC day as STAC's interval. */
export function wholeDay(day: string): string {
  return `${day}T00:00:00Z/${day}T23:59:59.999Z`;
}

/** "26 Jun 2021". */
export function formatDay(day: string): string {
  return FORMAT.format(new Date(day));
}

/** "20 Apr – 4 Jul 2024". */
export function formatDays(first: string, last: string): string {
  return FORMAT.formatRange(new Date(first), new Date(last));
}

/** The first of items, newest first, whose outline holds a place: the one that a mosaic shows there, holes aside. */
export function itemAt(items: readonly Item[], [lon, lat]: readonly [number, number]): Item | undefined {
  return items.find((item) => item.outline.some((ring) => contains(ring, lon, lat)));
}

/** True where some date is known to have more clouds than a mask's noise. */
export function hasClouds(entries: readonly DateEntry[]): boolean {
  return entries.some(({ clearPercent }) => clearPercent !== undefined && clearPercent < CLOUDLESS_PERCENT);
}

const CLOUDLESS_PERCENT = 98;

const FORMAT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** Even-odd rule over one ring. */
function contains(ring: Item["outline"][number], lon: number, lat: number): boolean {
  let inside = false;
  for (const [i, [x, y]] of ring.entries()) {
    const [px, py] = ring.at(i - 1) ?? [x, y];
    if (y > lat !== py > lat && lon < ((px - x) * (lat - y)) / (py - y) + x) inside = !inside;
  }
  return inside;
}

import { fetchDates, fetchExtent, fetchItems } from "./api.js";
import type { Collection, Item, RenderChoice, TileExtent } from "./api.js";
import { hasClouds, itemAt, nearestEntry } from "./dates.js";
import type { DateEntry } from "./dates.js";
import { frameOf } from "./frames.js";
import type { Filling, Frame } from "./frames.js";
import type { ViewState } from "./state.js";

/** A collection with its dates: everything about the imagery that the page has asked the server. */
export interface Series {
  readonly collection: Collection;
  /** Some, the newest: for outlines on the map. */
  readonly items: readonly Item[];
  /** Oldest first. */
  readonly entries: readonly DateEntry[];
  readonly extent: TileExtent;
  /** The items of a day, newest first; asked for once. */
  readonly itemsOf: (day: string) => Promise<readonly Item[]>;
}

/** Fetches a collection's dates and extent. */
export async function loadSeries(collection: Collection, signal: AbortSignal): Promise<Series> {
  const { id } = collection;
  const [entries, extent, items] = await Promise.all([
    fetchDates(id, signal),
    fetchExtent(id, signal),
    fetchItems(id, { limit: OUTLINES }, signal),
  ]);
  const days = new Map<string, Promise<readonly Item[]>>();
  const itemsOf = (day: string): Promise<readonly Item[]> => {
    const known = days.get(day);
    if (known !== undefined) return known;
    const asked = fetchItems(id, { datetime: day, limit: OUTLINES });
    days.set(day, asked);
    asked.catch(() => days.delete(day));
    return asked;
  };
  return { collection, items, entries, extent, itemsOf };
}

/** The state with what the series doesn't have replaced by the nearest that it has. */
export function settleState(state: ViewState, series: Series): ViewState {
  const { renders } = series.collection;
  return {
    ...state,
    collection: series.collection.id,
    date: (state.date === undefined ? newestClear(series.entries) : nearestEntry(series.entries, state.date))?.day,
    compare: state.compare === undefined ? undefined : nearestEntry(series.entries, state.compare)?.day,
    render: (renders.find(({ id }) => id === state.render) ?? renders[0])?.id,
  };
}

/** The date to compare with at first: the one nearest to a year before, another one in any case; undefined where there is none. */
export function firstCompare(series: Series, date: string): string | undefined {
  const others = series.entries.filter((entry) => entry.day !== date);
  const yearBefore = new Date(Date.parse(date) - YEAR_MS).toISOString().slice(0, 10);
  const clear = others.filter(isClear);
  return nearestEntry(clear.length > 0 ? clear : others, yearBefore)?.day;
}

/** The day that comes after another, the first after the last. */
export function nextDay(series: Series, day: string): string | undefined {
  const index = series.entries.findIndex((entry) => entry.day === day);
  return (series.entries[index + 1] ?? series.entries[0])?.day;
}

/** True where clouds are filled from other dates: as the state says, else where the collection has any. */
export function isCloudFree(state: ViewState, series: Series): boolean {
  return !state.only && (state.cloudFree ?? hasClouds(series.entries));
}

/** The frame that shows a day as the state says. */
export async function frameFor(series: Series, day: string, state: ViewState): Promise<Frame | undefined> {
  const { collection, extent, entries } = series;
  const entry = entries.find((candidate) => candidate.day === day);
  const render = renderOf(collection, state.render);
  if (entry === undefined || render === undefined) return undefined;
  const filling = fillingOf(state, series);
  const items = filling === "nothing" ? await series.itemsOf(day) : [];
  return frameOf({ collection: collection.id, entry, items, render, filling, extent });
}

/** The item that shows at a place on a day, holes aside: the newest at or before it, or one of that day. */
export async function itemShown(
  { collection }: Series,
  { day, only }: { readonly day: string; readonly only: boolean },
  [lon, lat]: readonly [number, number],
): Promise<Item | undefined> {
  const datetime = only ? day : `../${day}T23:59:59Z`;
  return itemAt(await fetchItems(collection.id, { bbox: [lon, lat, lon, lat], datetime, limit: 50 }), [lon, lat]);
}

/** A way to look at a collection by its id, the first one where there is no such. */
export function renderOf(collection: Collection, id: string | undefined): RenderChoice | undefined {
  return collection.renders.find((render) => render.id === id) ?? collection.renders[0];
}

const YEAR_MS = 365 * 86_400_000;
/** Outlines drawn at once. */
const OUTLINES = 500;

function fillingOf(state: ViewState, series: Series): Filling {
  if (state.only) return "nothing";
  if (!isCloudFree(state, series)) return "before";
  return state.hatch ? "hatched" : "cloud-free";
}

function newestClear(entries: readonly DateEntry[]): DateEntry | undefined {
  return entries.findLast(isClear) ?? entries.at(-1);
}

function isClear(entry: DateEntry): boolean {
  return (entry.clearPercent ?? 100) >= 60;
}

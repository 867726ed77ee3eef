import { fetchExtent, fetchItems } from "./api.js";
import type { Collection, Item, RenderChoice, TileExtent } from "./api.js";
import { groupByDay, nearestEntry } from "./dates.js";
import type { DateEntry } from "./dates.js";
import { frameOf } from "./frames.js";
import type { Frame } from "./frames.js";
import type { ViewState } from "./state.js";

/** A collection with its dates: everything about the imagery that the page has asked the server. */
export interface Series {
  readonly collection: Collection;
  readonly items: readonly Item[];
  /** Oldest first. */
  readonly entries: readonly DateEntry[];
  readonly extent: TileExtent;
}

/** Fetches a collection's dates and extent. */
export async function loadSeries(collection: Collection, signal: AbortSignal): Promise<Series> {
  const [items, extent] = await Promise.all([fetchItems(collection.id, signal), fetchExtent(collection.id, signal)]);
  return { collection, items, entries: groupByDay(items), extent };
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

/** The frame that shows a day as the state says. */
export function frameFor(series: Series, day: string, state: ViewState): Frame | undefined {
  const { collection, extent, entries } = series;
  const entry = entries.find((candidate) => candidate.day === day);
  const render = renderOf(collection, state.render);
  if (entry === undefined || render === undefined) return undefined;
  return frameOf({ collection: collection.id, entry, render, only: state.only, extent });
}

const YEAR_MS = 365 * 86_400_000;

function renderOf(collection: Collection, id: string | undefined): RenderChoice | undefined {
  return collection.renders.find((render) => render.id === id) ?? collection.renders[0];
}

function newestClear(entries: readonly DateEntry[]): DateEntry | undefined {
  return entries.findLast(isClear) ?? entries.at(-1);
}

function isClear(entry: DateEntry): boolean {
  return (entry.clearPercent ?? 100) >= 60;
}

import { fetchItems } from "./api.js";
import type { Collection, Item, Outline, RenderChoice, StartSeries, TileExtent } from "./api.js";
import type { Connection } from "./connection.js";
import { hasClouds, itemAt, nearestEntry, wholeDay } from "./dates.js";
import type { DateEntry } from "./dates.js";
import { frameOf } from "./frames.js";
import type { Filling, Frame } from "./frames.js";
import type { ViewState } from "./state.js";

/** A collection with its dates: everything about the imagery that the page has asked the server. */
export interface Series {
  readonly collection: Collection;
  /** Of some items, the newest: for the map. */
  readonly outlines: readonly Outline[];
  /** Oldest first. */
  readonly entries: readonly DateEntry[];
  readonly extent: TileExtent;
  /** The items of a day, newest first; asked for once. */
  readonly itemsOf: (day: string) => Promise<readonly Item[]>;
  /** The items at a place at or before a day, or of that day alone, newest first. */
  readonly itemsAt: (place: readonly [lon: number, lat: number], datetime: string) => Promise<readonly Item[]>;
}

/** What the server said of a collection, with the questions that come later. */
export function toSeries(
  ask: Connection["ask"],
  collection: Collection,
  { entries, extent, outlines }: Omit<StartSeries, "collection">,
): Series {
  const { id } = collection;
  // Items of searches can't be asked for by day and place.
  const hasItems = collection.path.startsWith("collections/");
  const days = new Map<string, Promise<readonly Item[]>>();
  const itemsOf = (day: string): Promise<readonly Item[]> => {
    if (!hasItems) return Promise.resolve([]);
    const known = days.get(day);
    if (known !== undefined) return known;
    const asked = fetchItems(ask, { collection: id, datetime: wholeDay(day), limit: OUTLINES });
    days.set(day, asked);
    asked.catch(() => days.delete(day));
    return asked;
  };
  const itemsAt: Series["itemsAt"] = async ([lon, lat], datetime) =>
    !hasItems ? [] : fetchItems(ask, { collection: id, bbox: [lon, lat, lon, lat], datetime, limit: 50 });
  return { collection, outlines, entries, extent, itemsOf, itemsAt };
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

/** The day that comes after another in what is played, the first after the last. */
export function nextDay(series: Series, state: ViewState, day: string): string | undefined {
  const played = playedEntries(series, state);
  return (played.find((entry) => entry.day > day) ?? played[0])?.day;
}

/** The dates that are played and filmed: those of the state's range, all where it has none. */
export function playedEntries(series: Series, { from, to }: ViewState): readonly DateEntry[] {
  const played = series.entries.filter(({ day }) => day >= (from ?? "") && day <= (to ?? "9999"));
  return played.length > 0 ? played : series.entries;
}

/** True where one of two collections was made from the other, or both from a third: they show one place. */
export function areRelated(a: Collection | undefined, b: Collection | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const family = new Set([a.id, ...a.derivedFrom]);
  return [b.id, ...b.derivedFrom].some((id) => family.has(id));
}

/** The days beside another, the one after it first. */
export function neighbours(series: Series, day: string): readonly string[] {
  const index = series.entries.findIndex((entry) => entry.day === day);
  if (index < 0) return [];
  return [series.entries[index + 1], series.entries[index - 1]].flatMap((entry) => entry?.day ?? []);
}

/** True where clouds are filled from other dates: as the state says, else where the collection has any. */
export function isCloudFree(state: ViewState, series: Pick<Series, "entries">): boolean {
  return !state.only && (state.cloudFree ?? hasClouds(series.entries));
}

/** How a day is shown: its frame, and one that comes sooner and shows until that one is there. */
export interface Shown {
  readonly frame: Frame;
  readonly first: Frame | undefined;
}

/** How a day is shown as the state says: where clouds are filled, as it was seen first. */
export async function frameFor(series: Series, day: string, state: ViewState): Promise<Shown | undefined> {
  const filling = fillingOf(state, series);
  const items = filling === "nothing" ? await series.itemsOf(day) : [];
  const make = (how: Filling): Frame | undefined =>
    frameWith(series, { day, render: state.render, filling: how, items });
  const frame = make(filling);
  return frame && { frame, first: frame.isFilled ? make("before") : undefined };
}

/** The frame that shows a day without asking the server for anything. */
export function seenFrame(series: Series, day: string, state: ViewState): Frame | undefined {
  return frameWith(series, { day, render: state.render, filling: "before", items: [] });
}

function frameWith(
  { collection, extent, entries }: Pick<Series, "collection" | "extent" | "entries">,
  how: {
    readonly day: string;
    readonly render: string | undefined;
    readonly filling: Filling;
    readonly items: readonly Item[];
  },
): Frame | undefined {
  const entry = entries.find((candidate) => candidate.day === how.day);
  const render = renderOf(collection, how.render);
  if (entry === undefined || render === undefined) return undefined;
  return frameOf({ path: collection.path, entry, items: how.items, render, filling: how.filling, extent });
}

/** The item that shows at a place on a day, holes aside: the newest at or before it, or one of that day. */
export async function itemShown(
  series: Series,
  { day, only }: { readonly day: string; readonly only: boolean },
  place: readonly [lon: number, lat: number],
): Promise<Item | undefined> {
  return itemAt(await series.itemsAt(place, only ? wholeDay(day) : `../${day}T23:59:59.999Z`), place);
}

/** A way to look at a collection by its id, the first one where there is no such. */
export function renderOf(collection: Collection, id: string | undefined): RenderChoice | undefined {
  return collection.renders.find((render) => render.id === id) ?? collection.renders[0];
}

const YEAR_MS = 365 * 86_400_000;
/** Outlines drawn at once. */
const OUTLINES = 500;

/** What fills the holes of a date as the state says. */
export function fillingOf(state: ViewState, { entries }: Pick<Series, "entries">): Filling {
  if (state.only) return "nothing";
  if (!isCloudFree(state, { entries })) return "before";
  return state.hatch ? "hatched" : "cloud-free";
}

function newestClear(entries: readonly DateEntry[]): DateEntry | undefined {
  return entries.findLast(isClear) ?? entries.at(-1);
}

function isClear(entry: DateEntry): boolean {
  return (entry.clearPercent ?? 100) >= 60;
}

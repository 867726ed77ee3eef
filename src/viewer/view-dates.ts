import { fetchDates } from "./api.js";
import type { Bounds } from "./api.js";
import type { Connection } from "./connection.js";
import type { DateEntry } from "./dates.js";
import type { Series } from "./series.js";

/** Asks which dates have imagery in the view. */
export interface ViewDates {
  /** The answer comes later, where the view or the series is another than before. */
  ask(series: Series, view: Bounds): void;
}

/** `answer` gets the entries of the series: those with imagery in view with the cloudiness there, the others marked as away. */
export function createViewDates(
  ask: Connection["ask"],
  answer: (series: Series, entries: readonly DateEntry[]) => void,
): ViewDates {
  let last: { readonly series: Series; readonly view: string } | undefined;
  let asking = new AbortController();
  const load = async (series: Series, view: Bounds, signal: AbortSignal): Promise<void> => {
    const inView = await fetchDates(ask, { path: series.collection.path, bbox: view }, signal);
    const known = new Map(inView.map((entry) => [entry.day, entry]));
    const entries = series.entries.map((entry): DateEntry => {
      const here = known.get(entry.day);
      return here === undefined
        ? { ...entry, isAway: true }
        : { ...entry, items: here.items, clearPercent: here.clearPercent };
    });
    if (!signal.aborted) answer(series, entries);
  };
  return {
    ask(series, view) {
      if (last?.series === series && last.view === view.join()) return;
      last = { series, view: view.join() };
      asking.abort();
      asking = new AbortController();
      const { signal } = asking;
      if (holds(view, series.extent.bounds)) return answer(series, series.entries);
      // The marks only tell a little less without an answer: no reason to bother anyone.
      load(series, view, signal).catch(() => undefined);
    },
  };
}

/** Also true for views of the whole world and more, which no bbox can say. */
function holds(view: Bounds, [west, south, east, north]: Bounds): boolean {
  if (view[2] - view[0] >= 360) return true;
  return view[0] <= west && view[1] <= south && view[2] >= east && view[3] >= north && west <= east;
}

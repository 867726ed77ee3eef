import { fetchCollections } from "./api.js";
import type { Collection } from "./api.js";
import { createClarity } from "./clarity.js";
import { formatDay } from "./dates.js";
import { element, make } from "./dom.js";
import { createExportControl } from "./export-control.js";
import { followPageKeys } from "./keys.js";
import { fitBounds } from "./map.js";
import { createPanel } from "./panel.js";
import { createPlayer } from "./player.js";
import { plottedOf } from "./point-values.js";
import type { PlaceQuestion } from "./popup.js";
import { createLoadingWatch } from "./progress.js";
import { firstCompare, isCloudFree, itemShown, loadSeries, nextDay, renderOf, settleState } from "./series.js";
import type { Series } from "./series.js";
import { createTimeline } from "./slider.js";
import type { Side } from "./slider.js";
import { createStage } from "./stage.js";
import type { Stage } from "./stage.js";
import { createStore, followHash } from "./state.js";
import type { Store, ViewState } from "./state.js";
import { createToasts } from "./toasts.js";
import { createViewDates } from "./view-dates.js";

void start();

/** Opens the page: asks the server for its collections, makes the map, wires the controls. Says what is wrong where it can't. */
async function start(): Promise<void> {
  const store = createStore(location.hash);
  const toasts = createToasts();
  try {
    const collections = await fetchCollections();
    if (collections.length === 0)
      return explain("Nothing here yet", "Add imagery: tectile ingest FILES --catalog FOLDER");
    const fail = (error: unknown): void => toasts.fail(messageOf(error));
    let page: { readonly series: () => Series | undefined; readonly rested: () => void } | undefined;
    const stage = await createStage(store, {
      opened: createLoadingWatch(toasts),
      rested: () => page?.rested(),
      ask: (place, side) => questionAt(page?.series(), store.get(), { place, side }),
      failed: fail,
    });
    page = wire({ store, stage, collections, fail });
  } catch (error) {
    explain("The map can't be shown", messageOf(error));
  }
}

interface Page {
  readonly store: Store;
  readonly stage: Stage;
  readonly collections: readonly Collection[];
  readonly fail: (error: unknown) => void;
}

/** The store is the truth: controls change it, and each change draws what differs. */
function wire(page: Page) {
  const { store, stage, collections } = page;
  let series: Series | undefined;
  const controls = createControls(page, () => series);
  const draw = (state: ViewState): void => {
    controls.show(state);
    if (series !== undefined) stage.draw(series, state);
    document.title = titleOf(state, series);
  };
  const open = createOpener(page, (opened) => {
    series = opened;
    stage.clear();
    controls.setSeries(opened);
    if (store.get().camera === undefined) fitBounds(stage.main.map, opened.extent.bounds);
    store.set(settleState(store.get(), opened));
    draw(store.get());
  });
  store.listen((state, before) => {
    if (state.collection === before.collection || state.collection === series?.collection.id) return draw(state);
    controls.stop();
    // Another collection is elsewhere: neither its place nor its dates carry over, unless a permalink gave them.
    if (state.date === before.date) store.set({ camera: undefined, date: undefined, compare: undefined });
    open(state.collection);
  });
  followHash(store, ({ lon, lat, zoom }) => stage.main.map.jumpTo({ center: [lon, lat], zoom }));
  open(store.get().collection ?? collections[0]?.id);
  return { series: () => series, rested: () => controls.rested() };
}

interface Controls {
  show(state: ViewState): void;
  setSeries(series: Series): void;
  /** The map has come to rest: says where the pixels in view come from, and which dates have any. */
  rested(): void;
  /** Ends playback. */
  stop(): void;
}

/** The panel, the timeline, the player and the others, which all act on the store. */
function createControls({ store, stage, collections, fail }: Page, current: () => Series | undefined): Controls {
  const { player, timeline } = createTimeControls({ store, stage }, current);
  const panel = createPanel(store, (on) => {
    const [series, { date }] = [current(), store.get()];
    store.set({ compare: on && series !== undefined && date !== undefined ? firstCompare(series, date) : undefined });
  });
  panel.setCollections(collections);
  const clarity = createClarity(store);
  const viewDates = createViewDates((series, entries) => {
    if (series === current()) timeline.setEntries(entries);
  });
  createExportControl({ store, stage, current, starting: () => player.stop(), failed: fail });
  followPageKeys({
    step(count) {
      player.stop();
      timeline.step(count);
    },
    togglePlay: () => player.toggle(),
    toggleCloudFree: () => clarity.toggle(),
  });
  return {
    show(state) {
      const series = current();
      panel.show(state, series?.collection.renders ?? []);
      timeline.select(state.date, state.compare);
      if (series !== undefined) clarity.show(state, series);
    },
    setSeries({ entries, collection }) {
      element("timeline", HTMLElement).hidden = entries.length === 0;
      element("credit", HTMLParagraphElement).textContent = collection.credit;
      timeline.setEntries(entries);
    },
    rested() {
      clarity.tell(stage.provenance());
      const series = current();
      if (series !== undefined) viewDates.ask(series, stage.view());
    },
    stop: () => player.stop(),
  };
}

/** The timeline, and the player that moves it. */
function createTimeControls({ store, stage }: Pick<Page, "store" | "stage">, current: () => Series | undefined) {
  const pick = (day: string | undefined, side: Side): void => {
    if (day !== undefined) store.set({ [side]: day });
  };
  const following = (): string | undefined => {
    const [series, day] = [current(), store.get()[timeline.active()]];
    return series === undefined || day === undefined ? undefined : nextDay(series, day);
  };
  const player = createPlayer({
    advance: () => pick(following(), timeline.active()),
    preloadNext: async () => stage.preload(timeline.active(), current(), following()),
    changed: (playing) => timeline.setPlaying(playing),
  });
  const timeline = createTimeline(element("dates", HTMLDivElement), {
    pick(day, side) {
      player.stop();
      pick(day, side);
    },
    togglePlay: () => player.toggle(),
  });
  return { player, timeline };
}

/** Loads collections by id, the last one asked for; an unknown id is the first collection. */
function createOpener({ collections, fail }: Page, opened: (series: Series) => void): (id: string | undefined) => void {
  let loading = new AbortController();
  const load = async (collection: Collection, signal: AbortSignal): Promise<void> => {
    try {
      const series = await loadSeries(collection, signal);
      if (!signal.aborted) opened(series);
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  };
  return (id) => {
    loading.abort();
    loading = new AbortController();
    const wanted = collections.find((collection) => collection.id === id) ?? collections[0];
    if (wanted !== undefined) void load(wanted, loading.signal);
  };
}

/** What a click asks: which item shows there, and the values over the dates. */
function questionAt(
  series: Series | undefined,
  state: ViewState,
  { place, side }: { readonly place: readonly [number, number]; readonly side: Side },
): PlaceQuestion | undefined {
  const day = state[side];
  if (series === undefined || day === undefined) return undefined;
  const { collection } = series;
  const plotted = plottedOf(renderOf(collection, state.render));
  return {
    day,
    item: itemShown(series, { day, only: state.only }, place),
    point: { collection: collection.id, place, plotted, cloudFree: isCloudFree(state, series) },
  };
}

function titleOf(state: ViewState, series: Series | undefined): string {
  const parts = [state.date === undefined ? "" : formatDay(state.date), series?.collection.title ?? "", "Tectile"];
  return parts.filter((part) => part !== "").join(" · ");
}

function explain(title: string, text: string): void {
  const box = element("empty", HTMLDivElement);
  box.hidden = false;
  box.replaceChildren(make("h2", {}, title), make("p", {}, text));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

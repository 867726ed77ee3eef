import { fetchStart } from "./api.js";
import { cameraFor } from "./camera.js";
import { createConnection } from "./connection.js";
import { createControls } from "./controls.js";
import type { Page } from "./controls.js";
import { formatDay } from "./dates.js";
import { element, make } from "./dom.js";
import { fitBounds } from "./map.js";
import { plottedOf } from "./point-values.js";
import type { PlaceQuestion } from "./popup.js";
import { createLoadingWatch } from "./progress.js";
import { areRelated, isCloudFree, itemShown, renderOf, settleState, toSeries } from "./series.js";
import type { Series } from "./series.js";
import type { Side } from "./slider.js";
import { createStage } from "./stage.js";
import { createStore, followHash } from "./state.js";
import type { Subject, ViewState } from "./state.js";
import { createToasts } from "./toasts.js";
import { createWorld } from "./world.js";

void start();

/** Opens the page: takes over what its first script has asked, makes the map, wires the controls. Says what is wrong where it can't. */
async function start(): Promise<void> {
  const store = createStore(location.hash);
  const toasts = createToasts();
  const first = globalThis.tectile;
  globalThis.tectile = undefined;
  const connection = first?.connection ?? createConnection();
  try {
    const begun = await (first?.start ?? fetchStart(connection.ask, store.get()));
    if (begun.series === undefined)
      return explain("Nothing here yet", "Add imagery: tectile ingest FILES --catalog FOLDER");
    const fail = (error: unknown): void => toasts.fail(messageOf(error));
    const world = createWorld(connection.ask);
    if (store.get().camera === undefined)
      store.set({ camera: cameraFor(begun.series.extent.bounds, { width: innerWidth, height: innerHeight }) });
    let page: ReturnType<typeof wire> | undefined;
    const stage = await createStage(
      { store, ask: connection.ask, basemap: begun.basemap, world },
      {
        opened: createLoadingWatch(toasts),
        changed: () => page?.changed(),
        rested: () => page?.rested(),
        ask: (place, side) => questionAt(page?.series(), store.get(), { place, side }),
        failed: fail,
      },
    );
    page = wire({ store, stage, connection, start: begun, world, fail, first });
  } catch (error) {
    explain("The map can't be shown", messageOf(error));
  }
}

/** The store is the truth: controls change it, and each change draws what differs. */
function wire(page: Page) {
  const { store, stage, start, first } = page;
  const { collections } = start;
  let series: Series | undefined;
  const controls = createControls(page, () => series);
  const draw = (state: ViewState): void => {
    controls.show(state);
    if (series !== undefined) stage.draw(series, state);
    document.title = titleOf(state, series);
  };
  const opened = (next: Series): void => {
    series = next;
    stage.clear();
    controls.setSeries(next);
    if (store.get().camera === undefined) fitBounds(stage.main.map, next.extent.bounds);
    store.set(settleState(store.get(), next));
    draw(store.get());
  };
  const open = createOpener(page, opened);
  store.listen((state, before) => {
    const isSame = state.search === before.search && state.look === before.look;
    if (isSame && (state.collection === before.collection || state.collection === series?.collection.id))
      return draw(state);
    controls.stop();
    // A search, and a look of its own, are of what the address names beside them.
    if (isSame && (state.search ?? state.look) !== undefined)
      return store.set({ search: undefined, look: undefined, date: undefined, compare: undefined, camera: undefined });
    const next = collections.find(({ id }) => id === state.collection);
    // Another collection is elsewhere, unless one was made from the other: neither its place nor its dates carry over, if a permalink gave none.
    if (state.date === before.date && !areRelated(series?.collection, next))
      store.set({ camera: undefined, date: undefined, compare: undefined, from: undefined, to: undefined });
    open(state);
  });
  followHash(store, ({ lon, lat, zoom }) => stage.main.map.jumpTo({ center: [lon, lat], zoom }));
  stage.main.map.once("movestart", () => first?.remove());
  const [asked, begun] = [collections.find(({ id }) => id === start.series?.collection), start.series];
  if (asked !== undefined && begun !== undefined) opened(toSeries(page.connection.ask, asked, begun));
  return {
    series: () => series,
    rested: () => controls.rested(),
    changed(): void {
      if (stage.showing().whole !== undefined) first?.remove();
      controls.changed();
    },
  };
}

/** Loads collections by id, and searches, the last one asked for; an unknown id is the first collection. */
function createOpener({ connection, fail }: Page, opened: (series: Series) => void): (subject: Subject) => void {
  let loading = new AbortController();
  const load = async (subject: Subject, signal: AbortSignal): Promise<void> => {
    try {
      const { collections, series } = await fetchStart(connection.ask, subject, signal);
      const collection = collections.find((one) => one.id === series?.collection);
      if (!signal.aborted && collection !== undefined && series !== undefined)
        opened(toSeries(connection.ask, collection, series));
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  };
  return (subject) => {
    loading.abort();
    loading = new AbortController();
    void load(subject, loading.signal);
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
    point: { collection, place, plotted, cloudFree: isCloudFree(state, series) },
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
  element("status", HTMLDivElement).hidden = true;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

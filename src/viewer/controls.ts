import type { Start } from "./api.js";
import { createClarity } from "./clarity.js";
import type { Connection } from "./connection.js";
import { element } from "./dom.js";
import { createExportControl } from "./export-control.js";
import type { FirstPicture } from "./first-picture.js";
import { createKeysHelp, followPageKeys } from "./keys.js";
import { fitBounds } from "./map.js";
import { createMarkers } from "./markers.js";
import { createPanel } from "./panel.js";
import type { Place } from "./places.js";
import { createPlayer } from "./player.js";
import { createPreloader } from "./preloader.js";
import { createRangeControl, HOLD_MS } from "./range-control.js";
import { createSearch } from "./search.js";
import { firstCompare, nextDay } from "./series.js";
import type { Series } from "./series.js";
import { createTimeline } from "./slider.js";
import type { Side } from "./slider.js";
import type { Stage } from "./stage.js";
import type { Store, ViewState } from "./state.js";
import { createStatus } from "./status.js";
import { createViewDates } from "./view-dates.js";
import type { World } from "./world.js";

/** What the parts of the page share. */
export interface Page {
  readonly store: Store;
  readonly stage: Stage;
  readonly connection: Connection;
  readonly start: Start;
  readonly world: () => Promise<World>;
  readonly fail: (error: unknown) => void;
  readonly first: FirstPicture | undefined;
}

export interface Controls {
  show(state: ViewState): void;
  setSeries(series: Series): void;
  /** Another picture is there, or is coming. */
  changed(): void;
  /** The map has come to rest: finds out which dates have imagery in view, and loads those beside the one that shows. */
  rested(): void;
  /** Ends playback. */
  stop(): void;
}

/** The panel, the timeline, the player and the others, which all act on the store. */
export function createControls(page: Page, current: () => Series | undefined): Controls {
  const { store, stage, connection, start, fail } = page;
  const { player, timeline } = createTimeControls(page, current);
  const panel = createPanel(store, (on) => {
    const [series, { date }] = [current(), store.get()];
    store.set({ compare: on && series !== undefined && date !== undefined ? firstCompare(series, date) : undefined });
  });
  panel.setCollections(start.collections);
  const clarity = createClarity(store);
  const range = createRangeControl(store);
  const markers = createMarkers(stage.main.map);
  const viewDates = createViewDates(connection.ask, (series, entries) => {
    if (series === current()) timeline.setEntries(entries);
  });
  const back = (): void => {
    const series = current();
    if (series !== undefined) fitBounds(stage.main.map, series.extent.bounds);
  };
  const status = createStatus({
    connection,
    showing: () => stage.showing(),
    isAway: () => !meets(stage.view(), current()),
    retry() {
      connection.retry();
      stage.retry();
    },
    back,
  });
  const search = createSearch({ world: page.world, go: (place) => goTo(stage, place), unfold: () => panel.unfold() });
  element("home", HTMLButtonElement).addEventListener("click", back);
  createExportControl({ store, stage, current, ask: connection.ask, starting: () => player.stop(), failed: fail });
  const help = createKeysHelp();
  followPageKeys({
    step(count) {
      player.stop();
      timeline.step(count);
    },
    togglePlay: () => player.toggle(),
    toggleCloudFree: () => clarity.toggle(),
    startRange: () => range.start(store.get()[timeline.active()]),
    endRange: () => range.end(store.get()[timeline.active()]),
    backToData: back,
    search,
    help,
  });
  const preloadBeside = createPreloader(page, { current, side: () => timeline.active(), isPlaying: player.isPlaying });
  return {
    show(state) {
      const series = current();
      panel.show(state, series?.collection.renders ?? []);
      timeline.select(state.date, state.compare);
      timeline.setRange(state.from, state.to);
      range.show(state);
      if (series !== undefined) clarity.show(state, series);
    },
    setSeries({ entries, collection, outlines }) {
      element("timeline", HTMLElement).hidden = entries.length === 0;
      const credits = [collection.credit, start.basemap?.attribution ?? "Borders: Natural Earth"];
      element("credit", HTMLParagraphElement).textContent = credits.filter((part) => part !== "").join(" · ");
      panel.relate(collection, start.collections);
      timeline.setEntries(entries);
      range.setEntries(entries);
      markers.setOutlines(outlines);
    },
    changed() {
      status.update();
      preloadBeside();
    },
    rested() {
      status.update();
      const series = current();
      if (series !== undefined) viewDates.ask(series, stage.view());
      preloadBeside();
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
    return series === undefined || day === undefined ? undefined : nextDay(series, store.get(), day);
  };
  const player = createPlayer({
    advance: () => pick(following(), timeline.active()),
    preloadNext: async () => stage.preload(timeline.active(), current(), following()),
    holdMs: () => HOLD_MS / store.get().speed,
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

/** How close a point without a zoom of its own is looked at. */
const POINT_ZOOM = 13;

function goTo({ main: { map } }: Stage, place: Place): void {
  if (place.kind === "box") fitBounds(map, place.bounds);
  else map.jumpTo({ center: [place.lon, place.lat], zoom: place.zoom ?? Math.max(map.getZoom(), POINT_ZOOM) });
}

/** True where a view and the imagery of a series touch; the antimeridian aside. */
function meets(view: readonly number[], series: Series | undefined): boolean {
  const [west = 0, south = 0, east = 0, north = 0] = view;
  if (series === undefined) return true;
  const [left, bottom, right, top] = series.extent.bounds;
  const shifts = [-360, 0, 360];
  const across = left > right || shifts.some((shift) => left + shift < east && right + shift > west);
  return across && bottom < north && top > south;
}

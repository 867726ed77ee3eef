import { NavigationControl, ScaleControl } from "maplibre-gl";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Basemap, Bounds } from "./api.js";
import type { Connection } from "./connection.js";
import { formatDay } from "./dates.js";
import { element } from "./dom.js";
import { drawEdgeLabels } from "./graticule.js";
import { cameraOf, createMapView } from "./map.js";
import type { MapView } from "./map.js";
import { explainClicks } from "./popup.js";
import type { AskPlace } from "./popup.js";
import { watchTiles } from "./provenance.js";
import { frameFor } from "./series.js";
import type { Series } from "./series.js";
import type { Side } from "./slider.js";
import type { Store, ViewState } from "./state.js";
import { createSwipe, syncMaps } from "./swipe.js";
import { countTiles, viewProvenance } from "./view-provenance.js";
import type { View } from "./view-provenance.js";
import type { Showing } from "./what-goes-on.js";
import { drawWorld } from "./world.js";
import type { World } from "./world.js";

/** The maps: one, or two with a divider when dates are compared. */
export interface Stage {
  readonly main: MapView;
  /** Brings the maps to a state. */
  draw(series: Series, state: ViewState): void;
  /** Loads a day unseen on the map of a side. */
  preload(side: Side, series: Series | undefined, day: string | undefined): Promise<void>;
  /** Resolves when the main map shows the state last drawn, every tile of it. */
  shown(signal: AbortSignal): Promise<void>;
  /** What the main map shows, degrees. */
  view(): Bounds;
  showing(): Showing;
  /** Asks again for the tiles that have failed. */
  retry(): void;
  /** Forgets the imagery of a collection. */
  clear(): void;
}

export interface StageUse {
  readonly store: Store;
  readonly ask: Connection["ask"];
  readonly basemap: Basemap | undefined;
  readonly world: () => Promise<World>;
}

export interface StageEvents {
  /** A map has been made. */
  readonly opened: (map: MapLibreMap) => void;
  /** Another picture is there, or is coming. */
  readonly changed: () => void;
  /** The main map has come to rest. */
  readonly rested: () => void;
  readonly ask: (place: Parameters<AskPlace>[0], side: Side) => ReturnType<AskPlace>;
  readonly failed: (error: unknown) => void;
}

/** Dates that are dragged over quickly aren't asked for. */
const SETTLE_MS = 40;
const POLL_MS = 60;

/** Builds the first map; the second one comes with the first comparison. */
export async function createStage(use: StageUse, events: StageEvents): Promise<Stage> {
  const { store, ask, basemap } = use;
  const tiles = watchTiles(ask);
  const open = async (container: HTMLElement, side: Side): Promise<MapView> => {
    const view: MapView = await createMapView(container, {
      basemap,
      camera: store.get().camera,
      hasFailed: (frame) => countTiles(frame, viewOf(view.map), tiles.outcome).failed > 0,
      changed: events.changed,
    });
    events.opened(view.map);
    if (basemap === undefined) drawWorld(view.map, "ground", use.world);
    explainClicks(view.map, ask, (place) => events.ask(place, side));
    return view;
  };
  const main = await open(element("map", HTMLDivElement), "date");
  const overlay = element("map-compare", HTMLDivElement);
  const swipe = createSwipe(element("divider", HTMLDivElement), overlay);
  let second: Promise<MapView> | undefined;
  let drawing: Drawing | undefined;
  let drawn: Drawing | undefined;
  let timer = 0;

  const openSecond = async (): Promise<MapView> => {
    const view = await open(overlay, "compare");
    syncMaps(main.map, view.map);
    return view;
  };
  const drawNow = async (): Promise<void> => {
    const mine = drawing;
    if (mine === undefined) return;
    // Another state may come while this one's frame is looked up, or the second map is made.
    const isLate = (): boolean => drawing !== mine;
    await drawView(main, mine, { day: mine.state.date, isLate });
    if (isLate()) return;
    drawn = mine;
    if (mine.state.compare === undefined) return swipe.hide();
    swipe.show();
    second ??= openSecond();
    const view = await second;
    view.map.resize();
    if (!isLate()) await drawView(view, mine, { day: mine.state.compare, isLate });
  };

  addControls(main.map, store);
  main.map.on("idle", events.rested);
  return {
    main,
    draw(series, state) {
      drawing = { series, state };
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void drawNow().catch(events.failed), SETTLE_MS);
    },
    async preload(side, series, day) {
      const view = side === "date" ? main : await second;
      const shown = series === undefined || day === undefined ? undefined : await frameFor(series, day, store.get());
      if (shown !== undefined) await view?.frames.preload(shown.frame);
    },
    async shown(signal) {
      while (drawn !== drawing) await pause(POLL_MS, signal);
      do await pause(POLL_MS, signal);
      while (main.frames.coming() !== undefined || !main.map.areTilesLoaded());
    },
    view: () => viewOf(main.map).bounds,
    showing() {
      const [whole, coming, view] = [main.frames.whole(), main.frames.coming(), viewOf(main.map)];
      const awaited = coming ?? whole;
      const counts = awaited === undefined ? NO_TILES : countTiles(awaited, view, tiles.outcome);
      return { whole, coming, ...counts, provenance: whole && viewProvenance(whole, view, tiles.told) };
    },
    retry() {
      main.frames.retry();
      void second?.then((view) => view.frames.retry());
    },
    clear() {
      main.frames.clear();
      void second?.then((view) => view.frames.clear());
    },
  };
}

const NO_TILES = { total: 0, came: 0, failed: 0 };

interface Drawing {
  readonly series: Series;
  readonly state: ViewState;
}

async function drawView(
  view: MapView,
  { series, state }: Drawing,
  { day, isLate }: { readonly day: string | undefined; readonly isLate: () => boolean },
): Promise<void> {
  const shown = day === undefined ? undefined : await frameFor(series, day, state);
  if (day === undefined || shown === undefined || isLate()) return;
  view.frames.show(shown.frame, shown.first);
  view.frames.setOpacity(state.opacity);
  view.showFootprints(state.footprints);
  view.map.getCanvas().setAttribute("aria-label", `Imagery of ${formatDay(day)}`);
  void outlineDay(view, series, { day, isLate });
}

/** The outlines of a day's items come when they come: they are no reason to wait, nor to complain. */
async function outlineDay(
  view: MapView,
  series: Series,
  { day, isLate }: { readonly day: string; readonly isLate: () => boolean },
): Promise<void> {
  const items = await series.itemsOf(day).catch(() => []);
  const bright = items.map(({ outline }) => outline);
  if (!isLate()) view.setFootprints([...series.outlines, ...bright], bright);
}

function viewOf(map: MapLibreMap): View {
  const box = map.getBounds();
  return { bounds: [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()], zoom: map.getZoom() };
}

/** Throws when the signal is aborted meanwhile. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise((done) => setTimeout(done, ms));
  signal.throwIfAborted();
}

function addControls(map: MapLibreMap, store: Store): void {
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-right");
  const labels = element("edge-labels", HTMLDivElement);
  const drawLabels = (): void => drawEdgeLabels(map, labels);
  map.on("move", drawLabels);
  map.on("resize", drawLabels);
  drawLabels();
  map.on("moveend", () => store.set({ camera: cameraOf(map) }));
}

import { NavigationControl, ScaleControl } from "maplibre-gl";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Bounds } from "./api.js";
import { formatDay } from "./dates.js";
import { element } from "./dom.js";
import type { Frame } from "./frames.js";
import { drawEdgeLabels } from "./graticule.js";
import { cameraOf, createMapView } from "./map.js";
import type { MapView } from "./map.js";
import { explainClicks } from "./popup.js";
import type { AskPlace } from "./popup.js";
import { watchTiles } from "./provenance.js";
import type { Provenance } from "./provenance.js";
import { frameFor } from "./series.js";
import type { Series } from "./series.js";
import type { Side } from "./slider.js";
import type { Store, ViewState } from "./state.js";
import { createSwipe, syncMaps } from "./swipe.js";
import { viewProvenance } from "./view-provenance.js";

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
  /** What the main map's tiles in view say of where their pixels come from. */
  provenance(): Provenance | undefined;
  /** Forgets the imagery of a collection. */
  clear(): void;
}

export interface StageEvents {
  /** Told of each map that is made. */
  readonly opened: (map: MapLibreMap) => void;
  /** The main map has come to rest, with all of its tiles. */
  readonly rested: () => void;
  /** A click on a map asks about the place; `side` says on which map. */
  readonly ask: (place: Parameters<AskPlace>[0], side: Side) => ReturnType<AskPlace>;
  readonly failed: (error: unknown) => void;
}

/** Dates that are dragged over quickly aren't asked for. */
const SETTLE_MS = 60;
const POLL_MS = 60;

/** Builds the first map; the second one comes with the first comparison. */
export async function createStage(store: Store, events: StageEvents): Promise<Stage> {
  const told = watchTiles();
  const main = await createMapView(element("map", HTMLDivElement), store.get().camera);
  const overlay = element("map-compare", HTMLDivElement);
  const swipe = createSwipe(element("divider", HTMLDivElement), overlay);
  let second: Promise<MapView> | undefined;
  let drawing: Drawing | undefined;
  let drawn: { readonly drawing: Drawing; readonly frame: Frame | undefined } | undefined;
  let timer = 0;

  const drawNow = async (): Promise<void> => {
    const mine = drawing;
    if (mine === undefined) return;
    // Another state may come while this one's frame is looked up, or the second map is made.
    const isLate = (): boolean => drawing !== mine;
    const frame = await drawView(main, mine, { day: mine.state.date, isLate });
    if (isLate()) return;
    drawn = { drawing: mine, frame };
    if (mine.state.compare === undefined) return swipe.hide();
    swipe.show();
    second ??= openSecond(main, overlay, events);
    const view = await second;
    view.map.resize();
    if (!isLate()) await drawView(view, mine, { day: mine.state.compare, isLate });
  };

  events.opened(main.map);
  addControls(main.map, store);
  main.map.on("idle", events.rested);
  explainClicks(main.map, (place) => events.ask(place, "date"));
  return {
    main,
    draw(series, state) {
      drawing = { series, state };
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void drawNow().catch(events.failed), SETTLE_MS);
    },
    async preload(side, series, day) {
      const view = side === "date" ? main : await second;
      const frame = series === undefined || day === undefined ? undefined : await frameFor(series, day, store.get());
      if (frame !== undefined) await view?.frames.preload(frame);
    },
    async shown(signal) {
      while (drawn?.drawing !== drawing) await pause(POLL_MS, signal);
      do await pause(POLL_MS, signal);
      while (!main.map.areTilesLoaded());
    },
    view: () => boundsOf(main.map),
    provenance() {
      const view = { bounds: boundsOf(main.map), zoom: main.map.getZoom() };
      return drawn?.frame && viewProvenance(drawn.frame, view, told);
    },
    clear() {
      main.frames.clear();
      void second?.then((view) => view.frames.clear());
    },
  };
}

async function openSecond(main: MapView, container: HTMLElement, events: StageEvents): Promise<MapView> {
  const view = await createMapView(container, cameraOf(main.map));
  events.opened(view.map);
  syncMaps(main.map, view.map);
  explainClicks(view.map, (place) => events.ask(place, "compare"));
  return view;
}

interface Drawing {
  readonly series: Series;
  readonly state: ViewState;
}

async function drawView(
  view: MapView,
  { series, state }: Drawing,
  { day, isLate }: { readonly day: string | undefined; readonly isLate: () => boolean },
): Promise<Frame | undefined> {
  const frame = day === undefined ? undefined : await frameFor(series, day, state);
  if (day === undefined || frame === undefined || isLate()) return undefined;
  view.frames.show(frame);
  view.frames.setOpacity(state.opacity);
  view.showFootprints(state.footprints);
  view.map.getCanvas().setAttribute("aria-label", `Imagery of ${formatDay(day)}`);
  const bright = await series.itemsOf(day);
  if (!isLate()) view.setFootprints([...series.items, ...bright], new Set(bright.map(({ id }) => id)));
  return frame;
}

function boundsOf(map: MapLibreMap): Bounds {
  const box = map.getBounds();
  return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
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

import { NavigationControl, ScaleControl } from "maplibre-gl";
import type { Map as MapLibreMap } from "maplibre-gl";
import { formatDay } from "./dates.js";
import { element } from "./dom.js";
import { drawEdgeLabels } from "./graticule.js";
import { cameraOf, createMapView } from "./map.js";
import type { MapView } from "./map.js";
import { explainClicks } from "./popup.js";
import type { FindItem } from "./popup.js";
import { frameFor } from "./series.js";
import type { Series } from "./series.js";
import type { Side } from "./slider.js";
import type { Store, ViewState } from "./state.js";
import { createSwipe, syncMaps } from "./swipe.js";

/** The maps: one, or two with a divider when dates are compared. */
export interface Stage {
  readonly main: MapView;
  /** Brings the maps to a state. */
  draw(series: Series, state: ViewState): void;
  /** Loads a day unseen on the map of a side. */
  preload(side: Side, series: Series | undefined, day: string | undefined): Promise<void>;
  /** Forgets the imagery of a collection. */
  clear(): void;
  /** Clicks on a map ask which item shows there; `side` says on which map. */
  explain(find: (place: Parameters<FindItem>[0], side: Side) => ReturnType<FindItem>): void;
}

/** Dates that are dragged over quickly aren't asked for. */
const SETTLE_MS = 60;

/** Builds the first map; the second one comes with the first comparison. `watch` is told of each map. */
export async function createStage(store: Store, watch: (map: MapLibreMap) => void): Promise<Stage> {
  const main = await createMapView(element("map", HTMLDivElement), store.get().camera);
  const overlay = element("map-compare", HTMLDivElement);
  const swipe = createSwipe(element("divider", HTMLDivElement), overlay);
  let second: Promise<MapView> | undefined;
  let find: ((place: Parameters<FindItem>[0], side: Side) => ReturnType<FindItem>) | undefined;
  let drawing: { readonly series: Series; readonly state: ViewState } | undefined;
  let timer = 0;

  const openSecond = async (): Promise<MapView> => {
    const view = await createMapView(overlay, cameraOf(main.map));
    watch(view.map);
    syncMaps(main.map, view.map);
    explainClicks(view.map, (place) => find?.(place, "compare"));
    return view;
  };
  const drawNow = async (): Promise<void> => {
    if (drawing === undefined) return;
    const { series, state } = drawing;
    drawView(main, series, state, state.date);
    if (state.compare === undefined) return swipe.hide();
    swipe.show();
    second ??= openSecond();
    const view = await second;
    view.map.resize();
    // Another state may have come while the map was made.
    if (drawing.state.compare !== undefined) drawView(view, drawing.series, drawing.state, drawing.state.compare);
  };

  watch(main.map);
  addControls(main.map, store);
  explainClicks(main.map, (place) => find?.(place, "date"));
  return {
    main,
    draw(series, state) {
      drawing = { series, state };
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void drawNow(), SETTLE_MS);
    },
    async preload(side, series, day) {
      const view = side === "date" ? main : await second;
      const frame = series === undefined || day === undefined ? undefined : frameFor(series, day, store.get());
      if (frame !== undefined) await view?.frames.preload(frame);
    },
    clear() {
      main.frames.clear();
      void second?.then((view) => view.frames.clear());
    },
    explain(finder) {
      find = finder;
    },
  };
}

function drawView(view: MapView, series: Series, state: ViewState, day: string | undefined): void {
  const frame = day === undefined ? undefined : frameFor(series, day, state);
  if (day === undefined || frame === undefined) return;
  view.frames.show(frame);
  view.frames.setOpacity(state.opacity);
  const bright = series.entries.find((entry) => entry.day === day)?.items ?? [];
  view.setFootprints(series.items, new Set(bright.map(({ id }) => id)));
  view.showFootprints(state.footprints);
  view.map.getCanvas().setAttribute("aria-label", `Imagery of ${formatDay(day)}`);
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

import { Map as MapLibreMap } from "maplibre-gl";
import type { GeoJSONSource, StyleSpecification } from "maplibre-gl";
import type { Bounds, Item } from "./api.js";
import { createFrameStack } from "./frame-stack.js";
import type { FrameStack } from "./frame-stack.js";
import { graticuleLines } from "./graticule.js";
import type { Camera } from "./state.js";

/** A map with its imagery. */
export interface MapView {
  readonly map: MapLibreMap;
  readonly frames: FrameStack;
  /** Outlines of items; the days named are drawn stronger. */
  setFootprints(items: readonly Item[], bright: ReadonlySet<string>): void;
  showFootprints(visible: boolean): void;
}

/** Makes a map in a container: north up, flat, with graticule and footprints, nothing from elsewhere. Resolves when it draws. */
export async function createMapView(container: HTMLElement, camera: Camera | undefined): Promise<MapView> {
  const map = new MapLibreMap({
    container,
    style: STYLE,
    attributionControl: false,
    center: [camera?.lon ?? 0, camera?.lat ?? 25],
    zoom: camera?.zoom ?? 1.2,
    maxZoom: 19,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    cancelPendingTileRequestsWhileZooming: true,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  await map.once("load");
  const graticule = (): void => void source(map, "graticule")?.setData(graticuleLines(map));
  map.on("moveend", graticule);
  map.on("resize", graticule);
  graticule();
  return {
    map,
    frames: createFrameStack(map, "footprints-casing"),
    setFootprints(items, bright) {
      void source(map, "footprints")?.setData(footprintsOf(items, bright));
    },
    showFootprints(visible) {
      for (const id of ["footprints-casing", "footprints"])
        map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
    },
  };
}

/** Moves the view to a box, unless it is empty; leaves room for the panel and the timeline. */
export function fitBounds(map: MapLibreMap, [west, south, east, north]: Bounds): void {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const wide = width > 700;
  const padding = wide ? { left: 330, right: 70, top: 50, bottom: 190 } : { left: 16, right: 16, top: 90, bottom: 200 };
  const fits = width > padding.left + padding.right + 80 && height > padding.top + padding.bottom + 80;
  const span = west > east ? 360 : 0;
  map.fitBounds(
    [
      [west, south],
      [east + span, north],
    ],
    { padding: fits ? padding : 8, maxZoom: 16, duration: 0 },
  );
}

/** The map's camera, as far as a permalink keeps it. */
export function cameraOf(map: MapLibreMap): Camera {
  const { lng, lat } = map.getCenter().wrap();
  return { zoom: map.getZoom(), lon: lng, lat };
}

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

const STYLE: StyleSpecification = {
  version: 8,
  sources: {
    graticule: { type: "geojson", data: EMPTY },
    footprints: { type: "geojson", data: EMPTY },
  },
  layers: [
    { id: "background", type: "background", paint: { "background-color": "#0a0e14" } },
    { id: "ground", type: "fill", source: "footprints", paint: { "fill-color": "#101722", "fill-antialias": false } },
    {
      id: "graticule",
      type: "line",
      source: "graticule",
      paint: { "line-color": "#8fb3c9", "line-opacity": 0.13, "line-width": 1 },
    },
    {
      id: "footprints-casing",
      type: "line",
      source: "footprints",
      paint: { "line-color": "#04070b", "line-width": ["case", ["get", "bright"], 4, 2], "line-opacity": 0.45 },
    },
    {
      id: "footprints",
      type: "line",
      source: "footprints",
      layout: { "line-sort-key": ["case", ["get", "bright"], 1, 0] },
      paint: {
        "line-color": ["case", ["get", "bright"], "#58d5c9", "#8fb3c9"],
        "line-width": ["case", ["get", "bright"], 1.6, 1],
        "line-opacity": ["case", ["get", "bright"], 0.95, 0.3],
      },
    },
  ],
};

function source(map: MapLibreMap, id: string): GeoJSONSource | undefined {
  return map.getSource<GeoJSONSource>(id);
}

/** One feature an outline, the bright ones last; equal outlines (a series of one place) are drawn once. */
function footprintsOf(items: readonly Item[], bright: ReadonlySet<string>): GeoJSON.FeatureCollection {
  const outlines = new Map<string, GeoJSON.Feature>();
  for (const item of items) {
    const isBright = bright.has(item.id);
    const geometry: GeoJSON.MultiPolygon = {
      type: "MultiPolygon",
      coordinates: item.rings.map((ring) => [ring.map(([lon, lat]) => [lon, lat])]),
    };
    const key = JSON.stringify(geometry.coordinates);
    if (isBright || !outlines.has(key))
      outlines.set(key, { type: "Feature", properties: { bright: isBright }, geometry });
  }
  return { type: "FeatureCollection", features: [...outlines.values()] };
}

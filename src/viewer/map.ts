import { Map as MapLibreMap, setWorkerUrl } from "maplibre-gl";
import type { GeoJSONSource, StyleSpecification } from "maplibre-gl";
import type { Basemap, Bounds, Outline } from "./api.js";
import { cameraFor } from "./camera.js";
import { createFrameStack } from "./frame-stack.js";
import type { FrameStack, FrameStackUse } from "./frame-stack.js";
import { graticuleLines } from "./graticule.js";
import type { Camera } from "./state.js";

/** A map with its imagery. */
export interface MapView {
  readonly map: MapLibreMap;
  readonly frames: FrameStack;
  /** Outlines of items; the bright ones are drawn stronger. */
  setFootprints(outlines: readonly Outline[], bright: readonly Outline[]): void;
  showFootprints(visible: boolean): void;
}

export interface MapUse extends Omit<FrameStackUse, "before"> {
  readonly basemap: Basemap | undefined;
  readonly camera: Camera | undefined;
}

/** Makes a map in a container: north up, flat, with graticule and footprints. Resolves when it draws. */
export async function createMapView(container: HTMLElement, use: MapUse): Promise<MapView> {
  setWorkerUrl(new URL(document.body.dataset["worker"] ?? "", document.baseURI).href);
  const { camera, basemap } = use;
  const map = new MapLibreMap({
    container,
    style: styleOn(basemap),
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
    locale: { "Map.Title": "Map: arrow keys move it, plus and minus zoom" },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  // A basemap that doesn't come is no reason to wait for it.
  await map.once("style.load");
  const graticule = (): void => void source(map, "graticule")?.setData(graticuleLines(map));
  map.on("moveend", graticule);
  map.on("resize", graticule);
  graticule();
  return {
    map,
    frames: createFrameStack(map, { ...use, before: "footprints-casing" }),
    setFootprints(outlines, bright) {
      void source(map, "footprints")?.setData(footprintsOf(outlines, bright));
    },
    showFootprints(visible) {
      for (const id of ["footprints-casing", "footprints"])
        map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
    },
  };
}

/** Moves the view to a box, at once; leaves room for the panel and the timeline. */
export function fitBounds(map: MapLibreMap, bounds: Bounds): void {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const { zoom, lon, lat } = cameraFor(bounds, { width, height });
  map.jumpTo({ zoom, center: [lon, lat] });
}

/** The map's camera, as far as a permalink keeps it. */
export function cameraOf(map: MapLibreMap): Camera {
  const { lng, lat } = map.getCenter().wrap();
  return { zoom: map.getZoom(), lon: lng, lat };
}

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** Nothing from elsewhere but the basemap, where the server names one. */
function styleOn(basemap: Basemap | undefined): StyleSpecification {
  if (basemap === undefined) return STYLE;
  const [background, ...others] = STYLE.layers;
  const under = { id: "basemap", type: "raster", source: "basemap" } as const;
  return {
    ...STYLE,
    sources: {
      ...STYLE.sources,
      basemap: { type: "raster", tiles: [basemap.url], tileSize: 256, maxzoom: basemap.maxZoom },
    },
    // Over a map, the ground of what is shown needs no colour of its own.
    layers: [...(background === undefined ? [] : [background]), under, ...others.filter(({ id }) => id !== "ground")],
  };
}

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
function footprintsOf(outlines: readonly Outline[], bright: readonly Outline[]): GeoJSON.FeatureCollection {
  const features = new Map<string, GeoJSON.Feature>();
  for (const outline of [...outlines, ...bright]) {
    const coordinates = outline.map((ring) => [ring.map(([lon, lat]): [number, number] => [lon, lat])]);
    const isBright = bright.includes(outline);
    const key = JSON.stringify(coordinates);
    if (isBright || !features.has(key))
      features.set(key, {
        type: "Feature",
        properties: { bright: isBright },
        geometry: { type: "MultiPolygon", coordinates },
      });
  }
  return { type: "FeatureCollection", features: [...features.values()] };
}

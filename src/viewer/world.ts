import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Bounds } from "./api.js";
import type { Connection } from "./connection.js";
import { list, SERVER } from "./json.js";

/** A country by its name, and where its largest part lies. */
export interface Country {
  readonly name: string;
  readonly bounds: Bounds;
}

/** Coasts, borders and names of countries (Natural Earth, 1 : 50 million). */
export interface World {
  readonly countries: readonly Country[];
  readonly land: GeoJSON.GeoJSON;
  readonly coasts: GeoJSON.GeoJSON;
  readonly borders: GeoJSON.GeoJSON;
  readonly names: GeoJSON.FeatureCollection<GeoJSON.Point>;
}

/** The zoom from which outlines of this scale are farther off than they help. */
const FADES_AT = 7;
export const HIDDEN_AT = 10;

type Countries = Topology<{
  readonly countries: GeometryCollection<{ readonly name: string }>;
  readonly land: GeometryCollection;
}>;

/** Gives the world when it is first asked for. */
export function createWorld(ask: Connection["ask"]): () => Promise<World> {
  let asked: Promise<World> | undefined;
  return () => {
    asked ??= loadWorld(ask);
    asked.catch(() => (asked = undefined));
    return asked;
  };
}

async function loadWorld(ask: Connection["ask"]): Promise<World> {
  const response = await ask(new URL(document.body.dataset["world"] ?? "", SERVER));
  const topology = (await response.json()) as Countries;
  const { features } = feature(topology, topology.objects.countries);
  const named = features.map((country) => ({
    name: country.properties.name,
    bounds: boundsOfLargest(country.geometry),
  }));
  return {
    countries: named,
    land: feature(topology, topology.objects.land),
    coasts: mesh(topology, topology.objects.countries, (a, b) => a === b),
    borders: mesh(topology, topology.objects.countries, (a, b) => a !== b),
    names: {
      type: "FeatureCollection",
      features: named.map(({ name, bounds: [west, south, east, north] }) => ({
        type: "Feature",
        properties: { name, size: (east - west) * (north - south) },
        geometry: { type: "Point", coordinates: [(west + east) / 2, (south + north) / 2] },
      })),
    },
  };
}

/** Draws the world under the layer `before`, as soon as the map shows enough of it; where a basemap lies, that is the world. */
export function drawWorld(map: MapLibreMap, before: string, load: () => Promise<World>): void {
  for (const id of ["land", "coasts", "borders", "names"]) map.addSource(id, { type: "geojson", data: NOTHING });
  const faded = (most: number) =>
    ["interpolate", ["linear"], ["zoom"], FADES_AT, most, HIDDEN_AT, 0] as unknown as number;
  map.addLayer(
    {
      id: "land",
      type: "fill",
      source: "land",
      paint: { "fill-color": "#17222f", "fill-opacity": faded(1), "fill-antialias": false },
    },
    before,
  );
  for (const [id, width] of [
    ["coasts", 1.1],
    ["borders", 0.8],
  ] as const)
    map.addLayer(
      {
        id,
        type: "line",
        source: id,
        paint: { "line-color": "#7f9db1", "line-width": width, "line-opacity": faded(id === "coasts" ? 0.8 : 0.45) },
      },
      before,
    );
  map.addLayer(
    {
      id: "names",
      type: "symbol",
      source: "names",
      layout: {
        "text-field": ["get", "name"],
        "text-font": ["sans-serif"],
        "text-size": 12,
        "text-max-width": 7,
        "symbol-sort-key": ["-", 0, ["get", "size"]],
      },
      paint: {
        "text-color": "#b9cbd8",
        "text-halo-color": "#0a0e14",
        "text-halo-width": 1.4,
        "text-opacity": faded(1),
      },
    },
    before,
  );
  const show = async (): Promise<void> => {
    if (map.getZoom() >= HIDDEN_AT) return;
    map.off("moveend", follow);
    const world = await load();
    for (const id of ["land", "coasts", "borders", "names"] as const)
      void map.getSource<GeoJSONSource>(id)?.setData(world[id]);
  };
  // Without it the map is only plainer.
  const follow = (): void => void show().catch(() => undefined);
  map.on("moveend", follow);
  map.once("idle", follow);
}

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** Of France its European part, not the box around all oceans. */
function boundsOfLargest(geometry: GeoJSON.Geometry): Bounds {
  const polygons =
    geometry.type === "MultiPolygon" ? geometry.coordinates : geometry.type === "Polygon" ? [geometry.coordinates] : [];
  const boxes = polygons.map((polygon): Bounds => {
    const [xs, ys] = [0, 1].map((axis) => list(polygon[0]).map((position) => Number(list(position)[axis])));
    return [Math.min(...(xs ?? [])), Math.min(...(ys ?? [])), Math.max(...(xs ?? [])), Math.max(...(ys ?? []))];
  });
  const area = ([west, south, east, north]: Bounds): number => (east - west) * (north - south);
  return boxes.reduce<Bounds>((best, box) => (area(box) > area(best) ? box : best), boxes[0] ?? [0, 0, 0, 0]);
}

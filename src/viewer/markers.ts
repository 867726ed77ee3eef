import { Marker } from "maplibre-gl";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Bounds, Outline } from "./api.js";
import { make } from "./dom.js";
import { fitBounds } from "./map.js";

/** Marks for imagery that is too small to see. */
export interface Markers {
  setOutlines(outlines: readonly Outline[]): void;
}

/** Sides under which an outline is too small, and within which places share a mark, pixels. */
const SMALL_PX = 14;
const SHARED_PX = 36;
/** Marks shown at once. */
const MOST = 80;

/** Puts a button on the map for each place whose imagery is too small to see at its zoom; it goes there. */
export function createMarkers(map: MapLibreMap): Markers {
  let boxes: readonly Bounds[] = [];
  let shown: readonly Marker[] = [];
  const draw = (): void => {
    for (const marker of shown) marker.remove();
    shown = groupSmall(boxes, (lon, lat) => map.project([lon, lat]))
      .slice(0, MOST)
      .map(({ bounds, count }) => {
        const name = count === 1 ? "Imagery here: go there" : `${count} places with imagery: go there`;
        const button = make("button", { type: "button", class: "marker", "aria-label": name, title: name });
        button.append(make("i", {}, count === 1 ? "" : String(count)));
        button.addEventListener("click", (event) => {
          event.stopPropagation();
          fitBounds(map, bounds);
          map.getCanvas().focus();
        });
        const [west, south, east, north] = bounds;
        return new Marker({ element: button }).setLngLat([(west + east) / 2, (south + north) / 2]).addTo(map);
      });
  };
  map.on("moveend", draw);
  map.on("resize", draw);
  return {
    setOutlines(outlines) {
      boxes = outlines.map(boundsOf);
      draw();
    },
  };
}

/** Boxes that are small on the screen, those that lie close together as one. */
export function groupSmall(
  boxes: readonly Bounds[],
  project: (lon: number, lat: number) => { readonly x: number; readonly y: number },
): readonly { readonly bounds: Bounds; readonly count: number }[] {
  const groups: { bounds: Bounds; count: number; readonly x: number; readonly y: number }[] = [];
  for (const [west, south, east, north] of boxes) {
    const [a, b] = [project(west, north), project(east, south)];
    if (Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y)) > SMALL_PX) continue;
    const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
    const near = groups.find((group) => Math.hypot(group.x - x, group.y - y) < SHARED_PX);
    if (near === undefined) {
      groups.push({ bounds: [west, south, east, north], count: 1, x, y });
      continue;
    }
    const [w, s, e, n] = near.bounds;
    near.bounds = [Math.min(w, west), Math.min(s, south), Math.max(e, east), Math.max(n, north)];
    near.count++;
  }
  return groups;
}

function boundsOf(outline: Outline): Bounds {
  const positions = outline.flat();
  const [lons, lats] = [positions.map(([lon]) => lon), positions.map(([, lat]) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

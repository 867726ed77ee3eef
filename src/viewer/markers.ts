import { Marker } from "maplibre-gl";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Bounds, Outline } from "./api.js";
import { make } from "./dom.js";
import { fitBounds } from "./map.js";
import { groupSmall } from "./small-places.js";

/** Marks for imagery that is too small to see. */
export interface Markers {
  setOutlines(outlines: readonly Outline[]): void;
}

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
        const button = make("button", { type: "button", class: "marker", title: name });
        button.append(make("i", {}, count === 1 ? "" : String(count)));
        button.addEventListener("click", (event) => {
          event.stopPropagation();
          fitBounds(map, bounds);
          map.getCanvas().focus();
        });
        const [west, south, east, north] = bounds;
        const marker = new Marker({ element: button }).setLngLat([(west + east) / 2, (south + north) / 2]).addTo(map);
        // MapLibre calls every mark "Map marker".
        button.setAttribute("aria-label", name);
        return marker;
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

function boundsOf(outline: Outline): Bounds {
  const positions = outline.flat();
  const [lons, lats] = [positions.map(([lon]) => lon), positions.map(([, lat]) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

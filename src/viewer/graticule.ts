import type { Map as MapLibreMap } from "maplibre-gl";

/** Lines of longitude and latitude as GeoJSON, at a step that suits the view, over the view and a margin. */
export function graticuleLines(map: MapLibreMap): GeoJSON.FeatureCollection<GeoJSON.LineString> {
  const { west, south, east, north, step } = viewOf(map);
  const [marginX, marginY] = [east - west, north - south];
  const [left, right] = [west - marginX, east + marginX];
  const [bottom, top] = [Math.max(-85, south - marginY), Math.min(85, north + marginY)];
  return {
    type: "FeatureCollection",
    features: [
      ...multiples(left, right, step).map((lon) =>
        line([
          [lon, bottom],
          [lon, top],
        ]),
      ),
      ...multiples(bottom, top, step).map((lat) =>
        line([
          [left, lat],
          [right, lat],
        ]),
      ),
    ],
  };
}

/** Writes the degrees of the graticule's lines along the map's left and top edge; the map must not be rotated. */
export function drawEdgeLabels(map: MapLibreMap, target: HTMLElement): void {
  const { west, south, east, north, step } = viewOf(map);
  const { width, height } = map.getCanvas().getBoundingClientRect();
  const labels: HTMLElement[] = [];
  for (const lon of multiples(west, east, step)) {
    const { x } = map.project([lon, (south + north) / 2]);
    if (x > 24 && x < width - 24)
      labels.push(label(formatDegrees(lon, step, ["E", "W"]), { left: `${x}px`, className: "lon" }));
  }
  for (const lat of multiples(south, north, step)) {
    const { y } = map.project([(west + east) / 2, lat]);
    if (y > 24 && y < height - 24)
      labels.push(label(formatDegrees(lat, step, ["N", "S"]), { top: `${y}px`, className: "lat" }));
  }
  target.replaceChildren(...labels);
}

/** Degrees between lines; the view shows about four to nine. */
const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const MIN_GAP_PX = 130;

function viewOf(map: MapLibreMap) {
  const bounds = map.getBounds();
  const [west, east] = [bounds.getWest(), bounds.getEast()];
  const degreesPerPx = (east - west) / Math.max(1, map.getCanvas().clientWidth);
  const step = STEPS.findLast((candidate) => candidate / degreesPerPx >= MIN_GAP_PX) ?? 30;
  return { west, east, south: bounds.getSouth(), north: bounds.getNorth(), step };
}

function multiples(from: number, to: number, step: number): readonly number[] {
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.min(200, Math.floor(to / step) - first + 1));
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

function line(coordinates: [number, number][]): GeoJSON.Feature<GeoJSON.LineString> {
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } };
}

function label(
  text: string,
  place: { readonly left?: string; readonly top?: string; readonly className: string },
): HTMLElement {
  const element = document.createElement("span");
  element.textContent = text;
  element.className = place.className;
  if (place.left !== undefined) element.style.left = place.left;
  if (place.top !== undefined) element.style.top = place.top;
  return element;
}

function formatDegrees(value: number, step: number, [positive, negative]: readonly [string, string]): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  const wrapped = ((value + 540) % 360) - 180;
  const shown = positive === "E" ? wrapped : value;
  const side = shown < 0 ? negative : positive;
  return `${Math.abs(shown).toFixed(digits)}° ${Math.abs(shown) < step / 2 ? "" : side}`.trim();
}

import { Popup } from "maplibre-gl";
import type { Map as MapLibreMap } from "maplibre-gl";
import { itemUrl } from "./api.js";
import type { Item } from "./api.js";
import { drawChart, formatValue } from "./chart.js";
import type { Connection } from "./connection.js";
import { formatDay } from "./dates.js";
import { element, make } from "./dom.js";
import { fetchPointValues, pointCsvUrl } from "./point-values.js";
import type { PointQuery, PointValue } from "./point-values.js";

/** What a click on the map asks for. */
export interface PlaceQuestion {
  readonly day: string;
  readonly item: Promise<Item | undefined>;
  readonly point: PointQuery;
}

export type AskPlace = (place: readonly [lon: number, lat: number]) => PlaceQuestion | undefined;

/** Clicking the map tells the place, the item that shows there, with a link to its STAC document, and its values over the dates. */
export function explainClicks(map: MapLibreMap, fetcher: Connection["ask"], ask: AskPlace): void {
  map.on("click", (event) => {
    const { lng, lat } = event.lngLat.wrap();
    const asked = ask([lng, lat]);
    if (asked === undefined) return;
    const item = make("div", { class: "rows" }, make("span", {}, "Looking …"));
    const series = make("div", { class: "series", "aria-busy": "true" });
    const place = make("strong", {}, `${degrees(lat, "N", "S")} ${degrees(lng, "E", "W")}`);
    const closed = new AbortController();
    const popup = new Popup({ maxWidth: "320px", closeButton: true, focusAfterOpen: false, padding: coveredEdges() })
      .setLngLat(event.lngLat)
      .setDOMContent(make("div", { class: "place" }, place, item, series))
      .addTo(map);
    popup.on("close", () => closed.abort());
    closeOnEscape(map, popup);
    void Promise.all([
      fill(item, () => itemRows(asked)),
      fill(series, () => chartRows(fetcher, asked, closed.signal)),
    ]).then(() => bringInView(map, popup));
  });
}

/** Escape closes the popup wherever the focus is, unless something above it takes the key; a focus inside goes back to the map. */
function closeOnEscape(map: MapLibreMap, popup: Popup): void {
  const follow = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || document.querySelector("dialog[open], :popover-open") !== null) return;
    const hadFocus = popup.getElement().contains(document.activeElement);
    popup.remove();
    if (hadFocus) map.getCanvas().focus();
  };
  document.addEventListener("keydown", follow);
  popup.on("close", () => document.removeEventListener("keydown", follow));
}

/** Moves the map as far as the popup, whole with its contents, needs. */
function bringInView(map: MapLibreMap, popup: Popup): void {
  if (!popup.isOpen()) return;
  // Its contents have grown since it chose its side of the place.
  popup.setLngLat(popup.getLngLat());
  const box = popup.getElement().getBoundingClientRect();
  const edges = coveredEdges();
  const past = (from: number, to: number, end: number): number => Math.min(0, from) || Math.max(0, to - end);
  const x = past(box.left - edges.left, box.right, window.innerWidth);
  const y = past(box.top - edges.top, box.bottom, window.innerHeight - edges.bottom);
  if (x !== 0 || y !== 0) map.panBy([x, y]);
}

/** What the panel and the timeline cover of the map, pixels. */
function coveredEdges(): { top: number; right: number; bottom: number; left: number } {
  const panel = element("panel", HTMLElement).getBoundingClientRect();
  const bottom = window.innerHeight - element("timeline", HTMLElement).getBoundingClientRect().top;
  const isAcross = panel.width > window.innerWidth / 2;
  return { top: isAcross ? panel.bottom : 0, right: 0, bottom, left: isAcross ? 0 : panel.right };
}

/** Puts what comes into a box, or why it doesn't. */
async function fill(box: HTMLElement, load: () => Promise<readonly Element[]>): Promise<void> {
  try {
    box.replaceChildren(...(await load()));
  } catch (error) {
    box.replaceChildren(make("span", {}, error instanceof Error ? error.message : String(error)));
  }
  box.removeAttribute("aria-busy");
}

async function itemRows({ item: asked, point }: PlaceQuestion): Promise<readonly Element[]> {
  const item = await asked;
  if (item === undefined) return [make("span", {}, "No imagery here on or before this date")];
  const time = `${formatDay(item.datetime)}, ${item.datetime.slice(11, 16)} UTC`;
  const clear = item.clearPercent === undefined ? [] : [`${Math.round(item.clearPercent)} % clear`];
  const link = make("a", { href: itemUrl(point.collection.id, item.id), target: "_blank", rel: "noopener" }, item.id);
  return [
    make("span", {}, [time, ...clear].join(" · ")),
    ...(item.model === undefined ? [] : [make("span", {}, `Model ${item.model}`)]),
    make("span", {}, "STAC item ", link),
  ];
}

async function chartRows(
  fetcher: Connection["ask"],
  { day, point }: PlaceQuestion,
  signal: AbortSignal,
): Promise<readonly Element[]> {
  const values = await fetchPointValues(fetcher, point, signal);
  if (values.length === 0) return [];
  const hollow = point.cloudFree ? "inferred" : "cloudy";
  const csv = make(
    "a",
    {
      class: "csv",
      href: pointCsvUrl(point),
      download: `${point.collection.id}-${point.place.map(short).join("-")}.csv`,
    },
    "CSV",
  );
  return [
    make("span", { class: "title" }, point.plotted.title),
    ...numberRows(values, { day, hollow }),
    drawChart({ values, title: point.plotted.title, day }),
    make("div", { class: "key" }, dot("seen"), "seen", dot("hollow"), hollow, csv),
  ];
}

/** The value of the day that shows, to be read without a chart; of the last day before it where that one has none. */
function numberRows(
  values: readonly PointValue[],
  { day, hollow }: { readonly day: string; readonly hollow: string },
): readonly Element[] {
  const shown = values.findLast(({ time }) => new Date(time).toISOString().slice(0, 10) <= day) ?? values[0];
  if (shown === undefined) return [];
  const on = formatDay(new Date(shown.time).toISOString());
  const number = make("output", { class: "number" }, formatValue(shown.value));
  return [make("span", { class: "value" }, number, ` on ${on}, ${shown.seen ? "seen" : hollow}`)];
}

function dot(kind: string): HTMLElement {
  return make("i", { class: `dot ${kind}`, "aria-hidden": "true" });
}

function short(value: number): string {
  return value.toFixed(4);
}

function degrees(value: number, positive: string, negative: string): string {
  return `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
}

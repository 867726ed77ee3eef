import { Popup } from "maplibre-gl";
import type { Map as MapLibreMap } from "maplibre-gl";
import { itemUrl } from "./api.js";
import type { Item } from "./api.js";
import { formatDay } from "./dates.js";
import { make } from "./dom.js";

/** What a click on the map asks: which item shows at a place. */
export type FindItem = (
  place: readonly [lon: number, lat: number],
) => { readonly collection: string; readonly item: Item | undefined } | undefined;

/** Clicking the map tells the place and the item that shows there, with a link to its STAC document. */
export function explainClicks(map: MapLibreMap, find: FindItem): void {
  map.on("click", (event) => {
    const { lng, lat } = event.lngLat.wrap();
    const found = find([lng, lat]);
    const place = make("strong", {}, `${degrees(lat, "N", "S")} ${degrees(lng, "E", "W")}`);
    const rows =
      found?.item === undefined
        ? [make("span", {}, "No imagery here on or before this date")]
        : itemRows(found.collection, found.item);
    new Popup({ maxWidth: "300px", closeButton: true, focusAfterOpen: false })
      .setLngLat(event.lngLat)
      .setDOMContent(make("div", { class: "place" }, place, ...rows))
      .addTo(map);
  });
}

function itemRows(collection: string, item: Item): readonly HTMLElement[] {
  const time = `${formatDay(item.datetime)}, ${item.datetime.slice(11, 16)} UTC`;
  const clear = item.clearPercent === undefined ? [] : [`${Math.round(item.clearPercent)} % clear`];
  const link = make("a", { href: itemUrl(collection, item.id), target: "_blank", rel: "noopener" }, item.id);
  return [
    make("span", {}, [time, ...clear].join(" · ")),
    ...(item.model === undefined ? [] : [make("span", {}, `Model ${item.model}`)]),
    make("span", {}, "STAC item ", link),
  ];
}

function degrees(value: number, positive: string, negative: string): string {
  return `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
}

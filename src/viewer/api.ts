import type { Connection } from "./connection.js";
import type { DateEntry } from "./dates.js";
import { fetchJson, list, number, record, SERVER, text } from "./json.js";
import type { Json } from "./json.js";
import type { Subject } from "./state.js";

/** A collection as the page needs it. */
export interface Collection {
  readonly id: string;
  readonly title: string;
  /** Below the server: where its tiles, points and boxes are. */
  readonly path: string;
  readonly renders: readonly RenderChoice[];
  /** One line of credits: who made the imagery, and the model. */
  readonly credit: string;
  /** Ids of the collections that this one was made from. */
  readonly derivedFrom: readonly string[];
}

/** One way to look at the imagery: an entry of the collection's `renders` (STAC render extension). */
export interface RenderChoice {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Tile query in TiTiler's spelling. */
  readonly query: string;
  readonly range: readonly [min: number, max: number] | undefined;
  readonly colormap: string | undefined;
  /** Extension of its tiles, with the scale before it: ".webp", "@2x.png". */
  readonly ending: string;
  /** Whether it is a look of its own, of items that it chooses. */
  readonly isOwn: boolean;
}

/** An item as the page needs it. */
export interface Item {
  readonly id: string;
  /** RFC 3339. */
  readonly datetime: string;
  readonly outline: Outline;
  readonly bounds: Bounds;
  /** Share of cloudless pixels, 0..100, where the item tells. */
  readonly clearPercent: number | undefined;
  readonly model: string | undefined;
}

/** The outer rings of an item's polygons, degrees. */
export type Outline = readonly (readonly Position[])[];
export type Position = readonly [lon: number, lat: number];
export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** Where and how deep a collection's tiles are. */
export interface TileExtent {
  readonly bounds: Bounds;
  readonly minzoom: number;
  readonly maxzoom: number;
}

/** Tiles under the imagery, from elsewhere. */
export interface Basemap {
  readonly url: string;
  readonly attribution: string;
  readonly maxZoom: number;
}

/** What the page starts with. */
export interface Start {
  readonly collections: readonly Collection[];
  readonly basemap: Basemap | undefined;
  /** Of the collection asked for, or the first; undefined where there is none. */
  readonly series: StartSeries | undefined;
}

/** Everything about one collection that the page asks for before its tiles. */
export interface StartSeries {
  readonly collection: string;
  /** Oldest first. */
  readonly entries: readonly DateEntry[];
  readonly extent: TileExtent;
  /** Each once, of the newest items. */
  readonly outlines: readonly Outline[];
}

/** All collections, and the dates, extent and outlines of one, or of a search, in one request. */
export async function fetchStart(ask: Connection["ask"], subject: Subject, signal?: AbortSignal): Promise<Start> {
  const { collection, search } = subject;
  const look = new URLSearchParams(subject.look);
  const query = new URLSearchParams([...look].filter(([name]) => NARROWING.includes(name)));
  if (collection !== undefined) query.set("collection", collection);
  if (search !== undefined) query.set("search", search);
  const json = await fetchJson(ask, `viewer/start.json${query.size === 0 ? "" : `?${query}`}`, signal);
  const [series, basemap] = [record(json["series"]), record(json["basemap"])];
  const shown = text(series["collection"]);
  const own = subject.look === undefined ? [] : [ownRender(look)];
  return {
    collections: list(json["collections"])
      .map((one) => toCollection(record(one)))
      .map((one) => (one.id === shown ? { ...one, renders: [...own, ...one.renders] } : one)),
    basemap:
      json["basemap"] === undefined
        ? undefined
        : {
            url: text(basemap["url"]),
            attribution: text(basemap["attribution"]),
            maxZoom: number(basemap["maxZoom"]) ?? 19,
          },
    series:
      json["series"] === undefined
        ? undefined
        : {
            collection: text(series["collection"]),
            entries: toEntries(series["dates"]),
            extent: {
              bounds: toBounds(series["bounds"]),
              minzoom: number(look.get("minzoom") ?? series["minzoom"]) ?? 0,
              maxzoom: number(look.get("maxzoom") ?? series["maxzoom"]) ?? 14,
            },
            outlines: list(series["outlines"]).map((geometry) => toOutline(record(geometry))),
          },
  };
}

/** The days of a collection with imagery in a box, oldest first. */
export async function fetchDates(
  ask: Connection["ask"],
  { path: root, bbox }: { readonly path: string; readonly bbox: Bounds },
  signal: AbortSignal,
): Promise<readonly DateEntry[]> {
  const path = `${root}/dates?bbox=${toBbox(bbox)}`;
  return toEntries((await fetchJson(ask, path, signal))["dates"]);
}

function toEntries(dates: unknown): readonly DateEntry[] {
  return list(dates)
    .map(record)
    .map((date) => {
      const datetime = text(date["datetime"]);
      const time = Date.parse(datetime);
      return {
        day: new Date(time).toISOString().slice(0, 10),
        datetime,
        time,
        items: number(date["items"]) ?? 0,
        clearPercent: number(date["clear_percent"]),
      };
    });
}

/** Longitudes of a map may lie beyond 180 degrees; those of a bbox don't. */
function toBbox([west, south, east, north]: Bounds): string {
  const wrap = (lon: number): number => ((((lon + 180) % 360) + 360) % 360) - 180;
  return [wrap(west), Math.max(-90, south), wrap(east), Math.min(90, north)].map((side) => side.toFixed(6)).join(",");
}

/** Which items are asked for; the newest of them are sent. */
export interface ItemQuery {
  readonly collection: string;
  readonly bbox?: Bounds;
  /** As in STAC: an interval with ".." for an open end. */
  readonly datetime?: string;
  readonly limit: number;
}

/** Items of a collection, newest first, one page. */
export async function fetchItems(
  ask: Connection["ask"],
  { collection, bbox, datetime, limit }: ItemQuery,
): Promise<readonly Item[]> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (bbox !== undefined) query.set("bbox", toBbox(bbox));
  if (datetime !== undefined) query.set("datetime", datetime);
  const json = await fetchJson(ask, `collections/${encodeURIComponent(collection)}/items?${query}`);
  return list(json["features"]).flatMap((feature) => toItem(record(feature)));
}

/** URL of an item's STAC document. */
export function itemUrl(collection: string, item: string): string {
  return new URL(`collections/${encodeURIComponent(collection)}/items/${encodeURIComponent(item)}`, SERVER).href;
}

function toCollection(json: Json): Collection {
  const id = text(json["id"]);
  const renders = Object.entries(record(json["renders"])).map(([name, render]) => toRender(name, record(render)));
  return {
    id,
    title: text(json["title"]) || id,
    path: text(json["path"]) || `collections/${encodeURIComponent(id)}`,
    renders: renders.length > 0 ? renders : [TRUE_COLOUR],
    credit: [text(json["attribution"]), modelsOf(json)].filter((part) => part !== "").join(" · "),
    derivedFrom: list(json["derived_from"]).map(text),
  };
}

const TRUE_COLOUR: RenderChoice = {
  id: "true-color",
  title: "True colour",
  description: "",
  query: "",
  range: undefined,
  colormap: undefined,
  ending: ".webp",
  isOwn: false,
};

/** What of a look says which items it is of. */
const NARROWING = ["ids", "bbox", "datetime", "filter", "filter-lang", "filter-crs", "query", "items_limit", "sortby"];
/** What of a look isn't said of each tile. */
const OF_TILEJSON = ["tile_format", "tile_scale", "minzoom", "maxzoom"];

/** The look that the address gives: what it says of each tile stays as it is. */
function ownRender(look: URLSearchParams): RenderChoice {
  const query = new URLSearchParams([...look].filter(([name]) => !OF_TILEJSON.includes(name)));
  // Its dates are those of the timeline, unless they become one picture.
  if (["", "first"].includes(look.get("pixel_selection") ?? "")) query.delete("datetime");
  const [min, max] = (look.get("rescale") ?? "").split(",").map((part) => (part === "" ? undefined : Number(part)));
  const [scale, format] = [look.get("tile_scale") ?? "1", look.get("tile_format") ?? ""];
  return {
    id: "as-asked",
    title: "As asked",
    description: "What the address says",
    query: query.toString(),
    range: min === undefined || max === undefined ? undefined : [min, max],
    colormap: look.get("colormap_name") ?? undefined,
    ending: `${scale === "1" ? "" : `@${scale}x`}.${/^(png|jpe?g|webp)$/.test(format) ? format : "webp"}`,
    isOwn: true,
  };
}

function toRender(id: string, render: Json): RenderChoice {
  const query = new URLSearchParams();
  const assets = list(render["assets"])
    .map(text)
    .filter((asset) => asset !== "tec");
  for (const asset of assets) query.append("assets", asset);
  for (const band of list(render["bidx"])) query.append("bidx", String(band));
  for (const key of ["expression", "colormap_name", "color_formula"])
    if (render[key] !== undefined) query.append(key, text(render[key]));
  const ranges = list(render["rescale"]).map((range) => list(range).map(Number));
  for (const range of ranges) query.append("rescale", range.join(","));
  const [min, max] = ranges[0] ?? [];
  return {
    id,
    title: text(render["title"]) || id,
    description: text(render["description"]),
    query: query.toString(),
    range: min === undefined || max === undefined ? undefined : [min, max],
    colormap: typeof render["colormap_name"] === "string" ? render["colormap_name"] : undefined,
    ending: ".webp",
    isOwn: false,
  };
}

function modelsOf(json: Json): string {
  const models = list(json["models"])
    .map(text)
    .filter((model) => model !== "");
  return models.length > 0 ? `model ${models.join(", ")}` : "";
}

function toItem(json: Json): readonly Item[] {
  const properties = record(json["properties"]);
  const datetime =
    text(properties["datetime"]) || text(properties["end_datetime"]) || text(properties["start_datetime"]);
  if (datetime === "") return [];
  const cloud = number(properties["eo:cloud_cover"]);
  return [
    {
      id: text(json["id"]),
      datetime,
      outline: toOutline(record(json["geometry"])),
      bounds: toBounds(json["bbox"]),
      clearPercent: number(properties["tec:clear_percent"]) ?? (cloud === undefined ? undefined : 100 - cloud),
      model: modelOf(json, properties),
    },
  ];
}

function modelOf(json: Json, properties: Json): string | undefined {
  const model = properties["tec:model"] ?? record(record(json["assets"])["tec"])["tec:model"];
  return typeof model === "string" ? model : undefined;
}

function toOutline(geometry: Json): Outline {
  const coordinates = list(geometry["coordinates"]);
  const polygons = geometry["type"] === "MultiPolygon" ? coordinates.map(list) : [coordinates];
  return polygons.map((polygon) =>
    list(polygon[0]).map((position): Position => [number(list(position)[0]) ?? 0, number(list(position)[1]) ?? 0]),
  );
}

function toBounds(value: unknown): Bounds {
  const numbers = list(value).map(Number);
  const [west = -180, south = -85, east = 180, north = 85] =
    numbers.length === 6 ? [0, 1, 3, 4].map((i) => numbers[i]) : numbers;
  return [west, south, east, north];
}

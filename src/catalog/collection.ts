import { z } from "zod";
import type { Bounds } from "../geo/bounds.js";
import { SENTINEL_PROVIDER } from "./attribution.js";
import { unionBounds } from "./footprint.js";
import { bandObjects, COLLECTION_EXTENSIONS } from "./item.js";
import { DEFAULT_RENDERS } from "./renders.js";
import { LATENTS_ROLES, TEC_MEDIA_TYPE } from "./tec-extension.js";
import type { CatalogItem, StacJson } from "./types.js";

/** What a new collection is called; an existing one keeps its own words. */
export interface CollectionDescription {
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  /** SPDX identifier or expression, or "other". */
  readonly license?: string;
  /** Who made the imagery; Copernicus Sentinel-2 unless told. */
  readonly providers?: readonly Provider[];
}

/** A STAC provider. */
export interface Provider {
  readonly name: string;
  readonly roles: readonly ("licensor" | "producer" | "processor" | "host")[];
  readonly description?: string;
  readonly url?: string;
}

/** A collection's link to one of its items; the checksum (multihash of the item's JSON) tells readers what changed. */
export interface ItemLink {
  readonly rel: "item";
  readonly href: string;
  readonly type: "application/geo+json";
  readonly title: string;
  readonly "file:checksum": string;
}

/** A link of a STAC document, as far as Tectile reads it. */
export interface StacLink {
  readonly rel: string;
  readonly href: string;
  readonly "file:checksum"?: string | undefined;
  readonly [key: string]: unknown;
}

/** The well-formed links of a document. */
export function linksOf(document: StacJson): readonly StacLink[] {
  const { links } = document;
  return Array.isArray(links) ? links.filter(isLink) : [];
}

/** By hand: there may be a million. */
export function isLink(link: unknown): link is StacLink {
  if (typeof link !== "object" || link === null) return false;
  const { rel, href, "file:checksum": checksum } = link as Readonly<Record<string, unknown>>;
  return typeof rel === "string" && typeof href === "string" && ["string", "undefined"].includes(typeof checksum);
}

/** The root document of a new catalog folder. */
export function newCatalog(title: string): StacJson {
  return {
    type: "Catalog",
    stac_version: "1.1.0",
    id: "tectile",
    title,
    description: "Sentinel-2 imagery kept as neural latents (TEC-COG)",
    links: [{ rel: "root", href: "./catalog.json", type: "application/json" }],
  };
}

/** A collection document without items. */
export function newCollection({
  id,
  title = id,
  description,
  license = "other",
  providers = [SENTINEL_PROVIDER],
}: CollectionDescription): StacJson {
  return {
    type: "Collection",
    stac_version: "1.1.0",
    stac_extensions: COLLECTION_EXTENSIONS,
    id,
    title,
    description: description ?? `Sentinel-2 L2A dates of ${title}, kept as neural latents`,
    license,
    providers,
    keywords: ["Sentinel-2", "reflectance", "latents"],
    extent: EVERYTHING,
    item_assets: {
      tec: {
        type: TEC_MEDIA_TYPE,
        title: "Latents of all bands (TEC-COG)",
        roles: LATENTS_ROLES,
        bands: bandObjects(),
      },
    },
    renders: DEFAULT_RENDERS,
    links: [
      { rel: "root", href: "../catalog.json", type: "application/json" },
      { rel: "parent", href: "../catalog.json", type: "application/json" },
    ],
  };
}

/** The collection with one more item, or a changed one, in its links, extent and summaries; extents only grow. */
export function withItem(collection: StacJson, item: CatalogItem, link: ItemLink): StacJson {
  const links = linksOf(collection);
  const first = !links.some(({ rel }) => rel === "item");
  return {
    ...collection,
    extent: first ? extentOf([item]) : growExtent(collection["extent"], item),
    summaries: growSummaries(first ? {} : collection["summaries"], item),
    links: [...links.filter(({ rel, href }) => rel !== "item" || href !== link.href), link],
  };
}

/** The collection with exactly these items: links, extent and summaries made anew. */
export function withItems(
  collection: StacJson,
  items: readonly { readonly item: CatalogItem; readonly link: ItemLink }[],
): StacJson {
  const { summaries: _, ...rest } = collection;
  const summaries = items.reduce<StacJson>((grown, { item }) => growSummaries(grown, item), {});
  return {
    ...rest,
    extent: extentOf(items.map(({ item }) => item)),
    ...(items.length === 0 ? {} : { summaries }),
    links: [...linksOf(collection).filter(({ rel }) => rel !== "item"), ...items.map(({ link }) => link)],
  };
}

const EVERYTHING = { spatial: { bbox: [[-180, -90, 180, 90]] }, temporal: { interval: [[null, null]] } };

const extentSchema = z.object({
  spatial: z.object({ bbox: z.array(z.array(z.number())).min(1) }),
  temporal: z.object({ interval: z.array(z.tuple([z.string().nullable(), z.string().nullable()])).min(1) }),
});

function extentOf(items: readonly CatalogItem[]): StacJson {
  const box = unionBounds(items.map((item) => item.boundsWgs84));
  const times = items.map((item) => item.datetime).sort((a, b) => Date.parse(a) - Date.parse(b));
  if (box === undefined) return EVERYTHING;
  return { spatial: { bbox: [box] }, temporal: { interval: [[times.at(0), times.at(-1)]] } };
}

function growExtent(extent: unknown, item: CatalogItem): StacJson {
  const parsed = extentSchema.safeParse(extent);
  if (!parsed.success) return extentOf([item]);
  const { spatial, temporal } = parsed.data;
  const [west = -180, south = -90, east = 180, north = 90] = spatial.bbox[0] ?? [];
  const old: Bounds = [west, south, east, north];
  const [from, to] = temporal.interval[0] ?? [null, null];
  const earlier = from === null || Date.parse(from) <= item.datetimeMs ? from : item.datetime;
  const later = to === null || Date.parse(to) >= item.datetimeMs ? to : item.datetime;
  return {
    spatial: { bbox: [unionBounds([old, item.boundsWgs84]) ?? old] },
    temporal: { interval: [[earlier, later]] },
  };
}

/** Fields whose values a collection lists, and those whose range it states. */
const LISTED = ["platform", "instruments", "constellation", "proj:code"];
const LISTED_OF_ASSET = ["tec:model", "tec:quality", "tec:entropy"];
const RANGED = ["eo:cloud_cover", "tec:clear_percent"];

const itemFields = z.object({
  properties: z.record(z.string(), z.unknown()),
  assets: z.object({ tec: z.record(z.string(), z.unknown()) }),
});
const rangeSchema = z.object({ minimum: z.number(), maximum: z.number() });

function growSummaries(summaries: unknown, item: CatalogItem): StacJson {
  const grown: Record<string, unknown> = { ...z.record(z.string(), z.unknown()).safeParse(summaries).data };
  const { properties, assets } = itemFields.parse(item.json);
  const listed = [
    ...LISTED.map((key) => [key, properties[key]]),
    ...LISTED_OF_ASSET.map((key) => [key, assets.tec[key]]),
  ] as const;
  for (const [key, value] of listed) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    const known = z.array(z.unknown()).safeParse(grown[String(key)]).data ?? [];
    const all = new Set([...known, ...values.filter((one) => one !== undefined && one !== null)]);
    if (all.size > 0) grown[String(key)] = [...all].sort(compareValues);
  }
  for (const key of RANGED) {
    const value = properties[key];
    if (typeof value !== "number") continue;
    const { minimum, maximum } = rangeSchema.safeParse(grown[key]).data ?? { minimum: value, maximum: value };
    grown[key] = { minimum: Math.min(minimum, value), maximum: Math.max(maximum, value) };
  }
  return grown;
}

/** Numbers by size, all else by its text. */
function compareValues(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : Number(String(a) > String(b));
}

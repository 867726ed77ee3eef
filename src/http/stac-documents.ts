import { CLOUD_FREE_METHOD } from "../tile/mosaic/mosaic-spec.js";
import { z } from "zod";
import { linksOf } from "../catalog/collection.js";
import { WEB_MAP_LINKS } from "../catalog/item.js";
import { renderQueries } from "../catalog/renders.js";
import { REFERENCE_REL } from "../catalog/tec-extension.js";
import type { CatalogItem, SearchPage, StacJson } from "../catalog/types.js";
import type { CollectionPage } from "./collection-search.js";
import { CONFORMANCE } from "./conformance.js";
import { withFields, type Fields } from "./item-fields.js";
import { isHttpUrl, isRemote } from "../store/location.js";
import { asLatents, virtualAssetDocuments, virtualItemAssets } from "./virtual-asset-documents.js";
import { virtualRenders } from "./virtual-renders.js";

/** Media types of STAC API answers. */
export const JSON_TYPE = "application/json";
export const GEOJSON_TYPE = "application/geo+json";
export const OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.1";

export const SCHEMA_TYPE = "application/schema+json";

const MAP_REL = "http://www.opengis.net/def/rel/ogc/1.0/map";
const TILESETS_REL = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-map";

/** Of OGC API - Features part 3. */
const QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables";

type Link = Readonly<Record<string, unknown>>;

/** The landing page: the catalog's root with the links by which clients find everything. */
export function landingDocument(root: StacJson, collections: readonly StacJson[], base: string): StacJson {
  return {
    ...root,
    conformsTo: CONFORMANCE,
    links: [
      { rel: "self", href: `${base}/`, type: JSON_TYPE },
      { rel: "root", href: `${base}/`, type: JSON_TYPE },
      { rel: "data", href: `${base}/collections`, type: JSON_TYPE },
      { rel: "conformance", href: `${base}/conformance`, type: JSON_TYPE },
      { rel: "search", href: `${base}/search`, type: GEOJSON_TYPE, method: "GET", title: "Search items" },
      { rel: "search", href: `${base}/search`, type: GEOJSON_TYPE, method: "POST", title: "Search items" },
      { rel: QUERYABLES_REL, href: `${base}/queryables`, type: SCHEMA_TYPE, title: "Properties of items" },
      { rel: "aggregate", href: `${base}/aggregate`, type: JSON_TYPE, title: "Counts of items" },
      { rel: "aggregations", href: `${base}/aggregations`, type: JSON_TYPE, title: "Kinds of counts" },
      { rel: "children", href: `${base}/children`, type: JSON_TYPE },
      {
        rel: "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
        href: `${base}/tileMatrixSets`,
        type: JSON_TYPE,
        title: "Tile matrix sets",
      },
      { rel: "service-desc", href: `${base}/api`, type: OPENAPI_TYPE, title: "OpenAPI description" },
      {
        rel: "service-desc",
        href: `${base}/api?version=3.0`,
        type: OPENAPI_TYPE.replace("3.1", "3.0"),
        title: "OpenAPI description for clients of 3.0",
      },
      { rel: "service-doc", href: `${base}/api.html`, type: "text/html", title: "List of resources" },
      ...collections.map((collection) => ({
        rel: "child",
        href: `${base}/collections/${encodeURIComponent(idOf(collection))}`,
        type: JSON_TYPE,
        title: collection["title"],
      })),
      ...keptLinks(root, base, "catalog.json"),
    ],
  };
}

/** A collection as the API shows it: links to its items, and tiles of their mosaic. */
export function collectionDocument(collection: StacJson, base: string): StacJson {
  const self = `${base}/collections/${encodeURIComponent(idOf(collection))}`;
  const renders = virtualRenders(collection["renders"]);
  return {
    ...collection,
    ...(renders && { renders }),
    itemType: "feature",
    stac_extensions: withExtension(collection),
    item_assets: virtualItemAssets(collection["item_assets"]),
    links: [
      { rel: "self", href: self, type: JSON_TYPE, title: "This collection" },
      { rel: "root", href: `${base}/`, type: JSON_TYPE, title: "Catalog" },
      { rel: "parent", href: `${base}/`, type: JSON_TYPE, title: "Catalog" },
      { rel: "items", href: `${self}/items`, type: GEOJSON_TYPE, title: "Items" },
      { rel: MAP_REL, href: `${self}/map`, type: "image/png", title: "A map of the newest dates" },
      { rel: QUERYABLES_REL, href: `${self}/queryables`, type: SCHEMA_TYPE, title: "Properties of items" },
      { rel: "aggregate", href: `${self}/aggregate`, type: JSON_TYPE, title: "Counts of items" },
      { rel: "aggregations", href: `${self}/aggregations`, type: JSON_TYPE, title: "Kinds of counts" },
      ...tileLinks(self, renders),
      {
        rel: "wmts",
        href: `${self}/WMTSCapabilities.xml`,
        type: "application/xml",
        title: "WMTS with a time dimension",
        "wmts:layer": "true-color",
      },
      {
        rel: "tilejson",
        href: `${self}/WebMercatorQuad/tilejson.json?inpaint=${CLOUD_FREE_METHOD}`,
        type: JSON_TYPE,
        render: "true-color",
        title: `True colour without clouds: pixels under them are inferred (${CLOUD_FREE_METHOD}), not observed`,
        "tectile:inpaint": CLOUD_FREE_METHOD,
      },
      ...keptLinks(collection, base, `${encodeURIComponent(idOf(collection))}/collection.json`),
    ],
  };
}

/** The answer of /collections. */
export function collectionsDocument(
  { collections, matched, next }: CollectionPage,
  query: URLSearchParams,
  base: string,
): StacJson {
  const url = `${base}/collections`;
  return {
    collections: collections.map((collection) => collectionDocument(collection, base)),
    numberMatched: matched,
    numberReturned: collections.length,
    links: [
      { rel: "self", href: query.size === 0 ? url : `${url}?${query}`, type: JSON_TYPE },
      { rel: "root", href: `${base}/`, type: JSON_TYPE },
      { rel: "parent", href: `${base}/`, type: JSON_TYPE },
      ...(next === undefined ? [] : [{ rel: "next", href: `${url}?${next}`, type: JSON_TYPE }]),
    ],
  };
}

/** The answer of /children: the landing page's children, whole. */
export function childrenDocument(collections: readonly StacJson[], base: string): StacJson {
  return {
    children: collections.map((collection) => collectionDocument(collection, base)),
    links: [
      { rel: "self", href: `${base}/children`, type: JSON_TYPE },
      { rel: "root", href: `${base}/`, type: JSON_TYPE },
      { rel: "parent", href: `${base}/`, type: JSON_TYPE },
    ],
  };
}

/** An item as the API shows it: absolute links and asset URLs, tiles and a preview. */
export function itemDocument(item: CatalogItem, base: string): StacJson {
  const collection = `${base}/collections/${encodeURIComponent(item.collection)}`;
  const self = `${collection}/items/${encodeURIComponent(item.id)}`;
  const { properties, assets } = itemParts.parse(item.json);
  const renders = virtualRenders(properties["renders"]);
  return {
    ...item.json,
    properties: { ...properties, ...(renders && { renders }) },
    stac_extensions: withExtension(item.json),
    links: [
      { rel: "self", href: self, type: GEOJSON_TYPE },
      { rel: "root", href: `${base}/`, type: JSON_TYPE },
      { rel: "parent", href: collection, type: JSON_TYPE },
      { rel: "collection", href: collection, type: JSON_TYPE },
      ...tileLinks(self, renders),
      { rel: "preview", href: `${self}/preview.png`, type: "image/png", title: "Preview" },
      ...item.references.map((id) => ({
        rel: REFERENCE_REL,
        href: `${collection}/items/${encodeURIComponent(id)}`,
        type: GEOJSON_TYPE,
        title: id,
      })),
      ...keptLinks(item.json, base, `${encodeURIComponent(item.collection)}/${encodeURIComponent(item.id)}/item.json`),
    ],
    assets: {
      ...virtualAssetDocuments(item, `${self}/assets`),
      ...Object.fromEntries(
        Object.entries(assets).map(([key, asset]) => [
          key,
          {
            ...(key === "tec" ? asLatents(asset) : asset),
            href: isRemote(asset.href) ? asset.href : `${self}/assets/${encodeURIComponent(key)}`,
          },
        ]),
      ),
    },
  };
}

/** One page of items as JSON, item by item; `links` are its self and next links, `fields` what of each item is sent. */
export function* itemCollectionText(
  page: SearchPage,
  base: string,
  { links, fields }: { readonly links: readonly Link[]; readonly fields?: Fields | undefined },
): Generator<string> {
  const rest = {
    numberMatched: page.matched,
    numberReturned: page.items.length,
    links: [{ rel: "root", href: `${base}/`, type: JSON_TYPE }, ...links],
  };
  yield '{"type":"FeatureCollection","features":[';
  for (const [i, item] of page.items.entries()) {
    const feature = itemDocument(item, base);
    yield `${i === 0 ? "" : ","}${JSON.stringify(fields === undefined ? feature : withFields(feature, fields))}`;
  }
  yield `],${JSON.stringify(rest).slice(1)}`;
}

const itemParts = z.object({
  properties: z.record(z.string(), z.unknown()),
  assets: z.record(z.string(), z.looseObject({ href: z.string() })),
});

const idOf = (document: StacJson): string => String(document["id"]);

const OUR_LINKS = new Set([
  "self",
  "root",
  "parent",
  "collection",
  "child",
  "item",
  "items",
  "xyz",
  "tilejson",
  "preview",
  "wmts",
  TILESETS_REL,
  REFERENCE_REL,
]);

/**
 * Links that a document brings from elsewhere (licence, derived_from, via), not those of its place on disk; those to a collection or
 * an item of the same catalog lead to where the API has it. `at` is the document's path in the catalog's folder.
 */
function keptLinks(document: StacJson, base: string, at: string): readonly Link[] {
  return linksOf(document).flatMap((link): Link[] => {
    if (OUR_LINKS.has(link.rel)) return [];
    const href = isRemote(link.href) ? link.href : apiHref(new URL(link.href, `file:///${at}`).pathname, base);
    return href === undefined || !isHttpUrl(href) ? [] : [{ ...link, href }];
  });
}

/** Of a document's path in the catalog's folder (docs/architecture.md); undefined for any other path. */
function apiHref(path: string, base: string): string | undefined {
  const [, collection = "", name = "", file] = path.split("/");
  if (file === undefined) return name === "collection.json" ? `${base}/collections/${collection}` : undefined;
  return file === `${name}.json` ? `${base}/collections/${collection}/items/${name}` : undefined;
}

/** web-map-links: tiles, and a TileJSON for each way to render; `render` names the entry of `renders` that a link shows. */
function tileLinks(self: string, renders: unknown): readonly Link[] {
  const tileJson = `${self}/WebMercatorQuad/tilejson.json`;
  const plain = { render: "true-color", title: "True colour" };
  return [
    { rel: TILESETS_REL, href: `${self}/tiles`, type: JSON_TYPE, title: "Map tiles by tile matrix set" },
    { rel: "xyz", href: `${self}/tiles/WebMercatorQuad/{z}/{x}/{y}.png`, type: "image/png", ...plain },
    { rel: "tilejson", href: tileJson, type: JSON_TYPE, ...plain },
    ...renderQueries(renders)
      .filter(({ id }) => id !== plain.render)
      .map(({ id, title, query }) => ({
        rel: "tilejson",
        href: `${tileJson}?${query}`,
        type: JSON_TYPE,
        render: id,
        title,
      })),
  ];
}

function withExtension(document: StacJson): readonly string[] {
  const declared = z.array(z.string()).safeParse(document["stac_extensions"]).data ?? [];
  return declared.includes(WEB_MAP_LINKS) ? declared : [...declared, WEB_MAP_LINKS];
}

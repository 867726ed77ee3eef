import { SCENE } from "../../test/support/scene-catalog.js";
import { MANY } from "./catalog.js";

export interface HeavyRequest {
  readonly name: string;
  readonly path: string;
  /** JSON of a POST. */
  readonly body?: unknown;
  /** What is too much in all is refused in the end, and holds up nobody until then. */
  readonly isRefused?: true;
}

/** A ring that goes up and down across a box, degrees. */
export function zigzag(positions: number, width: number, height: number): object {
  const [west, south] = [3.0 - width / 2, 42.43 - height / 2];
  const ring: number[][] = Array.from({ length: positions - 3 }, (_, i) => [
    west + (width * i) / positions,
    south + (i % 2 === 0 ? height : 0.001 * height),
  ]);
  ring.push([west + width, south - 0.01], [west, south - 0.01], ring[0] ?? []);
  return { type: "Polygon", coordinates: [ring] };
}

const TERM = "where(B08>B04,sqrt(abs(sin(B08)*cos(B04)*tan(B03))),log(B02+1)**2)";
const sum = (terms: number): string => Array.from({ length: terms }, () => TERM).join("+");
const query = (values: Readonly<Record<string, string>>): string => new URLSearchParams(values).toString();

/** CQL2 of JSON, so many levels deep, of which the innermost is looked at. */
function nested(levels: number): object {
  let filter: object = { op: "<", args: [{ property: "eo:cloud_cover" }, 50] };
  for (let i = 0; i < levels; i++)
    filter =
      i % 2 === 0
        ? { op: "not", args: [filter] }
        : { op: "or", args: [filter, { op: "isNull", args: [{ property: "platform" }] }] };
  return filter;
}

const ITEM = `/collections/${SCENE.collection}/items/scene_2024-01-10`;
const SHAPE = zigzag(19_000, 0.05, 0.05);

/** The heaviest that one request may ask for, each within what the server accepts. */
export const HEAVY: readonly HeavyRequest[] = [
  {
    name: "statistics in a zigzag of 19,000 positions",
    path: `/collections/${SCENE.collection}/statistics`,
    body: SHAPE,
  },
  {
    name: "the same of four long expressions",
    path: `/collections/${SCENE.collection}/statistics?${query({ expression: Array.from({ length: 4 }, () => sum(1)).join(";") })}`,
    body: SHAPE,
  },
  {
    name: "statistics of an item in a zigzag",
    path: `${ITEM}/statistics`,
    body: { type: "Feature", properties: {}, geometry: SHAPE },
  },
  { name: "statistics of an item, all bands, 2048 px", path: `${ITEM}/statistics?max_size=2048` },
  { name: "search in a zigzag", path: "/search", body: { intersects: SHAPE, limit: 10_000 } },
  { name: "search of 10,000", path: "/search?limit=10000" },
  { name: "search of 10,000, three fields", path: "/search?limit=10000&fields=id,properties.datetime,geometry" },
  {
    name: "items of 10,000, cloudiest first",
    path: `/collections/${MANY}/items?limit=10000&sortby=-properties.eo:cloud_cover`,
  },
  {
    name: "search by 1,000 ids",
    path: "/search",
    body: { ids: Array.from({ length: 1000 }, (_, i) => `many_${i}`), limit: 10_000 },
  },
  {
    name: "CQL2 90 levels deep",
    path: "/search",
    body: { filter: nested(90), "filter-lang": "cql2-json", limit: 10_000 },
  },
  {
    name: "CQL2 text with 2,000 alternatives",
    path: "/search",
    body: {
      filter: Array.from({ length: 2000 }, (_, i) => `id='many_${i}'`).join(" OR "),
      "filter-lang": "cql2-text",
      limit: 10,
    },
  },
  {
    name: "CQL2 that relates shapes to one of 1,000 positions",
    path: "/search",
    isRefused: true,
    body: {
      filter: { op: "s_touches", args: [{ property: "geometry" }, zigzag(1000, 0.05, 0.05)] },
      "filter-lang": "cql2-json",
    },
  },
  {
    name: "CQL2 of patterns",
    path: "/search",
    body: { filter: { op: "like", args: [{ property: "id" }, `${"%a".repeat(60)}%`] }, "filter-lang": "cql2-json" },
  },
  { name: "free text over all", path: "/search?q=many,scene,cloud&limit=10000" },
  {
    name: "aggregation over all items",
    path: "/aggregate?aggregations=total_count,datetime_min,datetime_max,datetime_frequency,cloud_cover_frequency,collection_frequency,platform_frequency,clear_percent_frequency",
  },
  { name: "WMTS of 10,000 dates", path: `/collections/${MANY}/WMTSCapabilities.xml` },
  { name: "TileJSON of 10,000 dates", path: `/collections/${MANY}/WebMercatorQuad/tilejson.json` },
  { name: "dates of 10,000 items", path: `/collections/${MANY}/dates` },
  { name: "the collection of 10,000 items", path: `/collections/${MANY}` },
  { name: "Zarr metadata of 10,000 dates", path: `/collections/${MANY}/zarr/zarr.json` },
  {
    name: "a tile over 10,000 dates, median",
    path: `/collections/${MANY}/tiles/WebMercatorQuad/12/2082/1513.png?pixel_selection=median`,
  },
  { name: "a series at a point, 10,000 dates", path: `/collections/${MANY}/point/3.01,42.44` },
  {
    name: "a tile of a long expression",
    path: `${ITEM}/tiles/WebMercatorQuad/12/2082/1513.png?${query({ expression: sum(6), rescale: "0,10" })}`,
  },
  { name: "a tile of 2048 px, all bands, raw", path: `${ITEM}/tiles/WebMercatorQuad/12/2082/1513.npy?tilesize=2048` },
  { name: "a preview of 2048 px as PNG", path: `${ITEM}/preview/2048x2048.png` },
  { name: "a crop of 16 megapixels, all bands, as GeoTIFF", path: `${ITEM}/bbox/3.0,42.40,3.05,42.43/4096x4096.tif` },
  {
    name: "a colour map of 2,000 intervals",
    path: `${ITEM}/preview.png?${query({
      assets: "B04",
      colormap: JSON.stringify(
        Array.from({ length: 250 }, (_, i) => [
          [i * 10, i * 10 + 10],
          [i, 0, 0, 255],
        ]),
      ),
    })}`,
  },
  { name: "OpenAPI", path: "/api" },
  { name: "queryables", path: `/collections/${MANY}/queryables` },
  { name: "metrics", path: "/metrics" },
];

// How much tile edges show: the mean step across them over the mean step between neighbouring pixels inside, cloud-free, each tile drawn alone.
import { parseArgs } from "node:util";
import { parseConfig } from "../../src/app/config.js";
import { renderPicture } from "../../src/app/render-picture.js";
import { createServices } from "../../src/app/services.js";
import type { CatalogItem } from "../../src/catalog/types.js";
import { WEB_MERCATOR_QUAD } from "../../src/geo/tile-matrix-sets.js";
import { tileBoundsWgs84, type TileAddress } from "../../src/geo/web-mercator.js";
import { parseMosaic } from "../../src/http/mosaic-params.js";
import { findMosaicItems } from "../../src/tile/mosaic/find-items.js";
import { planPicture, tileTarget } from "../../src/tile/plan.js";
import { readNpy, type NpyPlanes } from "../../test/support/npy.js";
import { printTable } from "../support/report.js";
import { TileSteps } from "./tile-steps.js";

const { values } = parseArgs({
  options: {
    catalog: { type: "string" },
    collection: { type: "string", default: "demo" },
    datetime: { type: "string", default: "2024-05-25T23:00:00Z" },
    native: { type: "string", default: "14" },
    methods: { type: "string", default: "none,linear,tec" },
    /** Tiles a side at the native zoom and above. */
    side: { type: "string", default: "4" },
    /** Pixels a side: two zooms below the native one a small place is less than a tile of 256. */
    tilesize: { type: "string", default: "256" },
  },
});
const STYLES = {
  "true colour": "assets=B04,B03,B02&rescale=0,3000",
  NDVI: "expression=(B08-B04)/(B08+B04)&rescale=-1,1",
} as const;

const TILE = Number(values.tilesize);
const catalog = values.catalog ?? missing();
const services = await createServices(parseConfig({ catalog, provider: "cpu", tileCacheBytes: 0 }));
try {
  const { items } = await services.catalog.search({ collections: [values.collection], limit: 1 });
  const [item] = items;
  if (item === undefined) throw new Error(`${catalog} has no items of ${values.collection}`);
  const rows = [];
  for (const method of values.methods.split(","))
    for (const [style, query] of Object.entries(STYLES))
      for (const away of [-2, 0, 2])
        rows.push(await measure(item, { method, style, query, z: Number(values.native) + away }));
  printTable(rows);
} finally {
  await services.close();
}

function missing(): never {
  throw new Error("--catalog is missing: a folder with the collection, as made by tectile demo or ingest");
}

interface Case {
  readonly method: string;
  readonly style: string;
  readonly query: string;
  readonly z: number;
}

async function measure(
  item: CatalogItem,
  { method, style, query, z }: Case,
): Promise<Readonly<Record<string, string | number>>> {
  const [west, south, east, north] = item.boundsWgs84;
  const [left, top] = tileAt(west, north, z);
  const [right, bottom] = tileAt(east, south, z);
  const side = Number(values.side);
  const first = (from: number, to: number): number => Math.max(from, Math.floor((from + to + 1 - side) / 2));
  const [x0, y0] = [first(left, right), first(top, bottom)];
  const picture = new TileSteps(TILE, Math.min(right - x0 + 1, side), Math.min(bottom - y0 + 1, side));
  for (let row = 0; row < picture.down; row++)
    for (let column = 0; column < picture.across; column++) {
      const tile = await draw({ z, x: x0 + column, y: y0 + row }, { method, query });
      if (tile !== undefined) picture.put(tile, column, row);
    }
  const { edge, inside } = picture.steps();
  return {
    method,
    style,
    zoom: z,
    tiles: picture.across * picture.down,
    edge: edge.toFixed(2),
    inside: inside.toFixed(2),
    ratio: (edge / inside).toFixed(3),
  };
}

function tileAt(lon: number, lat: number, z: number): readonly [x: number, y: number] {
  const y = (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
  return [Math.floor(((lon + 180) / 360) * 2 ** z), Math.floor(y * 2 ** z)];
}

async function draw(
  tile: TileAddress,
  { method, query }: Pick<Case, "method" | "query">,
): Promise<NpyPlanes | undefined> {
  const asked = new URLSearchParams(query.replaceAll("+", "%2B"));
  asked.set("inpaint", method);
  asked.set("datetime", values.datetime);
  const { spec, mosaic, interval } = parseMosaic(asked, { extension: "npy", tileSize: TILE });
  const search = { collections: [values.collection] };
  const bounds = tileBoundsWgs84(tile);
  const { items, limit } = await findMosaicItems(services, { search, bounds, mosaic, interval });
  if (items.length === 0) return undefined;
  const target = tileTarget({ ...tile, set: WEB_MERCATOR_QUAD }, TILE);
  const { bytes, coverage } = await renderPicture(planPicture(target, { spec, mosaic, limit }, items), services);
  return coverage === "none" ? undefined : readNpy(bytes);
}

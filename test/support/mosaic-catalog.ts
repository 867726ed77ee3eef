import { mkdir } from "node:fs/promises";
import { BANDS } from "../../src/core/bands.js";
import { openCrs } from "../../src/geo/crs.js";
import { bandPlanes } from "./geotiff-fixture.js";
import { sceneTiff } from "./scene.js";
import { runCli, type Workspace } from "./workspace.js";

/** Side of the images, pixels of 10 m. */
export const SIDE = 128;
const CLEAR = 4;
const CLOUD = 9;
const CLOUD_DN = 9000;
/** Index of B04; B01 to B04 are visible. */
const VISIBLE = 3;

interface Image {
  readonly collection: string;
  /** Name of the file, with its date. */
  readonly id: string;
  readonly epsg?: number;
  readonly west?: number;
  readonly north?: number;
  readonly value: number;
  /** Where clouds are; their value is 9000. */
  readonly cloud?: (row: number, column: number) => boolean;
  /** False: no scene classes. */
  readonly classes?: boolean;
}

const WEST = 500_000;
const NORTH = 4_700_000;
const [BORDER_31] = openCrs("EPSG:32631").fromWgs84(6, 42.4);
const [BORDER_32, NORTH_32] = openCrs("EPSG:32632").fromWgs84(6, 42.4);
const [, NORTH_31] = openCrs("EPSG:32631").fromWgs84(6, 42.4);
const [DATELINE, NORTH_60] = openCrs("EPSG:32660").fromWgs84(180, 10);

/** "place": six dates of one square; "pair": two items of one day that overlap; "zones": two UTM zones; "dateline": across 180°. */
const IMAGES: readonly Image[] = [
  { collection: "place", id: "place_2024-01-10", value: 1000 },
  { collection: "place", id: "place_2024-02-10", value: 2000, cloud: (_, c) => c < SIDE / 2 },
  { collection: "place", id: "place_2024-03-10", value: 3000, cloud: (r) => r < SIDE / 2 },
  { collection: "place", id: "place_2024-04-10", value: 4000, cloud: () => true },
  { collection: "unclassified", id: "unclassified_2024-01-10", value: 2000, classes: false },
  {
    collection: "unclassified",
    id: "unclassified_2024-05-10",
    value: 3000,
    cloud: (_, c) => c < SIDE / 2,
    classes: false,
  },
  { collection: "cloudy", id: "cloudy_2024-01-10", value: 1000, cloud: () => true },
  { collection: "cloudy", id: "cloudy_2024-02-10", value: 1000, cloud: () => true },
  { collection: "pair", id: "pair_2024-06-01_a", value: 1000 },
  { collection: "pair", id: "pair_2024-06-01_b", value: 2000, west: WEST + 640 },
  {
    collection: "zones",
    id: "zones_2024-06-01",
    value: 1000,
    epsg: 32631,
    west: BORDER_31 - 1280,
    north: NORTH_31 + 640,
  },
  { collection: "zones", id: "zones_2024-06-11", value: 2000, epsg: 32632, west: BORDER_32, north: NORTH_32 + 640 },
  {
    collection: "dateline",
    id: "dateline_2024-06-01",
    value: 1000,
    epsg: 32660,
    west: DATELINE - 640,
    north: NORTH_60 + 640,
  },
];

/** Makes the catalog by the command itself. */
export async function makeMosaicCatalog(files: Workspace): Promise<string> {
  const catalog = files.path("mosaic-catalog");
  for (const collection of new Set(IMAGES.map((image) => image.collection))) {
    await mkdir(files.path(collection), { recursive: true });
    for (const image of IMAGES.filter((one) => one.collection === collection))
      await files.write(`${collection}/${image.id}.tif`, tiffOf(image));
    const run = await runCli([
      "ingest",
      files.path(collection),
      "--catalog",
      catalog,
      "--collection",
      collection,
      "--masks",
      "given",
    ]);
    if (run.code !== 0) throw new Error(run.stderr);
  }
  return catalog;
}

function tiffOf({
  value,
  cloud = () => false,
  classes = true,
  epsg = 32631,
  west = WEST,
  north = NORTH,
}: Image): Uint8Array {
  // A little texture, so that the ground is no flat colour.
  // Without classes the spectrum tells clouds from ground, so it is a plant's: dark in the visible bands.
  const ground = (band: number): number => (!classes && band <= VISIBLE ? 600 : value);
  const planes = bandPlanes(SIDE, SIDE, (b, r, c) => (cloud(r, c) ? CLOUD_DN : ground(b) + ((r * 7 + c * 3) % 11)));
  const scl = Array.from({ length: SIDE * SIDE }, (_, i) => (cloud(Math.floor(i / SIDE), i % SIDE) ? CLOUD : CLEAR));
  return sceneTiff(SIDE, SIDE, {
    planes: classes ? [...planes, scl] : planes,
    descriptions: classes ? [...BANDS, "SCL"] : [...BANDS],
    transform: [10, 0, west, 0, -10, north],
    epsg,
  });
}

/** WGS84 of a pixel of "place". */
export function placeAt(column: number, row: number): readonly [lon: number, lat: number] {
  return openCrs("EPSG:32631").toWgs84(WEST + 10 * column, NORTH - 10 * row);
}

/** The tile that a place lies in, and its pixel there. */
export function tileOf(
  [lon, lat]: readonly [number, number],
  z: number,
): { readonly path: string; readonly x: number; readonly y: number; readonly tile: readonly [number, number] } {
  const n = 2 ** z;
  const [mx, my] = [((lon + 180) / 360) * n, ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * n];
  const tile = [Math.floor(mx), Math.floor(my)] as const;
  return {
    path: `tiles/WebMercatorQuad/${z}/${tile[0]}/${tile[1]}`,
    x: Math.floor((mx - tile[0]) * 256),
    y: Math.floor((my - tile[1]) * 256),
    tile,
  };
}

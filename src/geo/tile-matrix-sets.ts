import { InvalidRequestError, NotFoundError } from "../core/errors.js";
import type { Affine } from "./affine.js";
import type { Bounds } from "./bounds.js";
import { gridBoundsWgs84, type Crs } from "./crs.js";
import { MAX_ZOOM, tileBoundsWgs84, tileTransform, zoomForResolution, type TileAddress } from "./web-mercator.js";

/** A tile matrix set of OGC 17-083r4, each of whose matrices halves the cells of the one before. */
export interface TileMatrixSet {
  readonly id: string;
  readonly title: string;
  readonly crs: Crs;
  /** As OGC names it. */
  readonly crsUri: string;
  readonly orderedAxes: readonly [string, string];
  readonly wellKnownScaleSet?: string;
  /** Of the first matrix: west and north edge, a cell's side, both in units of the CRS; tiles. */
  readonly origin: readonly [west: number, north: number];
  readonly cellSize: number;
  readonly size: readonly [columns: number, rows: number];
  /** Ids of the first and the last matrix. */
  readonly zooms: readonly [first: number, last: number];
  /** True where the CRS names north before east. */
  readonly isNorthFirst?: boolean;
}

/** A tile of a set: z is the matrix's id, x the column, y the row. */
export interface SetTile extends TileAddress {
  readonly set: TileMatrixSet;
}

/** Cells a side of a tile. */
const TILE_CELLS = 256;
/** Of a rendering pixel, metres (17-083r4, 6.1.1.1). */
const PIXEL_M = 0.00028;
const DEGREE_M = (Math.PI * 6378137) / 180;
const HALF_WORLD_M = 20_037_508.342_789_244;
const WKSS = "http://www.opengis.net/def/wkss/OGC/1.0/";
const epsg = (code: number): string => `http://www.opengis.net/def/crs/EPSG/0/${code}`;

/** OGC's common sets (17-083r4, annexes D and E) but those of variable widths; UTM zones come from `utm`. */
const FIXED: readonly TileMatrixSet[] = [
  {
    id: "WebMercatorQuad",
    title: "Google Maps Compatible for the World",
    crs: "EPSG:3857",
    crsUri: epsg(3857),
    orderedAxes: ["X", "Y"],
    wellKnownScaleSet: `${WKSS}GoogleMapsCompatible`,
    origin: [-HALF_WORLD_M, HALF_WORLD_M],
    cellSize: 156_543.033_928_040_97,
    size: [1, 1],
    zooms: [0, MAX_ZOOM],
  },
  {
    id: "WorldCRS84Quad",
    title: "CRS84 for the World",
    crs: "OGC:CRS84",
    crsUri: "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    orderedAxes: ["Lon", "Lat"],
    wellKnownScaleSet: `${WKSS}GoogleCRS84Quad`,
    origin: [-180, 90],
    cellSize: 0.703_125,
    size: [2, 1],
    zooms: [0, 23],
  },
  {
    id: "WorldMercatorWGS84Quad",
    title: "World Mercator WGS84 (ellipsoid)",
    crs: "EPSG:3395",
    crsUri: epsg(3395),
    orderedAxes: ["E", "N"],
    wellKnownScaleSet: `${WKSS}WorldMercatorWGS84`,
    origin: [-HALF_WORLD_M, HALF_WORLD_M],
    cellSize: 156_543.033_928_040_97,
    size: [1, 1],
    zooms: [0, 24],
  },
  {
    id: "EuropeanETRS89_LAEAQuad",
    title: "Lambert Azimuthal Equal Area ETRS89 for Europe",
    crs: "EPSG:3035",
    crsUri: epsg(3035),
    orderedAxes: ["Y", "X"],
    origin: [2_000_000, 5_500_000],
    cellSize: 17_578.125,
    size: [1, 1],
    zooms: [0, 15],
    isNorthFirst: true,
  },
  ...(
    [
      ["Arctic", 5041],
      ["Antarctic", 5042],
    ] as const
  ).map(([name, code]): TileMatrixSet => ({
    id: `UPS${name}WGS84Quad`,
    title: `Universal Polar Stereographic WGS 84 Quad for ${name}`,
    crs: `EPSG:${code}`,
    crsUri: epsg(code),
    orderedAxes: ["E", "N"],
    origin: [-14_440_759.350_252, 18_440_759.350_252],
    cellSize: 128_443.432_423_85,
    size: [1, 1],
    zooms: [0, 24],
  })),
];

/** Names by which the same sets go elsewhere. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["GoogleMapsCompatible", "WebMercatorQuad"],
  ["WorldWebMercatorQuad", "WebMercatorQuad"],
  ["EPSG:3857", "WebMercatorQuad"],
  ["EPSG:900913", "WebMercatorQuad"],
  ["GoogleCRS84Quad", "WorldCRS84Quad"],
  ["OGC:CRS84", "WorldCRS84Quad"],
]);

function utm(zone: number): TileMatrixSet {
  return {
    id: `UTM${String(zone).padStart(2, "0")}WGS84Quad`,
    title: `Universal Transverse Mercator Zone ${zone} WGS84 Quad`,
    crs: `EPSG:${32600 + zone}`,
    crsUri: epsg(32600 + zone),
    orderedAxes: ["E", "N"],
    origin: [-9_501_965.729_312_76, 20_003_931.458_625_5],
    cellSize: 78_140.357_260_255_9,
    size: [1, 2],
    zooms: [1, 24],
  };
}

export const TILE_MATRIX_SETS: readonly TileMatrixSet[] = [
  ...FIXED,
  ...Array.from({ length: 60 }, (_, i) => utm(i + 1)),
];

const BY_ID = new Map(TILE_MATRIX_SETS.map((set) => [set.id, set]));

/** A set by its name or one of its aliases. @throws NotFoundError */
export function tileMatrixSet(name: string): TileMatrixSet {
  const found = BY_ID.get(ALIASES.get(name) ?? name);
  if (found !== undefined) return found;
  throw new NotFoundError(
    `Tile matrix set "${name.slice(0, 40)}" is not served; there are ${FIXED.map(({ id }) => id).join(", ")}, UTM01WGS84Quad to UTM60WGS84Quad`,
  );
}

/** The set of web maps. */
export const WEB_MERCATOR_QUAD = tileMatrixSet("WebMercatorQuad");

export interface TileMatrix {
  readonly id: string;
  /** Units of the CRS. */
  readonly cellSize: number;
  readonly scaleDenominator: number;
  readonly columns: number;
  readonly rows: number;
}

/** The matrix of a zoom. */
export function tileMatrix({ crs, cellSize, size, zooms }: TileMatrixSet, zoom: number): TileMatrix {
  const halvings = 2 ** (zoom - zooms[0]);
  const side = cellSize / halvings;
  return {
    id: String(zoom),
    cellSize: side,
    scaleDenominator: (side * (crs === "OGC:CRS84" ? DEGREE_M : 1)) / PIXEL_M,
    columns: size[0] * halvings,
    rows: size[1] * halvings,
  };
}

/**
 * Integers within the set, or an error.
 *
 * @throws InvalidRequestError when one is not an integer; NotFoundError when the tile is outside the matrix.
 */
export function parseTileOf(
  set: TileMatrixSet,
  address: { readonly z: string; readonly x: string; readonly y: string },
): SetTile {
  for (const [name, text] of Object.entries(address))
    if (!/^-?\d{1,15}$/.test(text))
      throw new InvalidRequestError(`Tile ${name} is "${text.slice(0, 40)}"; wanted an integer`);
  const tile = { set, z: Number(address.z), x: Number(address.x), y: Number(address.y) };
  const [first, last] = set.zooms;
  if (tile.z < first || tile.z > last) throw new NotFoundError(`Tile zoom is ${tile.z}; wanted ${first} to ${last}`);
  const { columns, rows } = tileMatrix(set, tile.z);
  if (tile.x < 0 || tile.x >= columns || tile.y < 0 || tile.y >= rows)
    throw new NotFoundError(
      `Tile ${tile.z}/${tile.x}/${tile.y} is outside the matrix; wanted ${columns === rows ? `x and y from 0 to ${rows - 1}` : `x from 0 to ${columns - 1} and y from 0 to ${rows - 1}`}`,
    );
  return tile;
}

/** Transform of a tile's `size` x `size` pixels, in the set's CRS. */
export function tileTransformOf({ set, ...tile }: SetTile, size: number): Affine {
  if (set.id === "WebMercatorQuad") return tileTransform(tile, size);
  const side = tileMatrix(set, tile.z).cellSize * TILE_CELLS;
  return [side / size, 0, set.origin[0] + tile.x * side, 0, -side / size, set.origin[1] - tile.y * side];
}

/** WGS84 bounds of a tile: those of what its CRS can project. */
export function tileBoundsOf(tile: SetTile): Bounds {
  if (tile.set.id === "WebMercatorQuad") return tileBoundsWgs84(tile);
  return gridBoundsWgs84(tileTransformOf(tile, TILE_CELLS), TILE_CELLS, TILE_CELLS, tile.set.crs);
}

/** The zoom whose cells come nearest to `groundM` metres on the ground at a latitude. */
export function zoomOfSet(set: TileMatrixSet, groundM: number, latitude: number): number {
  if (set.id === "WebMercatorQuad") return zoomForResolution(groundM, latitude);
  const cells = set.cellSize * (set.crs === "OGC:CRS84" ? DEGREE_M : 1);
  const zoom = set.zooms[0] + Math.round(Math.log2(cells / groundM));
  return Math.max(set.zooms[0], Math.min(set.zooms[1], zoom));
}

/** The set as OGC's JSON has it. */
export function tileMatrixSetDocument(set: TileMatrixSet): Readonly<Record<string, unknown>> {
  const { id, title, crsUri, orderedAxes, wellKnownScaleSet, origin, zooms, isNorthFirst = false } = set;
  const [west, north] = origin;
  return {
    id,
    title,
    uri: `http://www.opengis.net/def/tilematrixset/OGC/1.0/${id}`,
    crs: crsUri,
    orderedAxes,
    ...(wellKnownScaleSet === undefined ? {} : { wellKnownScaleSet }),
    tileMatrices: Array.from({ length: zooms[1] - zooms[0] + 1 }, (_, i) => {
      const { columns, rows, ...matrix } = tileMatrix(set, zooms[0] + i);
      return {
        ...matrix,
        cornerOfOrigin: "topLeft",
        pointOfOrigin: isNorthFirst ? [north, west] : [west, north],
        tileWidth: TILE_CELLS,
        tileHeight: TILE_CELLS,
        matrixWidth: columns,
        matrixHeight: rows,
      };
    }),
  };
}

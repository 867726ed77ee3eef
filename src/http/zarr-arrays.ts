import { CUBE_HOLE, type CubeVariable } from "../app/cube-chunk.js";
import { SEVERAL_DATES, type MosaicCube, type MosaicVariable } from "../app/mosaic-cube.js";
import type { StacJson } from "../catalog/types.js";
import { BAND_COMMON_NAME, BANDS, isBandName } from "../core/bands.js";
import { CHUNK_PX } from "../core/geometry.js";
import { oncePer } from "../core/once-per.js";
import { FILL_METHODS } from "../tile/inpaint/inpaint.js";
import type { Cube } from "../tile/cube.js";

/** An array of a cube: its zarr.json, and, of coordinates, its one chunk. */
export interface ZarrArray {
  readonly json: StacJson;
  /** How many chunks there are along each dimension. */
  readonly chunks: readonly number[];
  /** Undefined of what is decoded. */
  readonly bytes: (() => Uint8Array) | undefined;
}

/** Coordinates and variables of a cube, by name. */
export const cubeArrays = oncePer((cube: Cube): ReadonlyMap<string, ZarrArray> => {
  const items = cube.items.flat();
  const has = (test: (properties: StacJson, tec: StacJson) => boolean): boolean =>
    items.some(({ item }) => {
      const { properties, assets } = item.json as {
        readonly properties: StacJson;
        readonly assets: { readonly tec: StacJson };
      };
      return test(properties, assets.tec);
    });
  return new Map([
    ...BANDS.filter((band) => items.some(({ item }) => item.absentBands?.includes(band) !== true)).map(
      (band) => [band, variable(cube, band)] as const,
    ),
    ...(has((_, tec) => tec["tec:classes"] === true) ? [["scl", variable(cube, "scl")] as const] : []),
    ...(has((properties) => properties["tec:mosaic"] !== undefined)
      ? [["provenance", variable(cube, "provenance")] as const]
      : []),
    ...coordinates(cube),
  ]);
});

/** Coordinates and variables of filled dates: bands, and what of them is inferred. */
export const filledArrays = oncePer((cube: Cube): ReadonlyMap<string, ZarrArray> => {
  const own = [...cubeArrays(cube)];
  return new Map([
    ...own.filter(([name]) => isBandName(name)),
    ["inferred", variable(cube, "inferred")],
    ...own.filter(([, { bytes }]) => bytes !== undefined),
  ]);
});

/** Coordinates and variables of merged periods: bands, scene classes, which date a pixel is of, and from when to when. */
export const mosaicArrays = oncePer(({ dates, periods }: MosaicCube): ReadonlyMap<string, ZarrArray> => {
  const cube = { ...dates, times: periods.map(({ middleMs }) => middleMs) };
  return new Map([
    ...[...cubeArrays(cube)].filter(([name]) => isBandName(name)),
    ["scl", variable(cube, "scl")],
    ["source", variable(cube, "source")],
    ...coordinates(cube, { bounds: "time_bounds" }),
    ["time_bounds", timeBounds(periods)],
  ]);
});

function timeBounds(periods: MosaicCube["periods"]): ZarrArray {
  const bounds = periods.flatMap(({ startMs, endMs }) => [BigInt(startMs), BigInt(endMs)]);
  return {
    chunks: [1, 1],
    bytes: () => bytesOf(BigInt64Array.from(bounds)),
    json: array({
      shape: [periods.length, 2],
      chunkShape: [Math.max(1, periods.length), 2],
      type: "int64",
      fill: 0,
      dimensions: ["time", "bounds"],
      attributes: {},
    }),
  };
}

function variable(cube: Cube, name: CubeVariable | MosaicVariable): ZarrArray {
  const shape = [cube.times.length, cube.height, cube.width];
  return {
    chunks: [cube.times.length, Math.ceil(cube.height / CHUNK_PX), Math.ceil(cube.width / CHUNK_PX)],
    bytes: undefined,
    json: array({
      shape,
      chunkShape: [1, CHUNK_PX, CHUNK_PX],
      type: isBandName(name) || name === "source" ? "uint16" : "uint8",
      fill: isBandName(name) ? CUBE_HOLE : 0,
      dimensions: ["time", "y", "x"],
      attributes: { ...attributesOf(name), grid_mapping: "spatial_ref", coordinates: "spatial_ref" },
    }),
  };
}

/** Codes of Sentinel-2's scene classification. */
const SCENE_CLASSES = [
  "no_data saturated_or_defective dark_area cloud_shadow vegetation not_vegetated",
  "water unclassified cloud_medium_probability cloud_high_probability thin_cirrus snow",
].join(" ");

function attributesOf(name: CubeVariable | MosaicVariable): StacJson {
  if (isBandName(name))
    return {
      standard_name: "surface_bidirectional_reflectance",
      long_name: `${BAND_COMMON_NAME[name]} (${name})`,
      units: "1",
      scale_factor: 0.0001,
      add_offset: 0,
      _FillValue: CUBE_HOLE,
    };
  if (name === "scl")
    return {
      long_name: "Scene classification",
      flag_values: SCENE_CLASSES.split(" ").map((_, code) => code),
      flag_meanings: SCENE_CLASSES,
    };
  if (name === "inferred")
    return {
      long_name: "How a pixel was inferred; 0: observed, or nothing known",
      flag_values: ["observed", ...FILL_METHODS].map((_, code) => code),
      flag_meanings: ["observed", ...FILL_METHODS].join(" "),
    };
  if (name === "source")
    return {
      long_name: `Which of the store's times, from 1 on, a pixel is of; 0: none, ${SEVERAL_DATES}: the median of several`,
    };
  return {
    long_name: "Where a pixel of a mosaic comes from: 0 nothing, 1 to 250 a source, 254 inferred, 255 several sources",
  };
}

function coordinates(
  { times, width, height, transform, crs }: Cube,
  ofTime: StacJson = {},
): readonly (readonly [string, ZarrArray])[] {
  const [a, b, c, d, e, f] = transform;
  const time = coordinate("time", "int64", times.length, {
    bytes: () => bytesOf(BigInt64Array.from(times, (ms) => BigInt(ms))),
    attributes: {
      standard_name: "time",
      axis: "T",
      units: "milliseconds since 1970-01-01T00:00:00",
      calendar: "proleptic_gregorian",
      ...ofTime,
    },
  });
  const grid: ZarrArray = {
    chunks: [],
    bytes: () => new Uint8Array(4),
    json: array({
      shape: [],
      chunkShape: [],
      type: "int32",
      fill: 0,
      dimensions: [],
      attributes: gridMapping(transform, crs),
    }),
  };
  // The axes of a turned grid are no coordinates.
  if (b !== 0 || d !== 0)
    return [
      ["time", time],
      ["spatial_ref", grid],
    ];
  const degrees = crs === "EPSG:4326" || crs === "OGC:CRS84";
  const along = (axis: "x" | "y", count: number, origin: number, step: number): ZarrArray =>
    coordinate(axis, "float64", count, {
      bytes: () => bytesOf(Float64Array.from({ length: count }, (_, i) => origin + (i + 0.5) * step)),
      attributes: {
        standard_name: degrees ? { x: "longitude", y: "latitude" }[axis] : `projection_${axis}_coordinate`,
        axis: axis.toUpperCase(),
        units: degrees ? { x: "degrees_east", y: "degrees_north" }[axis] : "m",
      },
    });
  return [
    ["time", time],
    ["y", along("y", height, f, e)],
    ["x", along("x", width, c, a)],
    ["spatial_ref", grid],
  ];
}

/** `spatial_ref` as GDAL and rioxarray write it; PROJ takes codes and PROJ strings there as well as WKT. */
function gridMapping([a, b, c, d, e, f]: Cube["transform"], crs: string): StacJson {
  return { spatial_ref: crs, GeoTransform: [c, a, b, f, d, e].join(" ") };
}

function coordinate(
  name: string,
  type: "int64" | "float64",
  count: number,
  { bytes, attributes }: { readonly bytes: () => Uint8Array; readonly attributes: StacJson },
): ZarrArray {
  const json = array({
    shape: [count],
    chunkShape: [Math.max(1, count)],
    type,
    fill: 0,
    dimensions: [name],
    attributes,
  });
  return { chunks: [1], bytes, json };
}

interface ArrayFields {
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly type: "uint8" | "uint16" | "int32" | "int64" | "float64";
  readonly fill: number;
  readonly dimensions: readonly string[];
  readonly attributes: StacJson;
}

/** zarr.json of an array that is stored as it is in memory, little-endian. */
function array({ shape, chunkShape, type, fill, dimensions, attributes }: ArrayFields): StacJson {
  return {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: type,
    chunk_grid: { name: "regular", configuration: { chunk_shape: chunkShape } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: fill,
    codecs: [{ name: "bytes", ...(type === "uint8" ? {} : { configuration: { endian: "little" } }) }],
    attributes,
    dimension_names: dimensions,
  };
}

function bytesOf(values: BigInt64Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

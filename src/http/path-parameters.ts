import { z } from "zod";
import { ALGORITHM_NAMES } from "../render/algorithms/algorithms.js";
import { VIRTUAL_ASSETS } from "../app/virtual-assets.js";

/** Each parameter of a path: what it is, and a value that there may be. */
const PATH_PARAMETERS: Readonly<Record<string, readonly [schema: z.ZodType, description: string, example: string]>> = {
  collection: [z.string(), "Id of a collection", "sentinel-2-l2a"],
  item: [z.string(), "Id of an item", "S2B_31TDG_20240110_0_L2A"],
  search: [z.string(), "Id of a registered search", "0123456789abcdef0123456789abcdef"],
  tms: [z.string(), "Id of a tile matrix set, of /tileMatrixSets", "WebMercatorQuad"],
  z: [z.string(), "Tile matrix (zoom)", "12"],
  x: [z.string(), "Column, from the west", "2082"],
  y: [z.string(), "Row, from the north; with @2x for twice the pixels", "1513"],
  format: [z.enum(["png", "webp", "jpg", "pngraw", "npy", "tif"]), "pngraw, npy and tif hold values", "png"],
  size: [z.string(), "WIDTHxHEIGHT in pixels", "256x256"],
  bounds: [z.string(), "MINX,MINY,MAXX,MAXY; minx > maxx in degrees crosses 180°", "3.0,42.4,3.1,42.5"],
  place: [z.string(), "LONGITUDE,LATITUDE in degrees, or X,Y in coord_crs", "3.02,42.43"],
  render: [z.string(), "Of the item's renders", "true-color"],
  asset: [z.string(), "Key of an asset", "tec"],
  name: [z.enum(VIRTUAL_ASSETS), "What is read", "B04"],
  reference: [z.string(), "Id of the item that is leant on", "S2B_31TDG_20240105_0_L2A"],
  file: [z.string(), "Name of a file", "tec"],
  key: [z.string(), "zarr.json, ARRAY/zarr.json, or ARRAY/c/TIME/ROW/COLUMN of a chunk", "zarr.json"],
  colormap: [z.string(), "Of /colorMaps", "viridis"],
  algorithm: [z.enum(ALGORITHM_NAMES), "Of /algorithms", "hillshade"],
};

/** Those of a path's template. @throws RangeError for one that nobody described. */
export function pathParameters(template: string): Readonly<Record<string, z.ZodType>> {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return Object.fromEntries(
    names.map((name) => {
      const found = PATH_PARAMETERS[name];
      if (found === undefined) throw new RangeError(`path parameter ${name} isn't described`);
      const [schema, description, example] = found;
      return [name, schema.meta({ description, param: { example } })];
    }),
  );
}

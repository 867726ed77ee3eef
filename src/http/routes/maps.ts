import type { RequestHandler } from "express";
import { z } from "zod";
import type { Services } from "../../app/services.js";
import { InvalidRequestError } from "../../core/errors.js";
import { parameter, type Parameter } from "../../core/parameter.js";
import { FORMAT_PARAMETERS, PICTURE_PARAMETERS } from "../../render/render-parameters.js";
import { parseCrop, SIZE_PARAMETERS } from "../crop-params.js";
import { DATE_PARAMETERS } from "../mosaic-params.js";
import { QUALITY, queryOf } from "../params.js";
import { PICTURE_TYPES, type RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS, parseCollectionFilter } from "../search-params.js";
import { EMPTY_TILE } from "../send-picture.js";
import { requestSignal } from "../signal.js";
import { sendMosaicCrop } from "./crops.js";
import { extentOf } from "./tilesets.js";
import { param } from "./tiles.js";

/** Pixels of the longer side, where a map's size isn't asked for. */
const DEFAULT_SIDE_PX = 1024;

const BBOX = parameter({
  name: "bbox",
  description: "MINX,MINY,MAXX,MAXY; default all of the collection",
  example: "3,42.4,3.1,42.5",
  schema: z.string(),
  once: true,
});
const crs = (name: string, description: string): Parameter<string> =>
  parameter({
    name,
    description: `${description}; such as EPSG:32631, [EPSG:32631] or OGC's URI`,
    example: "EPSG:4326",
    schema: z.string().transform((text) => text.replace(/^\[(.*)\]$/, "$1")),
    once: true,
  });
const BBOX_CRS = crs("bbox-crs", "Of the box, longitude first; default CRS84");
const MAP_CRS = crs("crs", "Of the map; default that of the box");
const TRANSPARENT = parameter({
  name: "transparent",
  description: "true (default): what shows nothing is transparent; false: black",
  example: "false",
  schema: z.boolean(),
});

/** OGC API - Maps (20-058), core of collections. */
export const MAP_ROUTES: RouteGroup<Services> = {
  title: "Maps",
  routes: [
    {
      method: "get",
      paths: ["/collections/{collection}/map", "/collections/{collection}/map.{format}"],
      summary: `A map of a collection's dates, ${DEFAULT_SIDE_PX} pixels a side at most unless asked otherwise`,
      operationId: "collection.getMap",
      parameters: [
        BBOX,
        BBOX_CRS,
        MAP_CRS,
        TRANSPARENT,
        ...SIZE_PARAMETERS,
        ...PICTURE_PARAMETERS,
        ...FORMAT_PARAMETERS,
        QUALITY,
        EMPTY_TILE,
        ...DATE_PARAMETERS,
        ...FILTER_PARAMETERS.filter(({ name }) => name !== "bbox"),
        ...ORDER_PARAMETERS,
      ],
      strict: true,
      types: PICTURE_TYPES,
      mayBeEmpty: true,
      handle: sendMap,
    },
  ],
};

function sendMap(services: Services): RequestHandler {
  return async (request, response) => {
    const asked = queryOf(request);
    const collection = await services.catalog.collection(param(request, "collection"));
    const bbox = BBOX.of(asked) ?? extentOf(collection)?.join(",");
    if (bbox === undefined)
      throw new InvalidRequestError("bbox is missing, and the collection has no extent; wanted MINX,MINY,MAXX,MAXY");
    const query = asCrop(asked);
    const picture = {
      crop: parseCrop(bbox, undefined, query),
      query,
      extension: param(request, "format") || undefined,
      search: parseCollectionFilter(String(collection["id"]), query),
    };
    await sendMosaicCrop(picture, { services, request, response, signal: requestSignal(request, response) });
  };
}

/** The same question in a crop's words. */
function asCrop(asked: URLSearchParams): URLSearchParams {
  const query = new URLSearchParams(asked);
  const [ofBox, ofMap] = [BBOX_CRS.of(asked), MAP_CRS.of(asked)];
  if (ofBox !== undefined) query.set("coord_crs", ofBox);
  if (ofMap !== undefined) query.set("dst_crs", ofMap);
  if (TRANSPARENT.of(asked) === false) query.set("return_mask", "false");
  for (const { name } of [BBOX, BBOX_CRS, MAP_CRS, TRANSPARENT]) query.delete(name);
  if (SIZE_PARAMETERS.every((one) => one.of(query) === undefined)) query.set("max_size", String(DEFAULT_SIDE_PX));
  return query;
}

import { MEDIA_TYPES } from "../render/encode-image.js";
import { pathParameter, type OpenApiPaths } from "./openapi.js";

const FORMATS = ["png", "webp", "jpg", "npy", "tif"];

const collection = pathParameter("collection", "Id of the collection");
const item = pathParameter("item", "Id of the item");
const format = { ...pathParameter("format", "npy and tif hold values"), schema: { type: "string", enum: FORMATS } };
const tile = ["z", "x", "y"].map((name) => ({
  ...pathParameter(name, "Of WebMercatorQuad"),
  schema: { type: "integer", minimum: 0 },
}));
const look = [
  inQuery("assets", "Bands, such as B04"),
  inQuery("expression", "Values from bands, such as (B08-B04)/(B08+B04); several separated by ;"),
  inQuery("rescale", "MIN,MAX, once or for each value"),
  inQuery("colormap_name", "Of /colorMaps; for one value"),
  inQuery("quality", "Of items stored as FlexTEC: how many of their 16 tokens are read, 0 to 16; default all"),
  inQuery("return_mask", "true (default) or false: alpha in pictures, a last plane in npy, an alpha band in tif"),
];
const dates = [
  inQuery("datetime", "Instant, date or interval"),
  inQuery("pixel_selection", "How dates become one picture; default first"),
  inQuery("inpaint", "How pixels without a clear look are filled; default none"),
  inQuery("return_inferred", "true: one more plane of npy or band of tif, 255 where a pixel was inferred"),
  inQuery("return_uncertainty", "true: one more plane or band, the expected error of what inpaint=tec inferred"),
];

/** Map tiles and previews in the OpenAPI description. */
export const TILE_PATHS: OpenApiPaths = {
  "/collections/{collection}/tiles/WebMercatorQuad/{z}/{x}/{y}.{format}": {
    get: picture("A tile of a collection's dates", [collection, ...tile, format, ...look, ...dates]),
  },
  "/collections/{collection}/items/{item}/tiles/WebMercatorQuad/{z}/{x}/{y}.{format}": {
    get: picture("A tile of an item", [collection, item, ...tile, format, ...look]),
  },
  "/collections/{collection}/items/{item}/preview.{format}": {
    get: picture("An item on its own grid", [collection, item, format, ...look, inQuery("max_size", "Pixels a side")]),
  },
};

function inQuery(name: string, description: string): Readonly<Record<string, unknown>> {
  return { name, in: "query", description, schema: { type: "string" } };
}

function picture(summary: string, parameters: readonly unknown[]): Readonly<Record<string, unknown>> {
  const content = Object.fromEntries(Object.values(MEDIA_TYPES).map((type) => [type, {}]));
  return {
    summary,
    parameters,
    responses: {
      "200": { description: "The picture or values", content },
      "204": { description: "Nothing is there" },
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

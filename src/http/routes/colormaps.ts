import { Router, type Request } from "express";
import { InvalidRequestError, NotFoundError } from "../../core/errors.js";
import { colormapTable, isColormapName, listColormaps } from "../../render/colormaps.js";
import { encodeImage, MEDIA_TYPES, type ImageFormat } from "../../render/encode-image.js";
import { drawLegend, type Orientation } from "../../render/legend.js";
import { baseOf } from "../base-url.js";
import { operation, pathParameter, type OpenApiPaths } from "../openapi.js";
import { queryOf } from "../params.js";
import { param } from "./tiles.js";

/** The colormaps that `colormap_name` knows: a list, and each as 256 RGBA colours or as a legend, in TiTiler's shape. */
export function colormapRouter(): Router {
  const router = Router();
  router.get("/colorMaps", (_request, response) => {
    const names = listColormaps();
    const link = (rel: string, id: string): object => ({
      rel,
      href: `${baseOf(response)}/colorMaps/${id}`,
      type: "application/json",
      title: `Definition of ${id} ColorMap`,
    });
    // TiTiler 2's shape, and beside it that of TiTiler 1.
    response.json({
      colormaps: names.map((id) => ({ id, links: [link("item", id)] })),
      colorMaps: names,
      links: names.map((id) => link("data", id)),
    });
  });
  router.get("/colorMaps/:id", async (request, response) => {
    const id = param(request, "id").toLowerCase();
    if (!isColormapName(id))
      throw new NotFoundError(`Colormap "${id.slice(0, 40)}" is not known; /colorMaps lists all`);
    const format = formatOf(request);
    response.set("Cache-Control", "public, max-age=3600").vary("Accept");
    if (format !== undefined) {
      const bytes = await encodeImage(drawLegend(id, orientationOf(request), sizeOf(request)), format);
      return void response.type(MEDIA_TYPES[format]).send(Buffer.from(bytes));
    }
    const table = colormapTable(id);
    const colours = Array.from({ length: 256 }, (_, i) => [
      String(i),
      [table[3 * i], table[3 * i + 1], table[3 * i + 2], 255],
    ]);
    response.json(Object.fromEntries(colours));
  });
  return router;
}

const PICTURES: ReadonlyMap<string, ImageFormat> = new Map([
  ["png", "png"],
  ["pngraw", "png"],
  ["webp", "webp"],
  ["jpg", "jpeg"],
  ["jpeg", "jpeg"],
]);

/** Of a legend; undefined: the colours as JSON. */
function formatOf(request: Request): ImageFormat | undefined {
  const asked = queryOf(request).get("f") ?? "";
  if (asked === "json") return undefined;
  if (asked === "") return PICTURES.get(request.accepts(["json", "png", "webp", "jpeg"]) || "json");
  const format = PICTURES.get(asked);
  if (format !== undefined) return format;
  throw new InvalidRequestError(`f is "${asked.slice(0, 40)}"; wanted json, png, webp or jpg`);
}

function orientationOf(request: Request): Orientation {
  const text = queryOf(request).get("orientation") || "horizontal";
  if (text === "horizontal" || text === "vertical") return text;
  throw new InvalidRequestError(`orientation is "${text.slice(0, 40)}"; wanted horizontal or vertical`);
}

function sizeOf(request: Request): { readonly width: number | undefined; readonly height: number | undefined } {
  const px = (name: string): number | undefined => {
    const text = queryOf(request).get(name) || undefined;
    if (text === undefined) return undefined;
    if (/^\d{1,5}$/.test(text)) return Number(text);
    throw new InvalidRequestError(`${name} is "${text.slice(0, 20)}"; wanted a whole number of pixels`);
  };
  return { width: px("width"), height: px("height") };
}

/** For the OpenAPI description. */
export const COLORMAP_PATHS: OpenApiPaths = {
  "/colorMaps": { get: operation("All colormaps") },
  "/colorMaps/{colormap}": {
    get: operation("A colormap as 256 colours, or (f=png, webp, jpg) as a legend", "application/json", [
      pathParameter("colormap", "Of /colorMaps"),
    ]),
  },
};

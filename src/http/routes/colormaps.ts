import type { Request, RequestHandler } from "express";
import { z } from "zod";
import { InvalidRequestError, NotFoundError } from "../../core/errors.js";
import { parameter } from "../../core/parameter.js";
import { colormapTable, isColormapName, listColormaps } from "../../render/colormaps.js";
import { encodeImage, MEDIA_TYPES, type ImageFormat } from "../../render/encode-image.js";
import { drawLegend } from "../../render/legend.js";
import { baseOf } from "../base-url.js";
import { answerDocument, DOCUMENT_F, DOCUMENT_TYPES } from "../document-page.js";
import { queryOf } from "../params.js";
import type { RouteGroup } from "../route.js";
import { param } from "./tiles.js";

const F = parameter({
  name: "f",
  description: "json, or png, webp, jpg for a legend; default what Accept says",
  example: "json",
  schema: z.string(),
});
const ORIENTATION = parameter({
  name: "orientation",
  description: "Of a legend; default horizontal",
  example: "vertical",
  schema: z.enum(["horizontal", "vertical"]),
  wanted: "horizontal or vertical",
});
const legendPx = (name: string) =>
  parameter({
    name,
    description: "Of a legend, pixels",
    example: "30",
    schema: z.int().min(0).max(99_999),
    wanted: "a whole number of pixels",
  });
const WIDTH = legendPx("width");
const HEIGHT = legendPx("height");

/** The colormaps that `colormap_name` knows: a list, and each as 256 RGBA colours or as a legend, in TiTiler's shape. */
export const COLORMAP_ROUTES: RouteGroup<unknown> = {
  title: "Colormaps",
  routes: [
    {
      method: "get",
      paths: ["/colorMaps"],
      summary: "All colormaps",
      parameters: [DOCUMENT_F],
      types: DOCUMENT_TYPES,
      handle: () => sendNames,
    },
    {
      method: "get",
      paths: ["/colorMaps/{colormap}"],
      summary: "A colormap as 256 colours, or as a legend",
      parameters: [F, ORIENTATION, WIDTH, HEIGHT],
      types: ["application/json", "image/png", "image/webp", "image/jpeg"],
      handle: () => sendColormap,
    },
  ],
};

const sendNames: RequestHandler = (request, response) => {
  const names = listColormaps();
  const link = (rel: string, id: string): object => ({
    rel,
    href: `${baseOf(response)}/colorMaps/${id}`,
    type: "application/json",
    title: `Definition of ${id} ColorMap`,
  });
  // TiTiler 2's shape, and beside it that of TiTiler 1.
  answerDocument(request, response, "Colormaps", {
    colormaps: names.map((id) => ({ id, links: [link("item", id)] })),
    colorMaps: names,
    links: names.map((id) => link("data", id)),
  });
};

const sendColormap: RequestHandler = async (request, response) => {
  const id = param(request, "colormap").toLowerCase();
  if (!isColormapName(id)) throw new NotFoundError(`Colormap "${id.slice(0, 40)}" is not known; /colorMaps lists all`);
  const format = formatOf(request);
  response.set("Cache-Control", "public, max-age=3600").vary("Accept");
  if (format !== undefined) {
    const query = queryOf(request);
    const size = { width: WIDTH.of(query), height: HEIGHT.of(query) };
    const bytes = await encodeImage(drawLegend(id, ORIENTATION.of(query) ?? "horizontal", size), format);
    return void response.type(MEDIA_TYPES[format]).send(Buffer.from(bytes));
  }
  const table = colormapTable(id);
  const colours = Array.from({ length: 256 }, (_, i) => [
    String(i),
    [table[3 * i], table[3 * i + 1], table[3 * i + 2], 255],
  ]);
  response.json(Object.fromEntries(colours));
};

const PICTURES: ReadonlyMap<string, ImageFormat> = new Map([
  ["png", "png"],
  ["pngraw", "png"],
  ["webp", "webp"],
  ["jpg", "jpeg"],
  ["jpeg", "jpeg"],
]);

/** Of a legend; undefined: the colours as JSON. */
function formatOf(request: Request): ImageFormat | undefined {
  const asked = F.of(queryOf(request)) ?? "";
  if (asked === "json") return undefined;
  if (asked === "") return PICTURES.get(request.accepts(["json", "png", "webp", "jpeg"]) || "json");
  const format = PICTURES.get(asked);
  if (format !== undefined) return format;
  throw new InvalidRequestError(`f is "${asked.slice(0, 40)}"; wanted json, png, webp or jpg`);
}

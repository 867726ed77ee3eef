import { Router } from "express";
import { NotFoundError } from "../../core/errors.js";
import { colormapTable, isColormapName, listColormaps } from "../../render/colormaps.js";
import { baseOf } from "../base-url.js";

/** The colormaps that `colormap_name` knows: a list, and each as 256 RGBA colours, in TiTiler's shape. */
export function colormapRouter(): Router {
  const router = Router();
  router.get("/colorMaps", (_request, response) => {
    const colorMaps = listColormaps();
    const links = colorMaps.map((id) => ({
      rel: "data",
      title: id,
      href: `${baseOf(response)}/colorMaps/${id}`,
      type: "application/json",
    }));
    response.json({ colorMaps, links });
  });
  router.get("/colorMaps/:id", (request, response) => {
    const id = request.params.id.toLowerCase();
    if (!isColormapName(id))
      throw new NotFoundError(`Colormap "${id.slice(0, 40)}" is not known; /colorMaps lists all`);
    const table = colormapTable(id);
    const colours = Array.from({ length: 256 }, (_, i) => [
      String(i),
      [table[3 * i], table[3 * i + 1], table[3 * i + 2], 255],
    ]);
    response.json(Object.fromEntries(colours));
  });
  return router;
}

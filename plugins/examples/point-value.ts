import { Router } from "express";
import { definePlugin } from "../../src/plugin.js";

/** The spectrum of one pixel: /x/point/COLLECTION/ITEM?x=COLUMN&y=ROW gives digital numbers by band. */
export default definePlugin({
  name: "point-value",
  routes: {
    point: ({ catalog, openItem }) =>
      Router().get("/:collection/:item", async (request, response) => {
        const item = await catalog.item(request.params.collection, request.params.item);
        const image = await openItem(item);
        const [x, y] = [Number(request.query["x"]), Number(request.query["y"])];
        const pixel = await image.readWindow({ x, y, width: 1, height: 1 });
        const values = pixel.bands.map((band, b) => [band, Math.round(pixel.samples[b] ?? 0)]);
        response.json({ valid: pixel.valid[0] === 1, values: Object.fromEntries(values) });
      }),
  },
});

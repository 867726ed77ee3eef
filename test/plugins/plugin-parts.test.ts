import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import express from "express";
import spectralRenders from "../../plugins/spectral-renders.js";
import pointValue from "../../plugins/examples/point-value.js";
import { tectile, type TectileRouter } from "../../src/index.js";
import { definePlugin } from "../../src/plugin.js";
import { makeDemoCatalog, type DemoCatalog } from "../support/demo-catalog.js";
import { getJson } from "../support/http-app.js";
import { listen } from "../support/listen.js";

describe("what plugins bring, over HTTP", () => {
  let demo: DemoCatalog;
  let imagery: TectileRouter;
  let url = "";
  const cleanups: (() => unknown)[] = [];
  const context = { after: (work: () => unknown) => void cleanups.push(work) };

  before(async () => {
    demo = await makeDemoCatalog(context);
    const own = definePlugin({
      name: "own",
      routes: {
        "/hello": () => (_request, response) => void response.send("hello"),
        "/collections": () => (_request, response) => void response.send("taken over"),
      },
    });
    imagery = await tectile({ catalog: demo.folder, provider: "cpu", plugins: [spectralRenders, pointValue, own] });
    url = `${await listen(context, express().use("/imagery", imagery))}/imagery`;
  });
  after(async () => {
    await imagery.close();
    for (const work of cleanups.toReversed()) await work();
  });

  const tile = (query: string): string => `${url}/collections/demo/tiles/WebMercatorQuad/${demo.tile}.png?${query}`;

  test("a plugin's render is drawn by name, as its own parameters draw it", async () => {
    const named = await fetch(tile("render=msavi"));
    assert.equal(named.status, 200);
    const { expression = "", rescale, colormap_name = "" } = spectralRenders.renders?.["msavi"] ?? { rescale: [] };
    const spelled = new URLSearchParams({ expression, colormap_name, rescale: rescale.join(",") });
    const other = await fetch(tile(String(spelled)));
    assert.deepEqual(Buffer.from(await named.arrayBuffer()), Buffer.from(await other.arrayBuffer()));
    const unknown = await getJson(tile("render=nothing"));
    assert.equal(unknown.response.status, 400);
    assert.match(unknown.json.detail, /wanted one of true-color, .*msavi/);
  });

  test("the STAC documents list it beside the built-in ones, with a TileJSON link that works", async () => {
    const item = `collections/demo/items/${demo.items[0]}`;
    for (const path of ["collections/demo", item]) {
      const { json } = await getJson(`${url}/${path}`);
      const renders = (json["renders"] ?? (json["properties"] as { renders: object }).renders) as Record<
        string,
        object
      >;
      assert.ok("true-color" in renders && "msavi" in renders && "geology" in renders, Object.keys(renders).join());
      const link = json.links.find((one) => (one as { render?: string }).render === "msavi");
      const tilejson = await getJson(link?.href ?? "");
      assert.equal(tilejson.response.status, 200);
    }
    const { json } = await getJson(`${url}/search?limit=1`);
    const properties = json.features[0]?.["properties"] as { renders: object };
    assert.ok("ndsi" in properties.renders);
  });

  test("a plugin's route answers at /x/NAME, or where it says, with the server's own catalog and decoder", async () => {
    assert.equal(await (await fetch(`${url}/hello`)).text(), "hello");
    assert.deepEqual(Object.keys((await getJson(`${url}/collections`)).json).slice(0, 1), ["collections"]);
    const { json } = await getJson(`${url}/x/point/demo/${demo.items[0]}?x=100&y=50`);
    const values = json["values"] as Record<string, number>;
    assert.equal(Object.keys(values).length, 12);
    assert.ok(
      Object.values(values).every((value) => value > 0 && value < 10_000),
      JSON.stringify(values),
    );
    const outside = await getJson(`${url}/x/point/demo/${demo.items[0]}?x=100000&y=50`);
    assert.equal(outside.response.status, 400);
    assert.match(outside.json.detail, /Window 1 x 1 at \(100000, 50\)/);
  });
});

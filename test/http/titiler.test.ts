import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { IGNORED_HEADER } from "../../src/http/route.js";
import { ALL_ROUTES } from "../../src/http/routes/all.js";
import { makeSceneCatalog, SCENE } from "../support/scene-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

const OPERATIONS = "test/golden/titiler/operations.json";
const APPLICATION = "test/golden/titiler/application.json";
const TABLE = "docs/titiler.md";
const STATISTICS = fileURLToPath(new URL("../../../test/clients/statistics_check.py", import.meta.url));
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const run = promisify(execFile);
const BEGIN = "<!-- made by test/http/titiler.test.ts -->";

interface Snapshot {
  readonly version: string;
  readonly operations: Readonly<Record<string, readonly string[]>>;
}

const readSnapshot = (path: string): Snapshot => JSON.parse(readFileSync(path, "utf8")) as Snapshot;
const pgstac = readSnapshot(OPERATIONS);
const application = readSnapshot(APPLICATION);
let files: Workspace;
let server: TestServer;
let search: string;

before(async () => {
  files = await createWorkspace();
  server = await startServer({ catalog: await makeSceneCatalog(files), pixelThreads: 2 });
  const body = JSON.stringify({ collections: [SCENE.collection] });
  const response = await fetch(`${server.url}/searches/register`, { method: "POST", body });
  search = ((await response.json()) as { id: string }).id;
});
after(async () => {
  await server.close();
  await files.close();
});

interface RouteVocabulary {
  readonly method: string;
  readonly template: string;
  readonly honoured: readonly string[];
  readonly examples: readonly { readonly name: string; readonly example: string }[];
  readonly refused: readonly string[];
  readonly strict: boolean;
}

/** Every route in every spelling. */
const VOCABULARY = ALL_ROUTES.flatMap(({ routes }) => routes).flatMap(
  ({ method, paths, parameters = [], refused = [], strict = false }) =>
    paths.map((template): RouteVocabulary => ({
      method: method.toUpperCase(),
      template,
      honoured: parameters.map(({ name }) => name),
      examples: parameters,
      refused,
      strict,
    })),
);

/** TiTiler's template in our words. */
const ours = (template: string): string =>
  template
    .replace("{collection_id}", "{collection}")
    .replace("{item_id}", "{item}")
    .replace("{render_id}", "{render}")
    .replace("{search_id}", "{search}")
    .replace("{tileMatrixSetId}", "{tms}")
    .replace("{lon},{lat}", "{place}")
    .replace("{minx},{miny},{maxx},{maxy}", "{bounds}")
    .replace("{width}x{height}", "{size}")
    .replace("{colorMapId}", "{colormap}")
    .replace("{algorithmId}", "{algorithm}")
    .replace(/(?<=.)\/$/, "");

const routeOf = (operation: string): RouteVocabulary | undefined => {
  const [method, template = ""] = operation.split(" ");
  return VOCABULARY.find((route) => route.method === method && route.template === ours(template));
};

const VALUES: ReadonlyMap<string, string> = new Map([
  ["collection", SCENE.collection],
  ["item", "scene_2024-01-10"],
  ["tms", "WebMercatorQuad"],
  ["z", "12"],
  ["x", "2082"],
  ["y", "1513"],
  ["format", "png"],
  ["size", "64x64"],
  ["place", "3.02,42.43"],
  ["render", "true-color"],
  ["bounds", "3.005,42.43,3.02,42.44"],
  ["name", "B04"],
  ["colormap", "viridis"],
  ["algorithm", "slope"],
]);

const pathOf = ({ template }: RouteVocabulary): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === "search" ? search : (VALUES.get(name) ?? "none")));

/** Those with parameters, which answer 200 or 204 to none of them; those of a URL are the same handlers (test/http/urls.test.ts). */
const asked = VOCABULARY.filter(
  ({ template, honoured, refused }) =>
    honoured.length + refused.length > 0 &&
    !/^\/(stac|cog)\/|\{(file|reference)\}|map(\.html)?$|register$/.test(template),
);

async function ask(route: RouteVocabulary, query: Readonly<Record<string, string>>): Promise<Response> {
  const url = `${server.url}${pathOf(route)}?${new URLSearchParams(query)}`;
  if (route.method === "GET") return fetch(url);
  const ring = [
    [3.005, 42.445],
    [3.02, 42.445],
    [3.02, 42.43],
    [3.005, 42.445],
  ];
  const area = { type: "Polygon", coordinates: [ring] };
  return fetch(url, { method: "POST", body: JSON.stringify(/(search|aggregate)$/.test(route.template) ? {} : area) });
}

test("every parameter of TiTiler's operations that are here is honoured or refused", () => {
  const matched = Object.entries({ ...pgstac.operations, ...application.operations }).filter(
    ([operation]) => routeOf(operation) !== undefined,
  );
  assert.ok(matched.length >= 100);
  for (const [operation, parameters] of matched) {
    const route = routeOf(operation);
    for (const name of parameters)
      assert.ok(route?.honoured.includes(name) || route?.refused.includes(name), `${operation}: ${name}`);
  }
  for (const { template, honoured, refused } of VOCABULARY)
    assert.deepEqual(
      refused.filter((name) => honoured.includes(name)),
      [],
      template,
    );
});

test("a refused parameter is a 400 that names it, an unknown one is named in a header, an empty one is none", async () => {
  for (const route of asked) {
    const plain = await ask(route, {});
    assert.ok([200, 204].includes(plain.status), `${route.template}: ${plain.status} ${await plain.text()}`);
    assert.equal(plain.headers.get(IGNORED_HEADER), null);
    for (const name of route.refused) {
      const response = await ask(route, { [name]: "7" });
      const text = await response.text();
      assert.equal(response.status, 400, `${route.template}?${name}=7: ${text}`);
      assert.match(text, new RegExp(`${name} is a parameter of TiTiler`));
    }
    const empty = await ask(route, Object.fromEntries(route.refused.map((name) => [name, ""])));
    assert.equal(empty.status, plain.status, route.template);
    const unknown = await ask(route, { nodta: "0", "bad\r\nname": "1" });
    assert.equal(unknown.status, route.strict ? 400 : plain.status, route.template);
    if (!route.strict) assert.equal(unknown.headers.get(IGNORED_HEADER), "nodta, bad%0D%0Aname", route.template);
    await Promise.all([empty, unknown].map((response) => response.arrayBuffer()));
  }
});

test("an honoured parameter is no unknown one", async () => {
  // Other spellings of these paths are the same handlers.
  const spellings =
    /\}\/(tiles\/\{z\}.*|tiles.*\{format\}|tilejson\.json|preview.+|bbox\/\{bounds\}.+|feature.+|queryables|aggregat.*)$/;
  const routes = asked.filter(({ template }) => !spellings.test(template));
  for (const route of routes) {
    for (const { name, example } of route.examples) {
      // Tokens are of items stored as FlexTEC, and of pages, which this catalog has none of.
      if (name === "quality" || name === "token") continue;
      // Of a collection's items only that collection's own.
      if (name === "collections" && route.template.includes("{collection}")) continue;
      const legend = name === "f" && route.template.includes("colorMaps/");
      // As the path says it.
      const isSaid = ["format", "f"].includes(name) && route.template.endsWith("{format}");
      const value = name === "search" ? search : legend || isSaid ? "png" : example;
      const one = name.startsWith("colormap") || name === "color_formula" ? { assets: "B04" } : {};
      const response = await ask(route, { ...one, [name]: value });
      const text = await response.text();
      assert.ok(
        [200, 204].includes(response.status),
        `${route.template}?${name}=${value}: ${response.status} ${text.slice(0, 200)}`,
      );
      assert.equal(response.headers.get(IGNORED_HEADER), null, `${route.template}?${name}`);
    }
  }
});

test("a collection's tiles show the items that the query leaves, in the order that it asks for", async () => {
  const tile = "tiles/WebMercatorQuad/12/2082/1513.npy";
  const values = async (path: string, query = ""): Promise<Buffer | number> => {
    const response = await fetch(`${server.url}/collections/${SCENE.collection}/${path}/${tile}?assets=B04&${query}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    return response.status === 200 ? bytes : response.status;
  };
  const item = (date: string): Promise<Buffer | number> => values(`items/scene_${date}`);
  const dates = ["2024-01-10", "2024-04-10", "2024-07-10"] as const;
  const alone = await Promise.all(dates.map(item));
  assert.ok(alone.every((one) => typeof one !== "number"));
  // April's west and July's south are holes: what shows through tells the order.
  const mosaic = (query: string): Promise<Buffer | number> => values(".", query);
  for (const [i, date] of dates.entries()) {
    const [day, id] = [`${date}T00:00:00Z`, `scene_${date}`];
    const next = date.replace("-10", "-11");
    for (const query of [
      `ids=${id}`,
      `filter=${encodeURIComponent(`id = '${id}'`)}`,
      `filter-lang=cql2-json&filter=${encodeURIComponent(JSON.stringify({ op: "=", args: [{ property: "id" }, id] }))}`,
      `filter=${encodeURIComponent(`datetime >= TIMESTAMP('${day}') AND datetime < TIMESTAMP('${next}T00:00:00Z')`)}`,
      `query=${encodeURIComponent(JSON.stringify({ id: { eq: id } }))}`,
    ])
      assert.deepEqual(await mosaic(query), alone[i], query);
  }
  // January is whole, so that first from the oldest on shows nothing else; one item alone is the newest.
  assert.deepEqual(await mosaic("sortby=%2Bdatetime"), alone[0]);
  assert.deepEqual(await mosaic("sortby=datetime"), alone[0]);
  assert.deepEqual(await mosaic("items_limit=1"), alone[2]);
  assert.deepEqual(await mosaic("sortby=-datetime"), await mosaic(""));
  assert.notDeepEqual(await mosaic(""), alone[0]);
  assert.equal(await mosaic("bbox=10,10,11,11"), 204);
  assert.equal(await mosaic("ids=none"), 204);
  for (const wrong of [
    "filter=%28",
    "filter=nothing%20%3D%201",
    "bbox=1,2",
    "query=%7B",
    "items_limit=0",
    "sortby=nothing",
  ])
    assert.equal(await mosaic(wrong), 400, wrong);
  assert.equal(await mosaic("sortby=%2Bdatetime&pixel_selection=clear_median"), 400);

  const json = async (path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(`${server.url}/collections/${SCENE.collection}/${path}`)).json()) as Record<string, unknown>;
  const { tiles } = await json("WebMercatorQuad/tilejson.json?ids=scene_2024-01-10");
  assert.match(String(tiles), /ids=scene_2024-01-10/);
  const { assets } = await json("point/3.02,42.43?assets=B04&ids=scene_2024-01-10,scene_2024-04-10");
  assert.deepEqual(
    (assets as { name: string }[]).map(({ name }) => name),
    [`${SCENE.collection}/scene_2024-04-10`, `${SCENE.collection}/scene_2024-01-10`],
  );
});

test("an item's statistics are numpy's, of all its valid pixels, in bins that are asked for", async (t) => {
  const there = await run(PYTHON, ["-c", "import numpy"]).catch(() => undefined);
  if (there === undefined) return t.skip("numpy is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  const item = `${server.url}/collections/${SCENE.collection}/items/scene_2024-04-10`;
  const values = await fetch(`${item}/preview.npy?assets=B04,B08`);
  await files.write("values.npy", new Uint8Array(await values.arrayBuffer()));
  for (const [bins, percentiles] of [
    ["10", "2,98"],
    ["4", "0,5,50,100"],
    ["500,1000,1001,4000", "25"],
  ] as const) {
    const asked = percentiles.split(",").map((p) => `p=${p}`);
    const answer = await fetch(`${item}/statistics?assets=B04&assets=B08&histogram_bins=${bins}&${asked.join("&")}`);
    assert.equal(answer.headers.get("Tectile-Level"), `0; ${SCENE.width}x${SCENE.height}`);
    await files.write("answer.json", await answer.text());
    const { stdout } = await run(PYTHON, [
      STATISTICS,
      files.path("values.npy"),
      files.path("answer.json"),
      bins,
      percentiles,
    ]);
    assert.match(stdout, /2 bands are as numpy has them/);
  }
  const coarse = await fetch(`${item}/statistics?assets=B04&max_size=256`);
  assert.equal(coarse.headers.get("Tectile-Level"), `1; ${SCENE.width / 2}x${SCENE.height / 2}`);
});

test("an item's statistics by features, categories, and what is wrong with them", async () => {
  const item = `/collections/${SCENE.collection}/items/scene_2024-01-10`;
  const answer = (query: string, body?: unknown): Promise<Response> => {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    return fetch(`${server.url}${item}/statistics?${query}`, init);
  };
  const figures = async <T = Readonly<Record<string, Band>>>(query: string, body?: unknown): Promise<T> =>
    (await (await answer(query, body)).json()) as T;
  const square = (west: number, south: number, side: number): object => ({
    type: "Polygon",
    coordinates: [
      [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
      ],
    ],
  });
  const feature = { type: "Feature", id: "field", geometry: square(3.01, 42.43, 0.005), properties: { crop: "rye" } };
  const one = await figures<Feature>("assets=B04", feature);
  assert.deepEqual([one.id, one.properties.crop], ["field", "rye"]);
  const b1 = one.properties.statistics?.["b1"];
  assert.ok(b1 !== undefined);
  // About 41 x 56 pixels of 10 m.
  assert.ok(Math.abs(b1.valid_pixels - 41 * 56) < 120, String(b1.valid_pixels));
  assert.equal(b1.description, "B04");
  const outside = { type: "Feature", geometry: square(10, 10, 1), properties: null };
  const two = await figures<{ type: string; features: Feature[] }>("assets=B04", {
    type: "FeatureCollection",
    features: [feature, outside],
  });
  assert.equal(two.type, "FeatureCollection");
  assert.deepEqual(two.features[0], one);
  assert.equal(two.features[1]?.properties.statistics, null);
  assert.deepEqual((await figures<Feature>("assets=B04", feature.geometry)).properties.statistics?.["b1"], b1);
  const { b1: all } = await figures("assets=B04&categorical=true");
  assert.ok(all !== undefined);
  assert.equal(all.histogram[0].length, all.unique);
  assert.equal(
    all.histogram[0].reduce((sum, count) => sum + count, 0),
    all.count,
  );
  const some = (await figures(`assets=B04&c=${all.majority}&c=-1`))["b1"];
  assert.deepEqual(some?.histogram, [
    [Math.max(...all.histogram[0]), 0],
    [all.majority, -1],
  ]);
  const ratio = (await figures("expression=B08/B04;B04*0%2B2"))["b2"];
  assert.deepEqual([ratio?.min, ratio?.max, ratio?.unique], [2, 2, 1]);
  const wrongs = ["p=101", "p=x", "histogram_bins=0", "histogram_bins=3,2", "histogram_range=1", "max_size=0"];
  for (const wrong of [...wrongs, "categorical=x", "c=a"])
    assert.equal((await answer(`assets=B04&${wrong}`)).status, 400, wrong);
  assert.equal((await answer("assets=B04", { type: "FeatureCollection", features: [] })).status, 400);
});

interface Band {
  readonly description: string;
  readonly min: number;
  readonly max: number;
  readonly histogram: readonly [readonly number[], readonly number[]];
  readonly valid_pixels: number;
  readonly count: number;
  readonly unique: number;
  readonly majority: number;
}

interface Feature {
  readonly id?: string;
  readonly properties: {
    readonly crop?: string;
    readonly statistics: Readonly<Record<string, Band>> | null;
  };
}

interface Info {
  readonly bounds: readonly number[];
  readonly crs: string;
  readonly overviews: readonly number[];
  readonly width: number;
  readonly height: number;
}

interface Render {
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

test("an item's bands, their grid and its renders are told in TiTiler's words", async () => {
  const root = `${server.url}/collections/${SCENE.collection}/items/scene_2024-01-10`;
  const json = async <T>(path: string): Promise<T> => (await (await fetch(`${root}/${path}`)).json()) as T;
  const { west, north, width, height } = SCENE;
  const info = await json<Record<string, Info>>("info?assets=B04");
  assert.deepEqual(Object.keys(info), ["B04"]);
  const band = info["B04"];
  assert.deepEqual(band?.bounds, [west, north - 10 * height, west + 10 * width, north]);
  assert.equal(band.crs, "http://www.opengis.net/def/crs/EPSG/0/32631");
  assert.deepEqual([band.width, band.height, band.overviews], [width, height, [2]]);
  const all = await json<string[]>("assets");
  assert.equal(all.length, 12);
  const feature = await json<{ type: string; properties: Record<string, Info> }>("info.geojson");
  assert.deepEqual(Object.keys(feature.properties), all);
  assert.deepEqual([feature.type, feature.properties["B04"]], ["Feature", band]);
  const { renders } = await json<{ renders: Record<string, Render> }>("renders");
  const names = Object.keys(renders);
  assert.ok(names.includes("true-color") && names.length >= 3);
  for (const name of names) {
    assert.deepEqual(await json(`renders/${name}`), renders[name]);
    const link = renders[name]?.links.find(({ rel }) => rel === "tilesets-map")?.href ?? "";
    const tilejson = await fetch(decodeURI(link).replace("{tileMatrixSetId}", "WebMercatorQuad"));
    const { tiles } = (await tilejson.json()) as { tiles: string[] };
    const tile = (tiles[0] ?? "").replace("{z}", "12").replace("{x}", "2082").replace("{y}", "1513");
    assert.equal((await fetch(tile)).status, 200, tile);
  }
  assert.equal((await fetch(`${root}/renders/none`)).status, 404);
});

test("figures of each of an item's bands, under its name", async () => {
  const root = `${server.url}/collections/${SCENE.collection}/items/scene_2024-01-10`;
  const json = async <T>(path: string): Promise<T> => (await (await fetch(`${root}/${path}`)).json()) as T;
  const query = "assets=B04&assets=B08&p=5&max_size=256";
  const each = await json<Record<string, { b1: Band }>>(`asset_statistics?${query}`);
  const all = await json<Record<string, Band>>(`statistics?${query}`);
  assert.deepEqual(each, { B04: { b1: all["b1"] }, B08: { b1: all["b2"] } });
  assert.equal(Object.keys(await json("asset_statistics?max_size=64")).length, 12);
});

test("docs/titiler.md is what the vocabulary says", () => {
  const text = readFileSync(TABLE, "utf8");
  const [head = ""] = text.split(BEGIN);
  const made = `${head}${BEGIN}\n${tables()}`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(TABLE, made);
  assert.equal(text, made);
});

function tables(): string {
  return [
    table(`titiler-pgstac ${pgstac.version}`, pgstac.operations),
    table(`titiler.application ${application.version}, of items and files that \`url\` names`, application.operations),
  ].join("\n");
}

function table(of: string, operations: Snapshot["operations"]): string {
  const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(" ");
  const rows = Object.entries(operations).map(([operation, parameters]) => {
    const route = routeOf(operation);
    if (route === undefined) return `| \`${operation}\` | not here | |`;
    const [honoured, refused] = [route.honoured, route.refused].map((names) =>
      parameters.filter((name) => names.includes(name)),
    );
    const own = route.honoured.filter((name) => !parameters.includes(name));
    return `| \`${operation}\` | ${code(honoured ?? [])}${own.length === 0 ? "" : `; beside them ${code(own)}`} | ${code(refused ?? [])} |`;
  });
  return `| operation of ${of} | honoured | refused (400) |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

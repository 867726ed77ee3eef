import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { parseConfig } from "../../src/app/config.js";
import { createServices } from "../../src/app/services.js";
import { ALL_ROUTES } from "../../src/http/routes/all.js";
import { createTectile } from "../../src/http/tectile.js";
import { makeDemoCatalog } from "../../test/support/demo-catalog.js";
import { mutateJson } from "./mutate-json.js";
import { Dice, Wrong, type FuzzTarget, type Outcome } from "./target.js";

/** The real server over a small catalog; it ends with the process. */
async function start(): Promise<string> {
  const cleanups: (() => Promise<void>)[] = [];
  const { folder } = await makeDemoCatalog({ after: (work) => cleanups.push(work) }, [
    "2024-05-01T10:00:00Z",
    "2024-07-01T10:00:00Z",
  ]);
  const services = await createServices(
    parseConfig({ catalog: folder, provider: "cpu", sessions: 1, pixelThreads: 1, maxSearches: 50 }),
  );
  const app = express();
  app.disable("x-powered-by");
  app.use(await createTectile(services));
  const server: Server = createServer(app);
  server.unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let url: Promise<string> | undefined;

const ITEM = "/collections/demo/items/scene-2024-05-01";
const TILE = "tiles/WebMercatorQuad/14/8328/6053";
const PATHS = [
  "/",
  "/api",
  "/conformance",
  "/collections",
  "/collections/demo",
  "/collections/demo/items",
  ITEM,
  "/search",
  `${ITEM}/${TILE}.png`,
  `${ITEM}/${TILE}`,
  `/collections/demo/${TILE}.webp`,
  `/collections/demo/${TILE}@2x.npy`,
  `${ITEM}/preview.png`,
  `${ITEM}/preview/64x64.tif`,
  `${ITEM}/point/3.01,42.45`,
  "/collections/demo/point/3.01,42.45",
  "/collections/demo/dates",
  "/collections/demo/WebMercatorQuad/tilejson.json",
  "/collections/demo/WMTSCapabilities.xml",
  `${ITEM}/assets/tec`,
  "/searches",
  "/searches/list",
  "/colorMaps",
  "/colorMaps/viridis",
  "/readyz",
  "/metrics",
  "/viewer/viewer.js",
];
const DECLARED = ALL_ROUTES.flatMap(({ routes }) => routes).flatMap(({ parameters = [] }) => parameters);
const NAMES = [...new Set(DECLARED.map(({ name }) => name))];
const VALUES = [
  ...new Set(DECLARED.map(({ example }) => example)),
  "B04",
  "B04,B03,B02",
  "B08/B04",
  "(B08-B04)/(B08+B04)",
  "where(B08>B04,1,0)",
  "sqrt(",
  "((((((((((",
  "0,3000",
  "0,0",
  "nan,inf",
  "-1",
  "0",
  "1",
  "1e308",
  "99999999999999999999",
  "viridis",
  "constructor",
  "__proto__",
  "%00",
  "é",
  "",
  "2024-05-01",
  "2024-01-01/..",
  "../..",
  "ndvi",
  "first",
  "mean",
  "median",
  "tec",
  "nearest",
  "png",
  "npy",
  "tif",
  "json",
  "-180,-90,180,90",
  "3,42,3.1,42.5",
  "1,2,3",
  '{"type":"Point","coordinates":[3,42]}',
  "true",
  "gamma RGB 3",
  '{"1":"#ff0000"}',
  "a".repeat(3000),
  "+datetime",
  "16",
  "x=1 AND y=2",
  "id = 'a'",
  "(((id=1)))",
];
const BODIES: readonly (readonly [path: string, body: unknown])[] = [
  [
    "/search",
    {
      collections: ["demo"],
      bbox: [2, 41, 4, 43],
      limit: 5,
      datetime: "2024-01-01/..",
      sortby: [{ field: "datetime", direction: "asc" }],
    },
  ],
  [
    "/search",
    {
      intersects: {
        type: "Polygon",
        coordinates: [
          [
            [3, 42],
            [4, 42],
            [4, 43],
            [3, 42],
          ],
        ],
      },
      ids: ["scene-2024-05-01"],
    },
  ],
  ["/search", { filter: { op: "=", args: [{ property: "id" }, "a"] }, "filter-lang": "cql2-json" }],
  [
    "/collections/demo/statistics",
    {
      type: "Feature",
      properties: {},
      geometry: {
        type: "Polygon",
        coordinates: [
          [
            [3, 42.44],
            [3.02, 42.44],
            [3.02, 42.46],
            [3, 42.44],
          ],
        ],
      },
    },
  ],
  ["/searches/register", { collections: ["demo"], metadata: { name: "x" } }],
];

async function ask(path: string, init: RequestInit): Promise<Outcome> {
  const response = await fetch(`${await (url ??= start())}${path}`, {
    ...init,
    redirect: "manual",
    signal: AbortSignal.timeout(20_000),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status >= 500 && response.status !== 503)
    throw new Wrong(
      `${init.method ?? "GET"} ${path.slice(0, 400)} ${(typeof init.body === "string" ? init.body : "").slice(0, 600)}: ${response.status} ${bytes.toString("utf8", 0, 200)}`,
    );
  const length = response.headers.get("content-length");
  if (
    init.method !== "HEAD" &&
    length !== null &&
    response.headers.get("content-encoding") === null &&
    Number(length) !== bytes.length
  )
    throw new Wrong(`${path}: ${bytes.length} bytes, ${length} announced`);
  return response.status < 400 ? "taken" : "refused";
}

/** Paths and query parameters: whatever is asked, no 5xx. */
export const parameters: FuzzTarget = {
  name: "parameters",
  run(seed) {
    const dice = new Dice(seed);
    let path = dice.pick(PATHS);
    if (dice.chance(0.15)) {
      const parts = path.split("/");
      parts[dice.below(parts.length)] = encodeURIComponent(dice.pick(VALUES)).slice(0, 300);
      path = parts.join("/");
    }
    const query = Array.from({ length: dice.below(5) }, () => {
      const value = dice.chance(0.7)
        ? dice.pick(VALUES)
        : dice.pick(VALUES) + dice.pick([",", ";", "/", "", "-"]) + dice.pick(VALUES);
      return `${dice.pick(NAMES)}=${dice.chance(0.9) ? encodeURIComponent(value) : value.replaceAll(/[^\x21-\x7e]/g, "%")}`;
    }).join("&");
    const target = `${path.startsWith("/") ? path : `/${path}`}${query === "" ? "" : `?${query}`}`;
    return ask(target, dice.chance(0.05) ? { method: dice.pick(["HEAD", "DELETE", "PUT", "OPTIONS"]) } : {});
  },
};

/** Bodies of searches, statistics and registrations. */
export const bodies: FuzzTarget = {
  name: "bodies",
  run(seed) {
    const dice = new Dice(seed);
    const [path, body] = dice.pick(BODIES);
    let text = JSON.stringify(dice.chance(0.9) ? mutateJson(body, dice) : body) ?? "";
    if (dice.chance(0.1))
      text = text.slice(0, dice.below(text.length + 1)) + dice.pick(["", "}", '"', "\u0000", "]]]]"]);
    const type = dice.pick([
      "application/json",
      "application/json",
      "application/json; charset=utf-8",
      "text/plain",
      "application/geo+json",
      "application/x-www-form-urlencoded",
    ]);
    return ask(path, { method: "POST", body: text, headers: { "Content-Type": type } });
  },
};

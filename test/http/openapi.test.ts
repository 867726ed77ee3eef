import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import fc from "fast-check";
import { z } from "zod";
import { InvalidRequestError } from "../../src/core/errors.js";
import type { Parameter } from "../../src/core/parameter.js";
import { ALL_ROUTES } from "../../src/http/routes/all.js";
import { makeSceneCatalog, SCENE } from "../support/scene-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string }[];
}

let files: Workspace;
let server: TestServer;
const values = new Map([
  ["collection", SCENE.collection],
  ["item", "scene_2024-01-10"],
  ["tms", "WebMercatorQuad"],
  ["z", "12"],
  ["x", "2082"],
  ["y", "1513"],
  ["place", "3.02,42.43"],
  ["bounds", "3.005,42.43,3.02,42.44"],
  ["name", "B04"],
  ["render", "ndvi"],
  ["colormap", "viridis"],
  ["algorithm", "slope"],
]);

before(async () => {
  files = await createWorkspace();
  const catalog = await makeSceneCatalog(files);
  server = await startServer({ catalog, pixelThreads: 2, privateUrlHosts: ["127.0.0.1"] });
  const body = JSON.stringify({ collections: [SCENE.collection] });
  const response = await fetch(`${server.url}/searches/register`, { method: "POST", body });
  values.set("search", ((await response.json()) as { id: string }).id);
});
after(async () => {
  await server.close();
  await files.close();
});

const routes = ALL_ROUTES.flatMap((group) => group.routes);
const named = [...new Set(routes.flatMap(({ parameters = [] }) => parameters))];

test("the description is valid OpenAPI 3.1 and 3.0, and has every route with each of its parameters", async () => {
  for (const version of ["3.1", "3.0"]) {
    const response = await fetch(`${server.url}/api`, {
      headers: { Accept: `application/vnd.oai.openapi+json;version=${version}` },
    });
    const description = (await response.json()) as { paths: Record<string, Record<string, Operation>> };
    const validator = new Validator();
    const result = await validator.validate(structuredClone(description));
    assert.deepEqual(result, { valid: true }, JSON.stringify(result).slice(0, 2000));
    assert.equal(validator.version, version);
    const told = Object.entries(description.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { parameters = [] }]) => {
        assert.ok(
          parameters.every(({ description: text = "" }) => text !== ""),
          path,
        );
        const query = parameters.flatMap((one) => (one.in === "query" ? [one.name] : []));
        return `${method} ${path} ${query.toSorted().join(" ")}`;
      }),
    );
    const declared = routes.flatMap(({ method, paths, parameters = [] }) =>
      paths.map(
        (path) =>
          `${method} ${path} ${parameters
            .map(({ name }) => name)
            .toSorted()
            .join(" ")}`,
      ),
    );
    assert.deepEqual(told.toSorted(), declared.toSorted());
  }
});

/** What a route needs to get as far as its parameters; others are answered without any. */
const ASKED: Readonly<Record<string, string>> = {
  viridis: "f=png",
  wmts: "request=GetTile&tilematrix=12&tilerow=1513&tilecol=2082",
};

test("what a route declares is what its handler reads", async () => {
  let read = new Set<string>();
  for (const one of named) {
    const { of } = one;
    Object.assign(one, {
      of: (query: URLSearchParams) => {
        read.add(one.name);
        return of(query);
      },
    } satisfies Pick<Parameter, "of">);
  }
  const area = JSON.stringify({
    type: "Polygon",
    coordinates: [
      [
        [3.005, 42.445],
        [3.02, 42.445],
        [3.02, 42.43],
        [3.005, 42.445],
      ],
    ],
  });
  for (const { method, paths, parameters = [] } of routes) {
    if (parameters.length === 0) continue;
    read = new Set();
    const path = (paths[0] ?? "").replaceAll(/\{(\w+)\}/g, (_, name: string) => values.get(name) ?? "none");
    const item = `${server.url}/collections/${SCENE.collection}/items/scene_2024-01-10`;
    const url = path.startsWith("/stac/") ? item : path.startsWith("/cog/") ? `${item}/assets/tec` : "";
    const query = `${ASKED[path.split("/").at(-1) ?? ""] ?? ""}${url === "" ? "" : `&url=${encodeURIComponent(url)}`}`;
    const init = method === "get" ? {} : { method: "POST", body: /aggregate|search$/.test(path) ? "{}" : area };
    const response = await fetch(`${server.url}${path}?${query}`, init);
    assert.ok(response.status < 300, `${path}: ${response.status} ${await response.text()}`);
    const missing = parameters.filter(({ name }) => !read.has(name)).map(({ name }) => name);
    assert.deepEqual(missing, [], `${method} ${path} doesn't read`);
  }
});

test("each parameter takes its example, and any other text it takes or refuses by its name", () => {
  for (const one of named) {
    assert.notEqual(one.of(new URLSearchParams({ [one.name]: one.example })), undefined, one.name);
    assert.equal(one.of(new URLSearchParams({ [one.name]: "" })), undefined);
    const twice = [one.example, `${one.example} `].map((text) => [one.name, text]);
    const isList =
      one.schema instanceof z.ZodArray || (one.schema instanceof z.ZodPipe && one.schema.in instanceof z.ZodArray);
    if (!isList) assert.throws(() => one.of(new URLSearchParams(twice)), /is given twice, differently/, one.name);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+.,;:/\d|a-zA-Z[\]{}"]{0,20}$/)), (text) => {
        try {
          one.of(new URLSearchParams({ [one.name]: text }));
        } catch (error) {
          assert.ok(error instanceof InvalidRequestError, `${one.name}=${text}: ${String(error)}`);
        }
      }),
      { numRuns: 200 },
    );
  }
});

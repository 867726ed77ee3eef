import assert from "node:assert/strict";
import { get } from "node:http";
import { test, type TestContext } from "node:test";
import { Router } from "express";
import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import { tecJsonSchema } from "../../src/catalog/tec-extension.js";
import {
  CorruptDataError,
  InvalidRequestError,
  ModelError,
  NotFoundError,
  OverloadedError,
  UnsupportedError,
  UpstreamError,
} from "../../src/core/errors.js";
import type { HttpServices } from "../../src/http/http-services.js";
import { openApi } from "../../src/http/openapi.js";
import { ALL_ROUTES } from "../../src/http/routes/all.js";
import { requestSignal } from "../../src/http/signal.js";
import { temporaryFolder } from "../support/catalog-fixtures.js";
import { getJson, startApp } from "../support/http-app.js";

async function startServer(t: TestContext, services: Partial<HttpServices>): Promise<string> {
  return startApp(t, { catalog: await openFileCatalog(await temporaryFolder(t)), ...services });
}

const SECRET = "/home/someone/secret/model.onnx";

test("each kind of failure has its status, and 5xx tell nothing of the server's inside", async (t) => {
  const cases: readonly [unknown, number, string][] = [
    [new InvalidRequestError("z is -1; wanted 0 to 24"), 400, "invalid-request"],
    [new NotFoundError("Item a isn't there"), 404, "not-found"],
    [new UnsupportedError("CRS unknown"), 422, "unsupported"],
    [new CorruptDataError(SECRET, "checksum differs"), 500, "corrupt-data"],
    [new ModelError(`${SECRET} has a wrong sha256`), 500, "model"],
    [new UpstreamError(`${SECRET} can't be read`), 502, "upstream"],
    [new OverloadedError("64 tiles wait; wanted fewer"), 503, "overloaded"],
    [new TypeError(`undefined is not a function at ${SECRET}`), 500, "internal"],
    [SECRET, 500, "internal"],
  ];
  const logged: unknown[] = [];
  const router = Router();
  cases.forEach(([error], i) => router.get(`/${i}`, async () => Promise.reject(error as Error)));
  const base = await startServer(t, { routers: [{ path: "/fail", router }], onError: (error) => logged.push(error) });
  for (const [i, [error, status, code]] of cases.entries()) {
    const response = await fetch(`${base}/fail/${i}`);
    const text = await response.text();
    assert.equal(response.status, status, String(error));
    assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.equal(response.headers.get("retry-after"), status === 503 ? "1" : null);
    const problem = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual([problem["status"], problem["code"]], [status, code]);
    assert.doesNotMatch(text, /secret|\bat \S+:\d+/);
    if (status < 500) assert.equal(problem["detail"], (error as Error).message);
  }
  assert.deepEqual(
    logged,
    cases.filter(([, status]) => status >= 500).map(([error]) => error),
  );
});

test("a request's signal aborts when the client leaves, and not when it is answered", async (t) => {
  const signals: AbortSignal[] = [];
  const router = Router();
  router.get("/wait", (request, response) => void signals.push(requestSignal(request, response)));
  router.get("/answer", (request, response) => {
    signals.push(requestSignal(request, response));
    response.send("done");
  });
  const base = await startServer(t, { routers: [{ path: "/x", router }] });
  assert.equal(await (await fetch(`${base}/x/answer`)).text(), "done");
  const request = get(`${base}/x/wait`).on("error", () => undefined);
  while (signals.length < 2) await new Promise((resume) => setTimeout(resume, 5));
  assert.equal(signals[1]?.aborted, false);
  const aborted = new Promise((resolve) => signals[1]?.addEventListener("abort", resolve));
  request.destroy();
  await aborted;
  assert.match(String(signals[1]?.reason), /client left/);
  assert.equal(signals[0]?.aborted, false);
});

test("the API's description follows OpenAPI 3.1, or 3.0 where asked, with the routes of others", async (t) => {
  const group = { title: "Tiles", routes: [{ method: "get" as const, paths: ["/tiles/{z}"], summary: "A tile" }] };
  const base = await startServer(t, { title: "Maps", routers: [{ path: "/collections", router: Router(), group }] });
  const response = await fetch(`${base}/api`);
  assert.equal(
    response.headers.get("content-type")?.replaceAll(" ", ""),
    "application/vnd.oai.openapi+json;version=3.1;charset=utf-8",
  );
  const description = (await response.json()) as ReturnType<typeof openApi> & { info: { title: string } };
  assert.equal(description["openapi"], "3.1.0");
  assert.equal(description.info.title, "Maps");
  assert.ok("/collections/tiles/{z}" in description.paths);
  const older = await fetch(`${base}/api`, { headers: { Accept: "application/vnd.oai.openapi+json;version=3.0" } });
  assert.equal(((await older.json()) as { openapi: string }).openapi, "3.0.3");
});

test("the landing page leads to both descriptions, each of the version that its link says", async (t) => {
  const base = await startServer(t, {});
  const { json: landing } = await getJson(`${base}/`);
  const links = landing.links.filter(({ rel }) => rel === "service-desc");
  assert.deepEqual(
    await Promise.all(links.map(async ({ href }) => String((await getJson(href)).json["openapi"]).slice(0, 3))),
    ["3.1", "3.0"],
  );
});

test("every path parameter of the description is declared, and every reference leads somewhere", () => {
  for (const version of ["3.0", "3.1"] as const) {
    const groups = ALL_ROUTES.map((group) => ({ below: "/", group }));
    const description = openApi({ groups }, { version, base: "http://x" });
    for (const [path, operations] of Object.entries(description.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(operations) as {
        parameters?: { name: string; in: string; schema: object }[];
      }[]) {
        const declared = (operation.parameters ?? [])
          .filter((parameter) => parameter.in === "path")
          .map(({ name }) => name);
        assert.deepEqual(declared, named, path);
      }
    }
    const text = JSON.stringify(description);
    for (const [, reference = ""] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      let node: unknown = description;
      for (const key of reference.split("/")) node = (node as Record<string, unknown>)[key];
      assert.notEqual(node, undefined, reference);
    }
    const search = description.paths["/search"]?.["get"] as {
      parameters: { name: string; schema: { type: string } }[];
    };
    const bbox = search.parameters.find(({ name }) => name === "bbox");
    assert.equal(bbox?.schema.type, "array");
  }
});

test("the schema of the tec extension is served, to HEAD requests without its text", async (t) => {
  const base = await startServer(t, {});
  const response = await fetch(`${base}/extensions/tec/v1.0.0/schema.json`);
  assert.deepEqual(await response.json(), tecJsonSchema());
  const head = await fetch(`${base}/extensions/tec/v1.0.0/schema.json`, { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
});

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { makeDemoCatalog } from "../support/demo-catalog.js";
import { startProcess } from "../support/serve-process.js";

const PLUGIN = fileURLToPath(new URL("../../plugins/opentelemetry.js", import.meta.url));

const attribute = z.object({ key: z.string(), value: z.looseObject({}) });
/** OTLP's ExportTraceServiceRequest as JSON, as far as it is looked at here. */
const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              kind: z.int(),
              startTimeUnixNano: z.coerce.bigint(),
              endTimeUnixNano: z.coerce.bigint(),
              attributes: z.array(attribute),
              status: z.looseObject({ code: z.int().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});
type Span = z.infer<typeof exported>["resourceSpans"][number]["scopeSpans"][number]["spans"][number];

const SERVER = 2;

/** A collector: what it got, and where it listens. */
async function startCollector(t: TestContext): Promise<{ url: string; spans: Span[]; services: Set<string> }> {
  const spans: Span[] = [];
  const services = new Set<string>();
  const server = createServer(async (request, response) => {
    for (const { resource, scopeSpans } of exported.parse(await json(request)).resourceSpans) {
      const named = resource.attributes.find(({ key }) => key === "service.name");
      services.add(String(named?.value["stringValue"]));
      spans.push(...scopeSpans.flatMap((scope) => scope.spans));
    }
    response.setHeader("content-type", "application/json").end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, services };
}

const valueOf = ({ attributes }: Span, name: string): unknown =>
  Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0];

test("a collector gets each request under its caller's trace, and what threads did for it below it", async (t) => {
  const collector = await startCollector(t);
  const demo = await makeDemoCatalog(t, ["2024-05-01T10:00:00Z", "2024-05-06T10:00:00Z"]);
  const server = await startProcess(["--catalog", demo.folder, "--plugin", PLUGIN], {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  });
  t.after(() => server.kill());
  const ask = async (path: string, flags = "01"): Promise<{ trace: string; caller: string; status: number }> => {
    const [trace, caller] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
    const response = await fetch(server.url + path, { headers: { traceparent: `00-${trace}-${caller}-${flags}` } });
    await response.arrayBuffer();
    return { trace, caller, status: response.status };
  };
  const tiles = demo.items.map((item) => `/collections/demo/items/${item}/tiles/WebMercatorQuad/${demo.tile}.png?a=b`);
  // Side by side, so that tasks of one could come under the other.
  const [first, second] = await Promise.all([ask(tiles[0] ?? ""), ask(tiles[1] ?? "")]);
  const missing = await ask("/collections/demo/items/none");
  const unsampled = await ask("/collections", "00");
  server.child.kill("SIGTERM");
  assert.equal(await server.exited, 0, server.log());

  assert.deepEqual([...collector.services], ["tectile"]);
  const spansOf = ({ trace }: { trace: string }): readonly Span[] =>
    collector.spans.filter(({ traceId }) => traceId === trace);
  assert.deepEqual(spansOf(unsampled), []);
  for (const request of [first, second]) {
    const spans = spansOf(request);
    const [root, ...more] = spans.filter(({ kind }) => kind === SERVER);
    assert.ok(root !== undefined && more.length === 0, spans.map(({ name, kind }) => `${kind} ${name}`).join(", "));
    assert.equal(root.parentSpanId, request.caller);
    assert.match(root.name, /^GET \/collections\/:\w+\/items\/:\w+\/tiles\//);
    assert.equal(Number(valueOf(root, "http.response.status_code")), 200);
    assert.equal(valueOf(root, "url.query"), "a=b");
    const tasks = spans.filter(({ kind }) => kind !== SERVER);
    assert.ok(tasks.some(({ name }) => name === "pixel/compose"));
    const slack = 5_000_000n;
    for (const task of tasks) {
      assert.equal(task.parentSpanId, root.spanId);
      assert.ok(task.startTimeUnixNano >= root.startTimeUnixNano - slack, task.name);
      assert.ok(task.endTimeUnixNano <= root.endTimeUnixNano + slack, task.name);
    }
  }
  for (const stage of ["pixel/decode", "network/synthesise"])
    assert.ok(
      collector.spans.some(({ name }) => name === stage),
      stage,
    );
  const [refused] = spansOf(missing);
  assert.deepEqual([missing.status, Number(refused && valueOf(refused, "http.response.status_code"))], [404, 404]);
  assert.notEqual(refused?.status.code, 2);
});

test("a collector that isn't there costs no request, nor the end", async (t) => {
  const demo = await makeDemoCatalog(t);
  const server = await startProcess(["--catalog", demo.folder, "--plugin", PLUGIN], {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_TIMEOUT: "500",
  });
  t.after(() => server.kill());
  assert.equal((await fetch(`${server.url}/collections`)).status, 200);
  server.child.kill("SIGTERM");
  assert.equal(await server.exited, 0, server.log());
});

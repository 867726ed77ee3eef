import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, readFile, rename, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SCENE } from "../support/scene-catalog.js";
import { startProcess } from "../support/serve-process.js";
import { useSceneServer } from "../support/scene-server.js";

const server = useSceneServer();

async function metrics(): Promise<string> {
  return (await fetch(`${server.url}/metrics`)).text();
}

/** The value of a series, labels in any order. */
function valueOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  for (const line of text.split("\n")) {
    const [, found, inner = "", value] = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (found === name && Object.entries(labels).every(([key, one]) => inner.includes(`${key}="${one}"`)))
      return Number(value);
  }
  return undefined;
}

test("metrics tell requests by route and status, durations of requests and stages, pools and the build", async () => {
  const tile = `/collections/${SCENE.collection}/tiles/WebMercatorQuad/12/2082/1513.png`;
  for (const path of [tile, tile, `${tile}?assets=none`, "/nowhere", "/a/b/c/__proto__"])
    await (await fetch(`${server.url}${path}`)).arrayBuffer();
  await sleep(20);
  const text = await metrics();
  assert.equal(valueOf(text, "tectile_requests_total", { route: "collection-tile", method: "GET", status: "200" }), 2);
  assert.equal(valueOf(text, "tectile_requests_total", { route: "collection-tile", status: "400" }), 1);
  assert.equal(valueOf(text, "tectile_requests_total", { route: "other", status: "404" }), 2);
  assert.equal(valueOf(text, "tectile_request_duration_seconds_count", { route: "collection-tile" }), 3);
  assert.equal(valueOf(text, "tectile_request_duration_seconds_bucket", { route: "collection-tile", le: "+Inf" }), 3);
  assert.ok((valueOf(text, "tectile_stage_duration_seconds_count", { stage: "network/synthesise" }) ?? 0) >= 1);
  assert.ok((valueOf(text, "tectile_stage_waiting_seconds_count", { stage: "pixel/decode" }) ?? 0) >= 1);
  assert.ok((valueOf(text, "tectile_pool_threads", { pool: "pixels" }) ?? 0) >= 1);
  assert.equal(valueOf(text, "tectile_build_info"), 1);
  assert.ok(Math.abs((valueOf(text, "process_start_time_seconds") ?? 0) - Date.now() / 1000) < 3600);
});

test("the format is Prometheus's: one head a family, no family twice, buckets that grow, and promtool agrees", async (t) => {
  const text = await metrics();
  const lines = text.trimEnd().split("\n");
  const families = new Set<string>();
  let [family, type] = ["", ""];
  for (const line of lines) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) ([a-z_0-9]+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      assert.ok(!families.has(name), `${name} twice`);
      families.add(name);
      family = name;
    } else if (kind === "TYPE") {
      assert.equal(name, family);
      type = rest;
      assert.equal(name.endsWith("_total"), type === "counter", name);
    } else {
      const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      const sample = /^([a-z_0-9]+)(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)+\})? (?:\S+)$/.exec(line)?.[1];
      assert.ok(
        suffixes.some((suffix) => sample === family + suffix),
        line,
      );
    }
  }
  assert.doesNotMatch(text, /_(ms|milliseconds|kb|mb)\b/);
  const promtool = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  if (promtool.error !== undefined) return t.diagnostic("promtool is not installed");
  assert.equal(promtool.status, 0, promtool.stderr);
});

test("liveness and readiness are apart: a lost catalog is not ready, and is again when it comes back", async () => {
  const status = async (path: string): Promise<number> => (await fetch(`${server.url}${path}`)).status;
  assert.deepEqual([await status("/livez"), await status("/readyz"), await status("/healthz")], [200, 200, 200]);
  await rename(`${server.catalog}/catalog.json`, `${server.catalog}/catalog.away`);
  await sleep(1100);
  assert.deepEqual([await status("/livez"), await status("/readyz")], [200, 503]);
  await rename(`${server.catalog}/catalog.away`, `${server.catalog}/catalog.json`);
  await sleep(1100);
  assert.deepEqual([await status("/livez"), await status("/readyz"), await status("/healthz")], [200, 200, 200]);
});

test("a line for every item left out, at the start and when the catalog changes, and for the end", async (t) => {
  const folder = server.files.path("torn-catalog");
  await cp(server.catalog, folder, { recursive: true });
  const place = (date: string): string => `${folder}/${SCENE.collection}/scene_${date}/scene_${date}.json`;
  await writeFile(place("2024-01-10"), "{");
  const child = await startProcess(["--catalog", folder]);
  t.after(() => child.kill());
  const logged = async (pattern: RegExp): Promise<void> => {
    for (let i = 0; i < 200 && !pattern.test(child.log()); i++) await sleep(50);
    assert.match(child.log(), pattern);
  };
  await logged(/scene_2024-01-10\.json is left out of the catalog: .*not a JSON object/);
  await logged(/"items":2,/);
  // As another writer's accident would: the item and its collection's link change.
  await writeFile(place("2024-04-10"), '{"type":"Feature"}');
  const listing = `${folder}/${SCENE.collection}/collection.json`;
  await writeFile(
    listing,
    (await readFile(listing, "utf8")).replaceAll('"file:checksum": "12', '"file:checksum": "13'),
  );
  await logged(/scene_2024-04-10\.json is left out of the catalog: .*not an item that Tectile can serve/);
  child.child.kill("SIGTERM");
  assert.equal(await child.exited, 0);
  assert.match(child.log(), /"signal":"SIGTERM".*closing/);
  assert.match(child.log(), /"cut":0,.*"closed"/);
});

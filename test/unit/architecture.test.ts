import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../../../src/", import.meta.url));
const RANK: Readonly<Record<string, number>> = {
  core: 0,
  geo: 1,
  store: 1,
  model: 1,
  container: 2,
  codec: 2,
  catalog: 2,
  render: 2,
  tile: 3,
  ingest: 3,
  app: 4,
  http: 5,
  viewer: 5,
  cli: 6,
};
const CONFINED: Readonly<Record<string, RegExp>> = {
  compression: /^http\/compress\.ts/,
  express: /^(http\/|cli\/serve\.ts|index\.ts|plugin\.ts)/,
  "onnxruntime-node": /^model\/session\.ts/,
  sharp: /^render\/encode-image\.ts/,
  "@asteasolutions/zod-to-openapi": /^http\/openapi\.ts/,
  proj4: /^geo\/crs/,
  geotiff: /^(container|ingest)\//,
  "epsg-index": /^geo\/crs-definition\.ts/,
  "@cornerstonejs/codec-openjpeg": /^ingest\/openjpeg/,
  "fast-xml-parser": /^ingest\/source-xml\.ts/,
  "stac-js": /^catalog\//,
  jsts: /^catalog\/cql2\/shapes\.ts/,
  "@mapbox/tilebelt": /^geo\//,
  pino: /^((cli|http)\/|index\.ts)/,
  "maplibre-gl": /^viewer\//,
  mediabunny: /^viewer\/film\.ts/,
  "topojson-client": /^viewer\/world\.ts/,
};

const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".ts") && !name.startsWith(join("codec", "assembly")),
);
const imports = sources.flatMap((file) =>
  [...readFileSync(SRC + file, "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, from = ""]) => ({
    file,
    from,
  })),
);

test("a room imports only from lower ranks, and never from a room of its own rank", () => {
  assert.ok(imports.length > 200);
  for (const { file, from } of imports) {
    const room = file.split("/")[0] ?? "";
    if (!from.startsWith("../") || RANK[room] === undefined) continue;
    const target = join(file, "..", from).split("/")[0] ?? "";
    if (target === room) continue;
    assert.ok((RANK[target] ?? 9) < RANK[room], `src/${file} imports ${from}`);
    assert.ok(room !== "viewer", `src/${file}: the viewer runs in browsers and imports nothing of ours`);
  }
});

test("each third-party package is imported only where it belongs", () => {
  for (const { file, from } of imports) {
    if (from.startsWith(".") || from.startsWith("node:")) continue;
    const name = from.startsWith("@") ? from.split("/").slice(0, 2).join("/") : (from.split("/")[0] ?? from);
    const where = CONFINED[name];
    if (where !== undefined) assert.match(file, where, `src/${file} imports ${from}`);
  }
});

test("process.env and argv are read only in app/config.ts, cli/ and worker entry points", () => {
  for (const file of sources) {
    if (/^(app\/config\.ts|cli\/|model\/probe\.ts)/.test(file)) continue;
    assert.doesNotMatch(readFileSync(SRC + file, "utf8"), /process\.(env|argv)\b/, `src/${file}`);
  }
});

test("there are no barrels inside rooms", () => {
  assert.deepEqual(
    sources.filter((file) => file.endsWith("/index.ts")),
    [],
  );
});

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeMosaicCatalog, placeAt } from "../support/mosaic-catalog.js";
import { readNpy } from "../support/npy.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const CHECK = fileURLToPath(new URL("../../../test/clients/feature_check.py", import.meta.url));
const ITEM = "/collections/place/items/place_2024-02-10";
const run = promisify(execFile);

let files: Workspace;
let server: TestServer;
let search: string;

before(async () => {
  files = await createWorkspace();
  server = await startServer({ catalog: await makeMosaicCatalog(files) });
  const registered = await post("/searches/register", { collections: ["place"] });
  search = `/searches/${((await registered.json()) as { id: string }).id}`;
});
after(async () => {
  await server.close();
  await files.close();
});

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(server.url + path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });

type Ring = (readonly [number, number])[];

/** A ring through pixels of the item's grid. */
const ring = (...pixels: (readonly [number, number])[]): Ring =>
  [...pixels, pixels[0] ?? [0, 0]].map(([x, y]) => [...placeAt(x, y)] as const);

const TRIANGLE = { type: "Polygon", coordinates: [ring([70.3, 20.2], [120.7, 60.4], [80.1, 110.9])] };
const WITH_HOLE = {
  type: "Polygon",
  coordinates: [ring([60, 60], [100, 60], [100, 100], [60, 100]), ring([70, 70], [90, 72], [88, 90])],
};
const TWO = { type: "MultiPolygon", coordinates: [TRIANGLE.coordinates, [ring([20, 20], [40, 22], [30, 45])]] };

/** Values and mask (255 or 0) of an npy. */
async function planes(bytes: Uint8Array): Promise<{ values: number[]; mask: number[]; size: readonly number[] }> {
  const { at, width, height } = readNpy(bytes);
  const plane = (p: number): number[] =>
    Array.from({ length: width * height }, (_, i) => at(p, Math.floor(i / width), i % width));
  return { values: plane(0), mask: plane(1).map((value) => (value === 0 ? 0 : 1)), size: [width, height] };
}

async function feature(path: string, body: unknown): Promise<Awaited<ReturnType<typeof planes>>> {
  const response = await post(path, body);
  assert.equal(response.status, 200, `${path}: ${response.status === 200 ? "" : await response.text()}`);
  return planes(new Uint8Array(await response.arrayBuffer()));
}

test("features are as rio-tiler cuts them: size, values, and every pixel that the shape touches", async (t) => {
  const there = await run(PYTHON, ["-c", "import rio_tiler"]).catch(() => undefined);
  if (there === undefined) return t.skip("rio-tiler is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  const { href } = await server.services.catalog.item("place", "place_2024-02-10");
  const decoded = files.path("decoded.tif");
  assert.equal((await runCli(["decode", href, decoded])).code, 0);
  const cases: readonly (readonly [geometry: object, path: string, query: string, options: object])[] = [
    [TRIANGLE, "feature.npy", "", {}],
    [{ type: "Feature", properties: null, geometry: WITH_HOLE }, "feature.npy", "", {}],
    [TWO, "feature.npy", "dst_crs=EPSG:32631", { dst_crs: "EPSG:32631" }],
    [TRIANGLE, "feature/90x70.npy", "dst_crs=EPSG:3857", { dst_crs: "EPSG:3857", width: 90, height: 70 }],
    [TWO, "feature", "format=npy&max_size=40", { max_size: 40 }],
  ];
  const asked = cases.map(([geometry, , , options], i) => [
    "geometry" in geometry ? geometry.geometry : geometry,
    options,
    files.path(`feature-${i}.npy`),
  ]);
  await run(PYTHON, [CHECK, decoded, JSON.stringify(asked)]);
  for (const [i, [geometry, path, query, options]] of cases.entries()) {
    const ours = await feature(`${ITEM}/${path}?assets=B08&${query}`, geometry);
    const theirs = await planes(new Uint8Array(await readFile(files.path(`feature-${i}.npy`))));
    const what = `${path}?${query}`;
    assert.deepEqual(ours.size, theirs.size, what);
    const inside = ours.mask.filter((one) => one === 1).length;
    assert.ok(inside > 100 && inside < ours.mask.length, `${what}: ${inside} of ${ours.mask.length} inside`);
    const apart = ours.mask.filter((one, i) => one !== theirs.mask[i]).length;
    assert.ok(apart <= 2, `${what}: ${apart} of ${ours.mask.length} pixels inside one of both only`);
    const off = ours.values.map((value, i) => (ours.mask[i] === 1 ? Math.abs(value - (theirs.values[i] ?? 0)) : 0));
    // Overviews differ where a picture is coarser than the image.
    const most = "max_size" in options ? 400 : 8;
    assert.ok(Math.max(...off) <= most, `${what}: ${Math.max(...off)} digital numbers apart`);
  }
});

test("features of collections and searches, in every format, with ETags of their own", async () => {
  const whole = await feature(`${ITEM}/feature.npy?assets=B08`, TRIANGLE);
  for (const root of ["/collections/place", search]) {
    const path = `${root}/feature.npy?assets=B08&datetime=2024-02-10`;
    assert.deepEqual((await feature(path, TRIANGLE)).mask, whole.mask, root);
    const fill = await feature(`${root}/feature.npy?assets=B08&inpaint=nearest&pixel_selection=clear_newest`, TRIANGLE);
    assert.deepEqual(fill.mask, whole.mask, `${root} filled`);
    assert.deepEqual((await feature(`${root}/feature.npy?assets=B08&pixel_selection=best`, TRIANGLE)).mask, whole.mask);
  }
  const tags = new Set<string | null>();
  for (const [body, format] of [
    [TRIANGLE, "png"],
    [WITH_HOLE, "png"],
    [TRIANGLE, "webp"],
    [TRIANGLE, "jpg"],
    [TRIANGLE, "tif"],
  ] as const) {
    const response = await post(`${ITEM}/feature.${format}`, body);
    assert.equal(response.status, 200, format);
    assert.match(response.headers.get("content-type") ?? "", new RegExp(format === "jpg" ? "jpeg" : format));
    assert.ok((await response.arrayBuffer()).byteLength > 300);
    tags.add(response.headers.get("etag"));
  }
  assert.equal(tags.size, 5);
});

test("a shape in another CRS is the same shape", async () => {
  const utm = { type: "Polygon", coordinates: [UTM] };
  const degrees = { type: "Polygon", coordinates: [ring([60, 60], [100, 60], [80, 100])] };
  const [one, other] = await Promise.all([
    feature(`${ITEM}/feature.npy?assets=B08&coord_crs=EPSG:32631`, utm),
    feature(`${ITEM}/feature.npy?assets=B08&dst_crs=EPSG:32631`, degrees),
  ]);
  assert.deepEqual(one.size, [40, 40]);
  assert.ok(Math.abs((one.size[0] ?? 0) - (other.size[0] ?? 0)) <= 1);
  const inside = (of: { readonly mask: readonly number[] }): number => of.mask.filter((m) => m === 1).length;
  assert.ok(Math.abs(inside(one) - inside(other)) <= 40, `${inside(one)}, ${inside(other)}`);
});

const UTM = [
  [500_600, 4_699_400],
  [501_000, 4_699_400],
  [500_800, 4_699_000],
  [500_600, 4_699_400],
];

test("what is no shape, too large, or too long is one clear refusal", async () => {
  const cases: readonly (readonly [path: string, body: unknown, status: number, detail: RegExp])[] = [
    ["feature.png", { type: "Point", coordinates: [3, 42] }, 400, /body is Point; wanted a GeoJSON Polygon/],
    ["feature.png", { type: "FeatureCollection", features: [] }, 400, /body is FeatureCollection; wanted/],
    ["feature.png", [], 400, /wanted a GeoJSON Polygon/],
    ["feature.png", "{", 400, /isn't JSON/],
    ["feature.png", { type: "Polygon", coordinates: [[[3, 42]]] }, 400, /4 positions or more/],
    [
      "feature.png",
      {
        type: "Polygon",
        coordinates: [
          [
            [3, 42],
            [3, 42],
            [3, 42],
            [3, 42],
          ],
        ],
      },
      400,
      /no area/,
    ],
    ["feature/40000x25000.png", TRIANGLE, 400, /40000 x 25000 pixels are too many/],
    ["feature/40000x25000.tif", TRIANGLE, 400, /40000 x 25000 pixels are too many/],
    ["feature.bmp", TRIANGLE, 400, /Format "bmp" is not known/],
    ["feature.png", JSON.stringify(TRIANGLE) + " ".repeat(100_000_000), 413, /too large; wanted at most 1 MB/],
  ];
  for (const [path, body, status, detail] of cases) {
    const response = await post(`${ITEM}/${path}`, body);
    assert.equal(response.status, status, path);
    assert.match(((await response.json()) as { detail: string }).detail, detail, path);
  }
  const get = await fetch(`${server.url}${ITEM}/feature.png`);
  assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST, OPTIONS"]);
});

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as zarr from "zarrita";
import { openTecCog } from "../../src/index.js";
import { SIDE } from "../support/mosaic-catalog.js";
import { useMosaicServer } from "../support/scene-server.js";

const server = useMosaicServer();
const run = promisify(execFile);
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";

interface Node {
  readonly node_type: string;
  readonly shape?: readonly number[];
  readonly fill_value?: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly consolidated_metadata?: { readonly metadata: Readonly<Record<string, Node>> };
}

async function node(path: string): Promise<Node> {
  const response = await fetch(`${server.url}${path}`);
  assert.equal(response.status, 200, path);
  return (await response.json()) as Node;
}

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}${path}`, { headers });

test("every array's own document is the one in the consolidated metadata, and chunks are as long as it says", async () => {
  const store = "/collections/place/zarr";
  const root = await node(`${store}/zarr.json`);
  assert.equal(root.node_type, "group");
  const arrays = Object.entries(root.consolidated_metadata?.metadata ?? {}).filter(
    ([name]) => !/^(inpaint|month|quarter|year)/.test(name),
  );
  assert.deepEqual(arrays.map(([name]) => name).slice(11), ["B12", "scl", "time", "y", "x", "spatial_ref"]);
  for (const [name, array] of arrays) {
    assert.deepEqual(await node(`${store}/${name}/zarr.json`), array, name);
    const shape = array.shape ?? [];
    const chunk = await get(`${store}/${name}/c${shape.map(() => "/0").join("")}`);
    assert.equal(chunk.status, 200, name);
    const bytes = { scl: 65_536, time: 32, y: 8 * SIDE, x: 8 * SIDE, spatial_ref: 4 }[name] ?? 131_072;
    assert.equal((await chunk.arrayBuffer()).byteLength, bytes, name);
  }
});

test("items that lie side by side are one grid, and a date's pixel is the first valid one", async () => {
  const root = await node("/collections/pair/zarr/zarr.json");
  const { B04, x } = root.consolidated_metadata?.metadata ?? {};
  // Two items of one instant, half over one another.
  assert.deepEqual([B04?.shape, x?.shape], [[1, SIDE, (3 * SIDE) / 2], [(3 * SIDE) / 2]]);
  const chunk = new Uint16Array(await (await get("/collections/pair/zarr/B04/c/0/0/0")).arrayBuffer());
  const { items } = await server.services.catalog.search({ collections: ["pair"], limit: 2 });
  for (const [place, item] of items.entries()) {
    const image = await openTecCog(item.href, { decoder: server.services });
    const { samples } = await image.readWindow({ x: 0, y: 0, width: SIDE, height: SIDE }, { bands: ["B04"] });
    const left = item.id.endsWith("b") ? SIDE / 2 : 0;
    for (const column of [0, 40, 70, 100, SIDE - 1]) {
      const covered = place > 0 && column + left >= SIDE / 2 && column + left < SIDE;
      if (!covered)
        assert.equal(
          chunk[10 * 256 + left + column],
          Math.round(samples[10 * SIDE + column] ?? -1),
          `${item.id} ${column}`,
        );
    }
  }
  assert.equal(chunk[10 * 256 + (3 * SIDE) / 2], B04?.fill_value);
});

test("grids that differ are groups, each with its own CRS", async () => {
  const root = await node("/collections/zones/zarr/zarr.json");
  const names = root.attributes["cubes"] as string[];
  assert.deepEqual(names.toSorted(), ["EPSG_32631_10", "EPSG_32632_10"]);
  for (const name of names) {
    const group = await node(`/collections/zones/zarr/${name}/zarr.json`);
    assert.equal(group.attributes["proj:code"], name.replace("_10", "").replace("_", ":"));
    const inner = group.consolidated_metadata?.metadata ?? {};
    assert.deepEqual(root.consolidated_metadata?.metadata[`${name}/B04`], inner["B04"]);
    assert.equal((await get(`/collections/zones/zarr/${name}/B04/c/0/0/0`)).status, 200);
  }
  assert.equal((await get("/collections/zones/zarr/B04/c/0/0/0")).status, 404);
});

test("zarrita reads a cube, and beside it the same dates without their clouds, which say what is inferred", async () => {
  const store = zarr.root(new zarr.FetchStore(`${server.url}/collections/place/zarr`));
  const read = async (path: string): Promise<{ shape: readonly number[]; data: ArrayLike<number> }> => {
    const array = await zarr.open(store.resolve(path), { kind: "array" });
    const { data, shape } = await zarr.get(array);
    return { shape, data: data as ArrayLike<number> };
  };
  const group = await zarr.open(store.resolve("inpaint"), { kind: "group" });
  assert.match(String(group.attrs["comment"]), /inferred/);
  const [seen, filled, inferred, scl] = await Promise.all(["B04", "inpaint/B04", "inpaint/inferred", "scl"].map(read));
  assert.deepEqual([filled?.shape, inferred?.shape], [seen?.shape, seen?.shape]);
  // 10 February: clouds in the west.
  const at = (row: number, column: number): number => (SIDE + row) * SIDE + column;
  const [cloud, clear] = [at(60, 20), at(60, 110)];
  assert.deepEqual([scl?.data[cloud], scl?.data[clear]], [9, 4]);
  assert.ok(Number(inferred?.data[cloud]) > 0 && inferred?.data[clear] === 0);
  assert.ok(Number(seen?.data[cloud]) > 8000, "the cloud as it was seen");
  assert.ok(Math.abs(Number(filled?.data[cloud]) - 2000) < 1200, `${filled?.data[cloud]} under the cloud`);
  const wrong = Array.from({ length: SIDE * SIDE }, (_, i) => SIDE * SIDE + i).filter(
    (i) => inferred?.data[i] === 0 && filled?.data[i] !== seen?.data[i],
  );
  assert.equal(wrong.length, 0, "what was seen is as it was seen");
  assert.equal((await get("/collections/place/zarr/inpaint/scl/zarr.json")).status, 404);
  assert.equal((await get("/collections/place/zarr/inpaint/B04/c/9/0/0")).status, 404);
  assert.equal((await get("/collections/place/zarr/inpaint/inpaint/zarr.json")).status, 404);
});

test("the clear pixels of each month, quarter and year are merged when they are read, and say which dates they are of", async () => {
  const store = zarr.root(new zarr.FetchStore(`${server.url}/collections/place/zarr`));
  const read = async (path: string): Promise<{ shape: readonly number[]; data: ArrayLike<number | bigint> }> => {
    const { data, shape } = await zarr.get(await zarr.open(store.resolve(path), { kind: "array" }));
    return { shape, data: data as ArrayLike<number | bigint> };
  };
  const [dates, year, month, source, scl, bounds] = await Promise.all(
    ["B04", "year/B04", "month/B04", "year/source", "year/scl", "month/time_bounds"].map(read),
  );
  // In April all was cloud: no mosaic.
  assert.deepEqual(
    [year?.shape, month?.shape],
    [
      [1, SIDE, SIDE],
      [3, SIDE, SIDE],
    ],
  );
  const utc = (text: string): bigint => BigInt(Date.parse(`${text}T00:00:00Z`));
  const months = [utc("2024-01-01"), utc("2024-02-01"), utc("2024-02-01"), utc("2024-03-01")];
  assert.deepEqual(Array.from(bounds?.data ?? []).slice(0, 4), months);
  const plane = SIDE * SIDE;
  const seen = (date: number, i: number): number => Number(dates?.data[date * plane + i]);
  // Clear on 10 January alone; on it and one other date; on all three.
  for (const [row, column, clear] of [
    [20, 20, [0]],
    [100, 20, [0, 2]],
    [20, 100, [0, 1]],
    [100, 100, [0, 1, 2]],
  ] as const) {
    const i = row * SIDE + column;
    const values = clear.map((date) => seen(date, i)).toSorted((a, b) => a - b);
    const wanted =
      ((values.at(Math.floor((values.length - 1) / 2)) ?? 0) + (values.at(Math.floor(values.length / 2)) ?? 0)) / 2;
    assert.ok(Math.abs(Number(year?.data[i]) - wanted) <= 0.5, `${row}, ${column}: ${year?.data[i]}, wanted ${wanted}`);
    assert.equal(scl?.data[i], 4);
    assert.equal(source?.data[i], clear.length === 1 ? 1 + clear[0] : 65_535, `${row}, ${column}`);
  }
  const februaryCloud = plane + 20 * SIDE + 20;
  assert.deepEqual(
    [month?.data[februaryCloud], Number(month?.data[februaryCloud + 80])],
    [65_535, seen(1, 20 * SIDE + 100)],
  );
  assert.equal((await get("/collections/place/zarr/month/B04/c/3/0/0")).status, 404);
  assert.equal((await get("/collections/place/zarr/week/B04/c/0/0/0")).status, 404);
  // One date has nothing to merge.
  assert.equal((await get("/collections/pair/zarr/month/zarr.json")).status, 404);
});

test("a year is the median that numpy makes of its dates", async (t) => {
  const there = await run(PYTHON, ["-c", "import xarray, zarr, aiohttp"]).catch(() => undefined);
  if (there === undefined)
    return t.skip("xarray, zarr and aiohttp are not installed; TECTILE_TEST_PYTHON names a Python that has them");
  const script = fileURLToPath(new URL("../../../test/clients/zarr_year_check.py", import.meta.url));
  const { stdout } = await run(PYTHON, [script, `${server.url}/`, "place"]);
  assert.match(stdout, /^the median of 4 dates/);
});

test("a registered search is a store of what it finds", async () => {
  const registered = await fetch(`${server.url}/searches/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ collections: ["place"], datetime: "2024-02-01/2024-03-31" }),
  });
  const { id } = (await registered.json()) as { id: string };
  const root = await node(`/searches/${id}/zarr/zarr.json`);
  assert.deepEqual(root.consolidated_metadata?.metadata["B04"]?.shape, [2, SIDE, SIDE]);
});

test("keys that don't exist are 404 with a sentence, a kept chunk is 304", async () => {
  const store = "/collections/place/zarr";
  for (const key of [
    "B10/zarr.json",
    "B04/c/4/0/0",
    "B04/c/0/1/0",
    "B04/c/0/0",
    "B04/c/0/0/0/0",
    "B04/c/-1/0/0",
    "B04/c/00/0/0",
    "B04/c/0/0/99999999999999999999",
    "B04/0.0.0",
    ".zgroup",
    "time/c/1",
    "c/0/0/0",
  ]) {
    const response = await get(`${store}/${key}`);
    assert.equal(response.status, 404, key);
    assert.match(((await response.json()) as { detail: string }).detail, /^".+" isn't a/, key);
  }
  assert.equal((await get("/collections/nowhere/zarr/zarr.json")).status, 404);
  const chunk = await get(`${store}/B04/c/0/0/0`);
  const etag = chunk.headers.get("etag") ?? "";
  assert.match(etag, /^"/);
  assert.equal((await get(`${store}/B04/c/0/0/0`, { "If-None-Match": etag })).status, 304);
  assert.notEqual((await get(`${store}/B04/c/1/0/0`)).headers.get("etag"), etag);
  const part = await get(`${store}/B04/c/0/0/0`, { Range: "bytes=2-5" });
  assert.deepEqual([part.status, part.headers.get("content-range")], [206, "bytes 2-5/131072"]);
  assert.deepEqual(new Uint8Array(await part.arrayBuffer()), new Uint8Array(await chunk.arrayBuffer()).subarray(2, 6));
});

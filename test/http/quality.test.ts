import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { openTecCog } from "../../src/app/open-tec-cog.js";
import { readTecCog } from "../../src/container/tec-cog-reader.js";
import { openByteSource } from "../../src/store/byte-source.js";
import { DATED_SIZE, writeDatedScene } from "../support/dated-scenes.js";
import { startRangeServer, type RangeServer } from "../support/range-server.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const WHOLE = { x: 0, y: 0, width: DATED_SIZE, height: DATED_SIZE };
let files: Workspace;
let server: TestServer;
let ranges: RangeServer;
/** The bytes of the FlexTEC item, and where its only full-resolution chunk lies in it. */
let stored: Uint8Array;
let chunk: { readonly offset: number; readonly length: number };

before(async () => {
  files = await createWorkspace();
  const catalog = files.path("catalog");
  for (const [entropy, date] of [
    ["flextec", "2024-01-05"],
    ["fp", "2024-02-05"],
  ] as const) {
    const source = await writeDatedScene(files, date);
    const run = await runCli([
      "ingest",
      source,
      "--catalog",
      catalog,
      "--collection",
      entropy,
      "--entropy",
      entropy,
      "--masks",
      "given",
    ]);
    assert.equal(run.code, 0, run.stderr);
  }
  const path = `${catalog}/flextec/place_2024-01-05/place_2024-01-05.tif`;
  stored = Uint8Array.from(await readFile(path));
  const source = await openByteSource(path);
  const [level] = (await readTecCog(source)).levels;
  await source.close();
  chunk = { offset: level?.offsets[0] ?? 0, length: level?.lengths[0] ?? 0 };
  ranges = await startRangeServer();
  server = await startServer({ catalog, sessions: 1 });
});
after(async () => {
  await server.close();
  await ranges.close();
  await files.close();
});

/** Reads the image over HTTP: its samples, and the chunk's requests as [first byte, last byte]. */
async function readOverHttp(name: string, quality?: number): Promise<{ samples: Float32Array; asked: number[][] }> {
  const image = await openTecCog(`${ranges.origin}${name}`, { sessions: 1 });
  const before = ranges.requests.length;
  const { samples } = await image.readWindow(WHOLE, { bands: ["B04"], quality });
  const asked = ranges.requests
    .slice(before)
    .map((line) => (/bytes=(\d+)-(\d+)/.exec(line) ?? []).slice(1).map(Number));
  await image.close();
  return { samples, asked };
}

const bytesOf = (asked: readonly number[][]): number =>
  asked.reduce((sum, [first = 0, last = 0]) => sum + last - first + 1, 0);

test("only the bytes of the tokens asked for are read, in two requests, and nothing behind them matters", async () => {
  ranges.files.set("/whole.tif", stored);
  const all = await readOverHttp("/whole.tif");
  assert.deepEqual(all.asked, [[chunk.offset, chunk.offset + chunk.length - 1]]);
  let fewer = 0;
  for (const quality of [1, 4, 16]) {
    const { samples, asked } = await readOverHttp("/whole.tif", quality);
    const bytes = bytesOf(asked);
    assert.ok(asked.length <= 2 && bytes > fewer && bytes <= chunk.length, `quality ${quality}: ${asked.join(" ")}`);
    fewer = bytes;
    const end = Math.max(...asked.map(([, last = 0]) => last)) + 1;
    const damaged = Uint8Array.from(stored).fill(0xa5, end, chunk.offset + chunk.length);
    assert.equal(quality === 16, Buffer.compare(damaged, stored) === 0);
    ranges.files.set(`/damaged-${quality}.tif`, damaged);
    assert.deepEqual((await readOverHttp(`/damaged-${quality}.tif`, quality)).samples, samples);
    assert.equal(quality === 16, Buffer.compare(asBytes(samples), asBytes(all.samples)) === 0);
  }
});

test("each token more brings the picture nearer to the whole one", async () => {
  ranges.files.set("/whole.tif", stored);
  const { samples: whole } = await readOverHttp("/whole.tif");
  const errors: number[] = [];
  for (const quality of [0, 2, 8]) {
    const { samples } = await readOverHttp("/whole.tif", quality);
    errors.push(samples.reduce((sum, value, i) => sum + (value - (whole[i] ?? 0)) ** 2, 0));
  }
  assert.ok((errors[0] ?? 0) > 4 * (errors[1] ?? 0) && (errors[1] ?? 0) > 2 * (errors[2] ?? 0), errors.join(" "));
});

const get = (path: string): Promise<Response> => fetch(`${server.url}${path}`);
const item = (entropy: string, date: string): string => `/collections/${entropy}/items/place_${date}`;
const flextec = item("flextec", "2024-01-05");
const TILE = "tiles/WebMercatorQuad/12/2082/1513";

test("previews and tiles of each quality are pictures of their own, with an ETag of their own", async () => {
  const pictures = new Map<string, string>();
  for (const query of ["", "?quality=2", "?quality=16"]) {
    const response = await get(`${flextec}/preview.png${query}`);
    assert.equal(response.status, 200, await response.clone().text());
    pictures.set(response.headers.get("etag") ?? "", Buffer.from(await response.arrayBuffer()).toString("base64"));
  }
  const [all, two, sixteen] = [...pictures.values()];
  assert.equal(pictures.size, 3);
  assert.equal(sixteen, all);
  assert.notEqual(two, all);
  const [plain, few] = await Promise.all([`/${TILE}.png`, `/${TILE}.png?quality=2`].map((path) => get(flextec + path)));
  assert.deepEqual([plain?.status, few?.status], [200, 200]);
  assert.notEqual(plain?.headers.get("etag"), few?.headers.get("etag"));
});

test("TileJSON passes the quality on to the tiles", async () => {
  for (const path of [flextec, "/collections/flextec"]) {
    const answer = await get(`${path}/WebMercatorQuad/tilejson.json?quality=4`);
    const { tiles } = (await answer.json()) as { tiles: string[] };
    assert.match(tiles[0] ?? "", /\/\{z\}\/\{x\}\/\{y\}\.png\?quality=4$/);
  }
});

test("a quality outside 0..16, and one of an item that is not stored as FlexTEC, is a 400 in one sentence", async () => {
  const detail = async (path: string): Promise<unknown> => {
    const response = await get(path);
    assert.equal(response.status, 400, path);
    return ((await response.json()) as { detail: string }).detail;
  };
  for (const path of [`/preview.png`, `/${TILE}.png`, "/WebMercatorQuad/tilejson.json"])
    for (const quality of ["17", "-1", "2.5", "x"])
      assert.equal(
        await detail(`${flextec}${path}?quality=${quality}`),
        `quality is "${quality}"; wanted a whole number of tokens from 0 to 16`,
      );
  assert.match(
    String(await detail(`${item("fp", "2024-02-05")}/preview.png?quality=4`)),
    /^quality is 4, but \S+ is stored with entropy model "fp"; only "flextec" is read in parts$/,
  );
});

const asBytes = (samples: Float32Array): Buffer => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);

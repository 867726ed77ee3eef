import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { multihash } from "../../src/catalog/catalog-files.js";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";

const server = useSceneServer({ tileCacheBytes: 0 });

const ITEMS = ["scene_2024-01-10", "scene_2024-04-10"];
const COLLECTION = `/collections/${SCENE.collection}`;

/** Values of one parameter that come near to one another; undefined leaves it out. */
const near = (...values: readonly (string | undefined)[]): fc.Arbitrary<string | undefined> =>
  fc.constantFrom(...values);

const source = fc.constantFrom<readonly [name: string, value: string][]>(
  [["assets", "B04"]],
  [["expression", "B04"]],
  [["expression", "b4"]],
  [["expression", "B04+0"]],
  [["bidx", "4"]],
  [["assets", "red"]],
  [["assets", "B04,B03,B02"]],
  [["expression", "B04;B03;B02"]],
  [["expression", "B08/B04"]],
  [["expression", "(B08/B04)"]],
  [["render", "ndvi"]],
  [["render", "true-color"]],
  [],
);

const request = fc
  .record({
    path: fc.constantFrom(
      ...ITEMS.flatMap((item) => [
        `${COLLECTION}/items/${item}/preview`,
        `${COLLECTION}/items/${item}/tiles/WebMercatorQuad/12/2082/1513`,
      ]),
      `${COLLECTION}/tiles/WebMercatorQuad/12/2082/1513`,
    ),
    extension: near("", ".png", ".npy", ".tif", ".webp", ".jpg"),
    source,
    rescale: near(undefined, "0,3000", "0,3000.0", "0,255"),
    colormap_name: near(undefined, undefined, "viridis", "viridis_r"),
    return_mask: near(undefined, "true", "false"),
    resampling: near(undefined, "nearest"),
    max_size: near(undefined, "32", "33"),
    tilesize: near("128", undefined),
    datetime: near(undefined, "2024-02-01", "2024-05-01"),
    pixel_selection: near(undefined, "first", "mean", "count"),
  })
  .map(({ path, extension, source: what, ...rest }) => {
    const query = new URLSearchParams([...what]);
    for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, value);
    return `${path}${extension ?? ""}?${query}`;
  });

async function get(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; etag: string; digest: string }> {
  const response = await fetch(`${server.url}${path}`, { headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  const digest = createHash("sha256")
    .update(bytes)
    .update(response.headers.get("content-type") ?? "")
    .digest("hex");
  return { status: response.status, etag: response.headers.get("etag") ?? "", digest };
}

test(
  "equal ETags, equal bytes: over random requests, and after any of what decides the bytes has changed",
  { timeout: 300_000 },
  async () => {
    const known = new Map<string, { path: string; digest: string }>();
    await fc.assert(
      fc.asyncProperty(request, async (path) => {
        const { status, etag, digest } = await get(path);
        if (status !== 200) return assert.ok([204, 400].includes(status), `${path}: ${status}`);
        assert.match(etag, /^"[\w-]{20,}"$/);
        const before = known.get(etag);
        assert.equal(before?.digest ?? digest, digest, `${path} and ${before?.path} share ${etag}`);
        known.set(etag, { path, digest });
      }),
      { seed: 3, numRuns: 350 },
    );
    assert.ok(known.size > 60, `${known.size} pictures`);
  },
);

test("the documents' own ETags stay as long as what they say", async () => {
  for (const path of [
    "/search",
    "/search?limit=1",
    `${COLLECTION}/items`,
    "/collections",
    COLLECTION,
    `${COLLECTION}/items/${ITEMS[0]}`,
  ]) {
    const first = await get(path);
    await sleep(15);
    const again = await get(path);
    assert.ok(first.etag !== "", path);
    assert.deepEqual([again.etag, again.digest], [first.etag, first.digest], path);
    assert.equal((await get(path, { "If-None-Match": first.etag, "Cache-Control": "max-age=0" })).status, 304, path);
  }
});

test("a file that is replaced under its item's name, and a moved grid, change the ETag and the picture", async () => {
  const [one = "", other = ""] = ITEMS;
  const fileOf = (item: string): string => `${server.catalog}/${SCENE.collection}/${item}/${item}.tif`;
  const paths = [
    `${COLLECTION}/items/${one}/preview.tif?assets=B08&max_size=64`,
    `${COLLECTION}/items/${one}/assets/tec`,
  ];
  const before = await Promise.all(paths.map((path) => get(path)));
  await copyFile(fileOf(other), `${fileOf(one)}.new`);
  await rename(`${fileOf(one)}.new`, fileOf(one));
  await sleep(1100);
  const replaced = await Promise.all(paths.map((path) => get(path)));
  for (const [k, path] of paths.entries()) {
    assert.equal(replaced[k]?.status, 200);
    assert.notEqual(replaced[k]?.etag, before[k]?.etag, path);
    assert.notEqual(replaced[k]?.digest, before[k]?.digest, path);
  }
  const document = `${server.catalog}/${SCENE.collection}/${one}/${one}.json`;
  const text = await readFile(document, "utf8");
  const moved = text.replace(/500000/g, "510000");
  assert.notEqual(moved, text);
  await writeFile(document, moved);
  const listing = `${server.catalog}/${SCENE.collection}/collection.json`;
  await writeFile(listing, (await readFile(listing, "utf8")).replaceAll(multihash(text), multihash(moved)));
  await sleep(1100);
  const shifted = await get(paths[0] ?? "");
  assert.notEqual(shifted.etag, replaced[0]?.etag);
  assert.notEqual(shifted.digest, replaced[0]?.digest);
});

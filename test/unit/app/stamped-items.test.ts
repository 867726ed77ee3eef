import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { createStamps } from "../../../src/app/stamped-items.js";
import { parseItem, toItem } from "../../../src/catalog/item.js";
import type { CatalogItem } from "../../../src/catalog/types.js";
import { openCrs } from "../../../src/geo/crs.js";
import { parseRenderSpec } from "../../../src/render/parse-render-spec.js";
import { planPicture } from "../../../src/tile/plan.js";
import { bytesOf, describeItem, temporaryFolder, UTM_GRID } from "../../support/catalog-fixtures.js";

/** The ETag of the item on its own grid, when `engine` decodes it. */
async function etagOf(item: CatalogItem, engine: string): Promise<string> {
  const stamped = await createStamps(async () => engine).stamp([item]);
  const { width, height, transform, crs } = item.grid;
  const target = { width, height, transform, crs, toWgs84: openCrs(crs).toWgs84, name: "own grid" };
  return planPicture(target, { spec: parseRenderSpec(new URLSearchParams()) }, stamped).etag;
}

test("an ETag is equal only where provider, weights, file, grid and document's checksum are", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "a.tif"), bytesOf("a"));
  const [a, b, c, d, e, f] = UTM_GRID.transform;
  const cases = fc.record({
    engine: fc.constantFrom("cpu abc", "webgpu abc", "cpu abd"),
    moved: fc.constantFrom(0, 10),
    bytes: fc.constantFrom("a", "b"),
  });
  const known = new Map<string, string>();
  await fc.assert(
    fc.asyncProperty(cases, async ({ engine, moved, bytes }) => {
      const grid = { ...UTM_GRID, transform: [a, b, c + moved, d, e, f] as const };
      const item = parseItem(toItem(describeItem("a", { grid }, bytesOf(bytes))), join(folder, "a.json"));
      const etag = await etagOf(item, engine);
      const identity = JSON.stringify([engine, moved, bytes]);
      assert.equal(known.get(etag) ?? identity, identity);
      known.set(etag, identity);
    }),
    { numRuns: 200, seed: 12 },
  );
  assert.equal(known.size, 12, "each of the combinations has one of its own");
  const item = parseItem(toItem(describeItem("a")), join(folder, "a.json"));
  const before = await etagOf(item, "cpu abc");
  await sleep(5);
  await writeFile(join(folder, "b.tif"), bytesOf("a"));
  await rename(join(folder, "b.tif"), join(folder, "a.tif"));
  assert.notEqual(await etagOf(item, "cpu abc"), before, "another file of the same name and size");
});

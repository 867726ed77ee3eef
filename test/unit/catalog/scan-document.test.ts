import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { linksOf, type StacLink } from "../../../src/catalog/collection.js";
import { scanDocument } from "../../../src/catalog/scan-document.js";
import type { StacJson } from "../../../src/catalog/types.js";
import { temporaryFolder } from "../../support/catalog-fixtures.js";

const text = fc.oneof(
  fc.constantFrom("links", '"', "\\", "]}", "Ärger, 東京", "item"),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const link = fc.oneof(
  fc.record({ rel: fc.constantFrom("item", "self", 'a"b'), href: text, title: text, "file:checksum": text }),
  fc.record({ rel: fc.constant("item"), href: text, nested: fc.jsonValue({ maxDepth: 2 }) }),
  fc.record({ rel: fc.constant("item"), href: fc.constant(5) }),
);
const links = fc.oneof(
  fc.array(link, { maxLength: 6 }),
  fc.array(fc.oneof(link, fc.jsonValue({ maxDepth: 1 })), { maxLength: 3 }),
);
const document = fc
  .tuple(fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), links, fc.boolean(), fc.boolean())
  .map(([before, found, isFirst, hasLinks]) => {
    const { links: _, ...rest } = before as Record<string, unknown>;
    if (!hasLinks) return rest;
    return isFirst ? { links: found, ...rest } : { ...rest, links: found };
  });
/** Any place of any text is changed, doubled or left out. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  by: fc.constantFrom("", "", "x", ",", '"', "]", "}", "\\", '"links":[],'),
});

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

test("links cut out of a document's bytes, wherever its pieces end, are those that a parser finds, and so is the rest", async (t) => {
  const path = join(await temporaryFolder(t), "collection.json");
  const scanned = { whole: 0, torn: 0, followed: 0 };
  await fc.assert(
    fc.asyncProperty(
      document,
      fc.constantFrom(undefined, 2, "\t"),
      fc.integer({ min: 1, max: 40 }),
      fc.option(change, { nil: undefined, freq: 2 }),
      async (json, indent, pieceBytes, changed) => {
        let written = JSON.stringify(json, undefined, indent);
        if (changed !== undefined) {
          const at = Math.floor(changed.at * written.length);
          written = written.slice(0, at) + changed.by + written.slice(at + (changed.by.length > 1 ? 0 : 1));
        }
        await writeFile(path, written);
        const bytes = Buffer.from(written).toString();
        const found: StacLink[] = [];
        const rest = await scanDocument(path, (one) => found.push(one), pieceBytes);
        const truth = parsed(bytes);
        scanned[truth === undefined ? "torn" : "whole"]++;
        if (rest === undefined) return;
        scanned.followed++;
        assert.ok(typeof truth === "object" && truth !== null && !Array.isArray(truth), written);
        const all = linksOf(truth as StacJson);
        assert.deepEqual(
          found,
          all.filter(({ rel }) => rel === "item"),
        );
        const { links: kept, ...others } = rest;
        const { links: whole, ...wanted } = truth as StacJson;
        assert.deepEqual(others, wanted);
        assert.deepEqual(
          linksOf({ links: kept }),
          all.filter(({ rel }) => rel !== "item"),
        );
        assert.equal(kept === undefined, whole === undefined);
      },
    ),
    { seed: 21, numRuns: 1000 },
  );
  assert.ok(scanned.torn > 100 && scanned.followed > scanned.whole / 2, JSON.stringify(scanned));
});

test("a document that isn't there is told so", async (t) => {
  assert.equal(await scanDocument(join(await temporaryFolder(t), "none.json"), () => assert.fail("a link")), undefined);
});

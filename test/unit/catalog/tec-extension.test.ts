import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { z } from "zod";
import { toItem } from "../../../src/catalog/item.js";
import { TEC_EXTENSION, tecAssetFields, tecItemFields, tecJsonSchema } from "../../../src/catalog/tec-extension.js";
import { describeItem } from "../../support/catalog-fixtures.js";

const PUBLISHED = "docs/tec-extension/v1.0.0/schema.json";

test("the published schema is the one the code has", () => {
  const text = `${JSON.stringify(tecJsonSchema(), undefined, 2)}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PUBLISHED, text);
  assert.equal(readFileSync(PUBLISHED, "utf8"), text);
});

test("the README names every field and the schema's address", () => {
  const readme = readFileSync("docs/tec-extension/README.md", "utf8");
  for (const field of [...Object.keys(tecAssetFields.shape), ...Object.keys(tecItemFields.shape), TEC_EXTENSION]) {
    assert.ok(readme.includes(field), field);
  }
});

test("the schema takes our items and refuses wrong fields", () => {
  // zod reads its own JSON Schema back: another reading of the published text than the objects that made it.
  const schema = z.fromJSONSchema(JSON.parse(readFileSync(PUBLISHED, "utf8")) as z.core.JSONSchema.JSONSchema);
  const whole = JSON.stringify(toItem(describeItem("a", { references: [{ id: "b" }] })));
  assert.ok(schema.safeParse(JSON.parse(whole)).success);
  const wrongs: readonly [string, string][] = [
    ['"tec:entropy":"fp"', '"tec:entropy":"zip"'],
    ['"tec:quality":3', '"tec:quality":-1'],
    ['"tec:clear_percent":87.5', '"tec:clear_percent":187.5'],
    ['"tec:references":["b"]', '"tec:references":"b"'],
    ['"B02":41.5', '"B99":41.5'],
    ["ababab", "XYZ"],
  ];
  for (const [from, to] of wrongs) {
    assert.ok(whole.includes(from), from);
    assert.ok(!schema.safeParse(JSON.parse(whole.replace(from, to))).success, to);
  }
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("the npm package holds every file of the built-in model", () => {
  const listing = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: ROOT });
  const [packed] = JSON.parse(listing.toString()) as { files: { path: string }[] }[];
  const paths = new Set(packed?.files.map(({ path }) => path));
  for (const name of readdirSync(`${ROOT}models/tec-s2`)) assert.ok(paths.has(`models/tec-s2/${name}`), name);
});

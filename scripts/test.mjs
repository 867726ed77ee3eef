// Runs the tests on the compiled build. Arguments name layers (unit contract golden http cli plugins e2e) or compiled test files.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { prepare, root } from "./prepare.mjs";

const LAYERS = ["unit", "contract", "golden", "http", "cli", "plugins", "e2e"];

prepare();
const asked = process.argv.slice(2);
const paths = (asked.length > 0 ? asked : LAYERS)
  .map((name) => (LAYERS.includes(name) ? `${root}build/test/${name}` : name))
  .filter((path) => existsSync(path));
const files = paths.flatMap((path) => (statSync(path).isDirectory() ? listTests(path) : [path]));
if (files.length === 0) {
  console.error(`no tests found in ${asked.join(", ") || LAYERS.join(", ")}`);
  process.exit(1);
}
const result = spawnSync(process.execPath, ["--test", "--test-concurrency=2", "--test-reporter=spec", ...files], {
  stdio: "inherit",
  cwd: root,
});
process.exit(result.status ?? 1);

function listTests(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => `${folder}/${name}`)
    .sort();
}

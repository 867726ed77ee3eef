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
// A test that hangs fails by its name instead of holding up the run. Of a file's tests together, too.
const TIMEOUT_MS = 600_000;
const options = ["--test", "--test-concurrency=2", "--test-reporter=spec", `--test-timeout=${TIMEOUT_MS}`];
const result = spawnSync(process.execPath, [...options, ...files], { stdio: "inherit", cwd: root });
process.exit(result.status ?? 1);

function listTests(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => `${folder}/${name}`)
    .sort();
}

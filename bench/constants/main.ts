// Whether the tests hold the constants of mosaics, inpainting and clouds: each is changed a little in a copy of the build, and a test has to fail.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { printTable, ROOT } from "../support/report.js";
import { CONSTANTS, type Change } from "./constants.js";

const { values } = parseArgs({
  options: {
    /** Part of a test's name: only what it should hold. */
    only: { type: "string", default: "" },
  },
});
/** Inside the repository, so that packages are found. */
const copy = join(ROOT, ".cache", "constants");

rmSync(copy, { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
for (const name of ["models", "config", "package.json", "test", "node_modules"])
  symlinkSync(join(ROOT, name), join(copy, name));
cpSync(join(ROOT, "build"), join(copy, "build"), { recursive: true });
const rows = [];
for (const { tests, changes } of CONSTANTS) {
  const files = tests.map((name) => join(copy, "build", "test", `${name}.test.js`)).filter((file) => existsSync(file));
  if (!tests.some((name) => name.includes(values.only))) continue;
  if (failing(files) !== undefined) throw new Error(`${tests.join(", ")} fails as it is: ${failing(files)}`);
  for (const change of changes) {
    const killer = killerOf(change, files);
    const row = { file: change.file, from: change.from, to: change.to, "killed by": killer ?? "SURVIVES" };
    process.stderr.write(`${Object.values(row).join(" | ")}\n`);
    rows.push(row);
  }
}
rmSync(copy, { recursive: true, force: true });
printTable(rows);
const survivors = rows.filter((row) => row["killed by"] === "SURVIVES").length;
console.log(`${rows.length} changes, ${survivors} survive`);
process.exitCode = survivors === 0 ? 0 : 1;

function killerOf({ file, from, to }: Change, tests: readonly string[]): string | undefined {
  const path = join(copy, "build", "src", file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2)
    throw new Error(`${file} has "${from}" ${text.split(from).length - 1} times; once wanted`);
  writeFileSync(path, text.replace(from, to));
  try {
    return failing(tests);
  } finally {
    writeFileSync(path, text);
  }
}

/** The name of the first test that fails. */
function failing(files: readonly string[]): string | undefined {
  const { stdout, status } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", ...files], {
    encoding: "utf8",
  });
  if (status === 0) return undefined;
  return /^not ok \d+ - (.*)$/m.exec(stdout)?.[1] ?? "the file itself";
}

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const MAIN = fileURLToPath(new URL("../../../bench/faults/main.js", import.meta.url));

/** The last line that the harness prints, of a run in which nothing was wrong. */
async function run(...args: string[]): Promise<Readonly<Record<string, number | string>>> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args]).catch((error: unknown) => {
    assert.fail(error instanceof Error && "stdout" in error ? String(error.stdout) : String(error));
  });
  const report = JSON.parse(stdout) as Readonly<Record<string, number | string>>;
  assert.ok(report["wrong"] === 0 || report["skipped"] !== undefined, stdout);
  return report;
}

// A few of each; bench/README.md says how to run many.
test(
  "ingest and mosaic killed at any moment: nothing wrong, nothing lost, and the next run ends it",
  { timeout: 400_000 },
  async () => {
    const report = await run("--what", "kills", "--kills", "4", "--operations", "ingest,mosaic");
    assert.ok(Number(report["killed"]) > 0 && Number(report["pictures"]) > 20, JSON.stringify(report));
  },
);

test("a full disk: one clear error, nothing lost", { timeout: 200_000 }, async (t) => {
  const report = await run("--what", "disk", "--points", "1", "--operations", "ingest");
  if (report["skipped"] !== undefined) return t.skip(String(report["skipped"]));
  assert.equal(report["full"], 1);
});

test(
  "a store that misbehaves: right pictures or refusals, and right ones once it behaves",
  { timeout: 300_000 },
  async () => {
    const names = "changes the ETag each time,resets midway,redirects to a file,gives a range and other bytes";
    const report = await run("--what", "stores", "--misbehaviours", names);
    assert.ok(Number(report["refused"]) > 0 && Number(report["right"]) > 0, JSON.stringify(report));
  },
);

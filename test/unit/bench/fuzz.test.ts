import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const MAIN = fileURLToPath(new URL("../../../bench/fuzz/main.js", import.meta.url));

/** Of each, so many that all together take a few seconds; bench/README.md says how to run many. */
const SHORT: readonly (readonly [target: string, inputs: number])[] = [
  ["container", 60],
  ["entropy", 60],
  ["documents", 800],
  ["parameters", 120],
  ["bodies", 120],
  ["stac-item", 100],
];

for (const [target, inputs] of SHORT) {
  test(`fuzz ${target}: every input is right or refused`, { timeout: 300_000 }, async () => {
    const args = [MAIN, "--target", target, "--inputs", String(inputs), "--seed", "1", "--deadline", "60"];
    const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: unknown) => {
      assert.fail(error instanceof Error && "stdout" in error ? String(error.stdout).slice(0, 4000) : String(error));
    });
    const tally = JSON.parse(stdout) as { inputs: number; refused: number };
    assert.equal(tally.inputs, inputs);
    assert.ok(tally.refused > 0 && tally.refused < inputs, "some are taken, some refused");
  });
}

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { runCli, type Workspace } from "./workspace.js";

/** Runs a command that must fail: with one sentence, no stack, the exit code, and nothing left in the folder but what was there. */
export async function cliFails(files: Workspace, args: readonly string[], message: RegExp, code = 1): Promise<void> {
  const before = await imagesIn(files);
  const run = await runCli(args);
  assert.equal(run.code, code, `${run.code}: ${run.stderr}`);
  const [line] = run.stderr.split("\n").filter((text) => message.test(text));
  assert.ok(line !== undefined, run.stderr);
  assert.doesNotMatch(run.stderr, /\n +at |node:internal/);
  assert.deepEqual(await imagesIn(files), before);
}

async function imagesIn(files: Workspace): Promise<readonly string[]> {
  return (await readdir(files.path("."), { recursive: true })).filter((name) => /\.(tif|part)$/.test(name));
}

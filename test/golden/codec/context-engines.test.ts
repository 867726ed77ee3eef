import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { codeTrial, engineTrials, smallTrials, wasmEvaluate, type EngineTrial } from "../../support/context-engines.js";
import { folderEvaluate } from "../../support/folder-evaluate.js";
import { vulkanDriver } from "../../support/vulkan-driver.js";

const runFile = promisify(execFile);
const CODE_TRIALS = fileURLToPath(new URL("../../support/code-trials.js", import.meta.url));
/** Compiling the shaders in software takes some ten seconds on an idle core, more on a busy one. */
const TIMEOUT_MS = 300_000;

// Equal streams from every engine, each of which decodes its own: so any engine decodes what any other wrote.
async function onCpu(trials: readonly EngineTrial[]): Promise<readonly string[][]> {
  const out: string[][] = [];
  for (const trial of trials) {
    const { evaluate, close } = folderEvaluate(trial.folder);
    out.push(await codeTrial(trial, evaluate));
    await close();
  }
  return out;
}

test("context models write and read the same bytes in WebAssembly as on the cpu", { timeout: TIMEOUT_MS }, async () => {
  const out: string[][] = [];
  for (const trial of engineTrials()) out.push(await codeTrial(trial, await wasmEvaluate(trial.folder)));
  assert.ok(out.flat().every((stream) => stream.length > 100));
  assert.deepEqual(out, await onCpu(engineTrials()));
});

test("context models write and read the same bytes on webgpu as on the cpu", { timeout: TIMEOUT_MS }, async (t) => {
  const driver = vulkanDriver();
  if (driver === undefined)
    return t.skip("No Vulkan driver or loader: install Chromium, which brings SwiftShader, and libvulkan1.");
  const env = { ...process.env, VK_ICD_FILENAMES: driver };
  const { stdout } = await runFile(process.execPath, [CODE_TRIALS, "webgpu"], { env, maxBuffer: 2 ** 26 });
  assert.deepEqual(JSON.parse(stdout), await onCpu(smallTrials()));
});

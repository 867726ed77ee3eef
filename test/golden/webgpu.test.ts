import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const runFile = promisify(execFile);
const MODEL = fileURLToPath(new URL("../../../models/tec-s2", import.meta.url));
const WINDOWS = fileURLToPath(new URL("../support/synthesise-window.js", import.meta.url));
const DECODE_ELIC = fileURLToPath(new URL("../support/decode-elic.js", import.meta.url));
const ELIC = fileURLToPath(new URL("../../../test/fixtures/golden/official-elic", import.meta.url));
const TECTILE = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
/** A Vulkan driver in software: slow, but it runs the same shaders as a graphics card. */
const SWIFTSHADER = ["/usr/lib/chromium/vk_swiftshader_icd.json", "/usr/lib/chromium-browser/vk_swiftshader_icd.json"];
const LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib64/libvulkan.so.1", "/usr/lib/libvulkan.so.1"];
/** Compiling the shaders in software takes some ten seconds on an idle core, more on a busy one. */
const TIMEOUT_MS = 300_000;

test(
  "webgpu decodes windows, inside a level and at its corners, as the cpu does, within 1 digital number, with no node left on the cpu",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const driver = process.env["VK_ICD_FILENAMES"] ?? SWIFTSHADER.find((path) => existsSync(path));
    if (driver === undefined)
      return t.skip("No Vulkan driver: install Chromium, which brings SwiftShader, or set VK_ICD_FILENAMES.");
    if (!LOADERS.some((path) => existsSync(path))) return t.skip("No Vulkan loader: install libvulkan1.");
    const [cpu, webgpu] = await Promise.all([synthesise("cpu"), synthesise("webgpu", { VK_ICD_FILENAMES: driver })]);
    assert.equal(cpu.length, 3);
    cpu.forEach((pixels, i) => {
      assert.ok(
        Math.max(...pixels) - Math.min(...pixels) > 1000,
        "the window is flat, so that its comparison says nothing",
      );
      const worst = Math.max(...pixels.map((value, k) => Math.abs(value - (webgpu[i]?.[k] ?? Number.NaN))));
      assert.ok(worst <= 1, `window ${i}: pixels differ by ${worst} digital numbers; at most 1 expected`);
    });
  },
);

test(
  "webgpu decodes a stream of the official TEC-ELIC to the symbols that its encoder wrote on the cpu",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const driver = process.env["VK_ICD_FILENAMES"] ?? SWIFTSHADER.find((path) => existsSync(path));
    if (driver === undefined || !LOADERS.some((path) => existsSync(path)))
      return t.skip("No Vulkan driver or loader: install Chromium, which brings SwiftShader, and libvulkan1.");
    const symbols = async (provider: string): Promise<number[]> => {
      const env = { ...process.env, VK_ICD_FILENAMES: driver };
      const { stdout } = await runFile(process.execPath, [DECODE_ELIC, provider, ELIC, "0"], {
        env,
        maxBuffer: 2 ** 24,
      });
      return JSON.parse(stdout) as number[];
    };
    const cpu = await symbols("cpu");
    assert.ok(new Set(cpu).size > 10, "the golden symbols say little");
    assert.deepEqual(await symbols("webgpu"), cpu);
  },
);

test("doctor lists webgpu and cpu, and takes the cpu where no graphics adapter is", { timeout: 120_000 }, async () => {
  const { stdout } = await runFile(process.execPath, [TECTILE, "doctor"], {
    env: { ...process.env, VK_ICD_FILENAMES: "/nonexistent" },
  });
  assert.match(stdout, /^provider webgpu +not usable: no graphics adapter was found$/m);
  assert.match(stdout, /^provider cpu +\d+\.\d ms for 256 x 256 px/m);
  assert.match(stdout, /^auto takes cpu$/m);
});

async function synthesise(provider: string, env: NodeJS.ProcessEnv = {}): Promise<readonly number[][]> {
  const { stdout } = await runFile(process.execPath, [WINDOWS, provider, MODEL], {
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 25,
  });
  return JSON.parse(stdout) as number[][];
}

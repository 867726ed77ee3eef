import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadModel } from "../../src/codec/loaded-model.js";
import { openModel } from "../../src/model/model-zoo.js";

const runFile = promisify(execFile);
const MODEL = fileURLToPath(new URL("../../../models/tec-s2", import.meta.url));
const WINDOW = fileURLToPath(new URL("../support/synthesise-window.js", import.meta.url));
const DECODE_ELIC = fileURLToPath(new URL("../support/decode-elic.js", import.meta.url));
const ELIC = fileURLToPath(new URL("../../../test/fixtures/golden/official-elic", import.meta.url));
const TECTILE = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
/** A Vulkan driver in software: slow, but it runs the same shaders as a graphics card. */
const SWIFTSHADER = ["/usr/lib/chromium/vk_swiftshader_icd.json", "/usr/lib/chromium-browser/vk_swiftshader_icd.json"];
const LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib64/libvulkan.so.1", "/usr/lib/libvulkan.so.1"];
/** Compiling the shaders in software takes some ten seconds on an idle core, more on a busy one. */
const TIMEOUT_MS = 300_000;

test(
  "webgpu decodes a window as the cpu does, within 1 digital number, with no node left on the cpu",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const driver = process.env["VK_ICD_FILENAMES"] ?? SWIFTSHADER.find((path) => existsSync(path));
    if (driver === undefined)
      return t.skip("No Vulkan driver: install Chromium, which brings SwiftShader, or set VK_ICD_FILENAMES.");
    if (!LOADERS.some((path) => existsSync(path))) return t.skip("No Vulkan loader: install libvulkan1.");
    const [cpu, webgpu] = await Promise.all([synthesise("cpu"), synthesise("webgpu", { VK_ICD_FILENAMES: driver })]);
    assert.deepEqual(webgpu.dims, [1, 4, 16, 16]);
    assert.deepEqual(webgpu.dims, cpu.dims);
    assert.ok(
      Math.max(...cpu.pixels) - Math.min(...cpu.pixels) > 1000,
      "the window is flat, so that its comparison says nothing",
    );
    const worst = Math.max(...cpu.pixels.map((value, i) => Math.abs(value - (webgpu.pixels[i] ?? Number.NaN))));
    assert.ok(worst <= 1, `pixels differ by ${worst} digital numbers; at most 1 expected`);
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

async function synthesise(
  provider: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ dims: number[]; pixels: number[] }> {
  const { channels, synthesis } = loadModel(await openModel(MODEL));
  const { path, halo } = synthesis;
  const { stdout } = await runFile(process.execPath, [WINDOW, provider, path, String(channels), String(halo), "1"], {
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout) as { dims: number[]; pixels: number[] };
}

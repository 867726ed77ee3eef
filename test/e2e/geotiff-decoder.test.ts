import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import express from "express";
import { openTecCog } from "../../src/app/open-tec-cog.js";
import { openBrowser, SKIP_BROWSER } from "../support/browser.js";
import { sceneTiff } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const BUILD = fileURLToPath(new URL("../../", import.meta.url));

const PAGE = `<!doctype html><title>TEC-COG in a browser</title>
<script type="importmap">{ "imports": { "zod": "/node_modules/zod/index.js" } }</script>
<script src="/node_modules/geotiff/dist-browser/geotiff.js"></script>
<script type="module">
  import * as ort from "/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs";
  import { createTecDecoder, TEC_COMPRESSION } from "/build/src/tile/geotiff-decoder.js";
  ort.env.wasm.wasmPaths = "/node_modules/onnxruntime-web/dist/";
  ort.env.wasm.numThreads = 1;
  const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const [basis, tables] = await Promise.all(["basis.bin", "entropy.tables"].map((file) => bytes("/models/tec-s2/" + file)));
  const session = await ort.InferenceSession.create("/models/tec-s2/branch.onnx");
  async function branch(data, rows, columns) {
    const coefficients = new ort.Tensor("float32", data, [1, data.length / (rows * columns), rows, columns]);
    return (await session.run({ coefficients })).residual.data;
  }
  const decoder = createTecDecoder({ basis, tables, branch });
  GeoTIFF.addDecoder(TEC_COMPRESSION, async () => decoder, undefined, false);
  const tiff = await GeoTIFF.fromUrl("/scene.tif");
  const image = await tiff.getImage(1);
  const planes = await image.readRasters({ window: [40, 40, 104, 104] });
  window.result = { width: image.getWidth(), box: image.getBoundingBox(), b04: [...planes[3]], b11: [...planes[10]] };
</script>`;

let files: Workspace;
before(async () => {
  files = await createWorkspace();
  const run = await runCli(["encode", await files.write("scene.tif", sceneTiff(160, 150)), files.path("tec.tif")]);
  assert.equal(run.code, 0, run.stderr);
});
after(() => files.close());

test(
  "plain geotiff.js in Chromium, with our decoder and onnxruntime-web, reads what openTecCog reads",
  { timeout: 180_000 },
  async (t) => {
    const browser = await openBrowser();
    if (browser === undefined) return t.skip(SKIP_BROWSER);
    const app = express();
    app.get("/", (_request, response) => void response.type("html").send(PAGE));
    app.get("/scene.tif", (_request, response) => response.sendFile(files.path("tec.tif")));
    app.use("/build", express.static(BUILD));
    for (const folder of ["models", "node_modules"]) app.use(`/${folder}`, express.static(ROOT + folder));
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const image = await openTecCog(files.path("tec.tif"));
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      await page.goto(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`);
      await page
        .waitForFunction("window.result !== undefined", undefined, { timeout: 120_000 })
        .catch(() => assert.fail(problems.join("\n") || "no result"));
      const result = await page.evaluate<{ width: number; box: number[]; b04: number[]; b11: number[] }>(
        "window.result",
      );
      assert.equal(result.width, 160);
      assert.deepEqual(result.box, [500000, 4700000 - 1500, 501600, 4700000]);
      const expected = await image.readWindow({ x: 40, y: 40, width: 64, height: 64 }, { bands: ["B04", "B11"] });
      // A GeoTIFF of uint16 has no negative numbers: the decoder clips what rings below 0 at sharp edges.
      let largest = 0;
      [...result.b04, ...result.b11].forEach(
        (value, i) => (largest = Math.max(largest, Math.abs(value - Math.max(0, expected.samples[i] ?? 0)))),
      );
      assert.ok(largest <= 1, `${largest} DN apart`);
    } finally {
      await browser.close();
      server.closeAllConnections();
      server.close();
      await image.close();
    }
  },
);

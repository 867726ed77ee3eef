import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseConfig } from "../../../src/app/config.js";
import { openSource } from "../../../src/app/open-source.js";
import { codecFor } from "../../../src/app/references.js";
import { createDecoder } from "../../../src/app/services.js";
import { assembleLatents, type LatentWindow } from "../../../src/core/latents.js";
import { encodeImage } from "../../../src/ingest/encode-image.js";
import { gatherWindow } from "../../../src/tile/decode-window.js";
import { sceneTiff } from "../../support/scene.js";
import { createWorkspace } from "../../support/workspace.js";

// A TEC-ELIC of the official package, small and randomly initialised.
const MODELS = fileURLToPath(new URL("../../../../test/fixtures/golden", import.meta.url));
const HALO = 9;

test("a converted TEC-ELIC is measured on the latents that its file decodes to, the neighbours' around each block too", async (t) => {
  const files = await createWorkspace();
  const decoder = await createDecoder(parseConfig({ provider: "cpu", models: [MODELS] }));
  const source = await openSource(await files.write("scene.tif", sceneTiff(40, 2100)));
  t.after(async () => {
    await Promise.all([decoder.close(), source.close()]);
    await files.close();
  });
  const model = await decoder.loadModel("official-elic");
  const measured: LatentWindow[] = [];
  await encodeImage(source, files.path("tec.tif"), {
    model,
    quality: 0,
    ...decoder,
    codec: codecFor(model, undefined),
    references: [],
    networks: {
      ...decoder.networks,
      synthesise(request, signal) {
        measured.push(request.window);
        return decoder.networks.synthesise(request, signal);
      },
    },
  });
  const container = await decoder.reader.open(files.path("tec.tif"), "");
  const latentsOf = (window: LatentWindow): Float32Array => {
    const out = new Float32Array(model.channels * window.rows * window.columns);
    assembleLatents(window, model.transform.degains, model.channels, out, 0);
    return out;
  };
  assert.deepEqual(
    measured.map(({ row, rows }) => [row + HALO, rows - 2 * HALO]),
    [
      [0, 64],
      [64, 64],
      [128, 4],
    ],
  );
  for (const window of measured) {
    const rect = { row: window.row + HALO, column: 0, rows: window.rows - 2 * HALO, columns: 3 };
    const stored = await gatherWindow({ container, level: 0, rect }, decoder.reader);
    const seen = latentsOf(stored.latents);
    assert.ok(seen.some((value) => !Number.isInteger(value)));
    assert.deepEqual(latentsOf(window), seen);
  }
});

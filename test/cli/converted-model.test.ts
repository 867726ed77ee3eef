import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fromFile } from "geotiff";
import { sceneTiff } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

/** Folder of converted models; official-fp is a TEC-FP of the official package, small and randomly initialised. */
const MODELS = fileURLToPath(new URL("../../../test/fixtures/golden", import.meta.url));
const WITH_MODELS = ["--models", MODELS];

let files: Workspace;
before(async () => {
  files = await createWorkspace();
});
after(() => files.close());

test("a converted TEC-FP encodes, decodes and verifies like the built-in model", async () => {
  const source = await files.write("scene.tif", sceneTiff(200, 150));
  const [encoded, decoded] = [files.path("tec.tif"), files.path("out.tif")];
  const encoding = await runCli(["encode", source, encoded, ...WITH_MODELS, "--model", "official-fp"]);
  assert.equal(encoding.code, 0, encoding.stderr);
  assert.match(encoding.stdout + encoding.stderr, /model official-fp, quality 0/);
  const verifying = await runCli(["verify", encoded, ...WITH_MODELS]);
  assert.equal(verifying.code, 0, verifying.stderr);
  const decoding = await runCli(["decode", encoded, decoded, ...WITH_MODELS]);
  assert.equal(decoding.code, 0, decoding.stderr);
  const image = await (await fromFile(decoded)).getImage();
  assert.deepEqual([image.getWidth(), image.getHeight(), image.getSamplesPerPixel()], [200, 150, 12]);
});

test("a file whose model isn't installed says which model it needs", async () => {
  const source = await files.write("scene-2.tif", sceneTiff(64, 64));
  const encoded = files.path("tec-2.tif");
  const encoding = await runCli(["encode", source, encoded, ...WITH_MODELS, "--model", "official-fp"]);
  assert.equal(encoding.code, 0, encoding.stderr);
  const decoding = await runCli(["decode", encoded, files.path("out-2.tif")]);
  assert.notEqual(decoding.code, 0);
  assert.match(decoding.stderr, /official-fp.*not installed/);
});

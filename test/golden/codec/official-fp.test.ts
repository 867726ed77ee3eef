import assert from "node:assert/strict";
import { appendFile, cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createFactorizedCoder } from "../../../src/codec/factorized.js";
import { loadModel, type LoadedModel } from "../../../src/codec/loaded-model.js";
import { parseTables, type EntropyTables } from "../../../src/codec/tables.js";
import { ModelError } from "../../../src/core/errors.js";
import { createModelZoo, openModel } from "../../../src/model/model-zoo.js";
import { createNetworks } from "../../../src/model/networks.js";
import { createWorkspace } from "../../support/workspace.js";

// Made by models/training/golden_official.py with terracodec 0.3.1's FactorizedPrior, small and randomly initialised.
const GOLDEN = fileURLToPath(new URL("../../../../test/fixtures/golden", import.meta.url));
const FOLDER = join(GOLDEN, "official-fp");
interface Golden {
  readonly rows: number;
  readonly columns: number;
  readonly stream: string;
  readonly symbols: readonly number[];
  readonly window: { row: number; column: number; rows: number; columns: number; bands: number[] };
}
let golden: Golden;
let model: LoadedModel;
let tables: EntropyTables;
let block: number;

before(async () => {
  golden = JSON.parse(await readFile(join(FOLDER, "golden.json"), "utf8")) as Golden;
  model = loadModel(await createModelZoo([GOLDEN]).open("official-fp"));
  const { coding } = model;
  assert.equal(coding.kind, "factorized");
  tables = parseTables(coding.tables, "fp.tables");
  block = coding.block;
});

test("a stream of the package's compress() decodes to its symbols, and they are coded to its bytes", () => {
  const coder = createFactorizedCoder(tables, block);
  const shape = { rows: golden.rows, columns: golden.columns, channels: model.channels, quality: 0 };
  const parts = { stream: Buffer.from(golden.stream, "hex"), setMap: new Uint8Array() };
  const symbols = coder.decode(parts, shape, "golden");
  assert.deepEqual([...symbols], golden.symbols);
  assert.ok(new Set(symbols).size > 10, "the golden symbols say little");
  const again = coder.encode({ symbols, ...shape }, 0);
  assert.equal(Buffer.from(again.stream).toString("hex"), golden.stream);
  assert.equal(again.setMap.length, 0);
});

test("a window of the decoded symbols, with its halo, is the inside of the package's decompress() in digital numbers", async (t) => {
  const networks = createNetworks({ provider: "cpu", sessions: 1 });
  t.after(() => networks.close());
  const { row, column, rows, columns, bands } = golden.window;
  const { transform } = model;
  const { halo } = transform;
  // Quantised latents of one chunk; what the window shows lies inside it.
  const symbols = Int16Array.from(golden.symbols);
  const shape = { rows: golden.rows, columns: golden.columns, channels: model.channels, quality: 0 };
  const pixels = await networks.synthesise({
    transform,
    bands,
    native: undefined,
    refine: true,
    window: {
      row: row - halo,
      column: column - halo,
      rows: rows + 2 * halo,
      columns: columns + 2 * halo,
      levelRows: golden.rows,
      levelColumns: golden.columns,
      chunkRow: 0,
      chunkColumn: 0,
      chunkColumns: 1,
      chunks: [{ symbols, ...shape }],
    },
  });
  const wanted = new Float32Array(Uint8Array.from(await readFile(join(FOLDER, "golden.pixels"))).buffer);
  assert.equal(pixels.length, wanted.length);
  assert.ok(Math.max(...wanted) - Math.min(...wanted) > 500, "the window is flat, so that its comparison says nothing");
  // 1e-4 of a standardised unit, which is about 1,300 digital numbers
  pixels.forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] ?? Number.NaN)) < 0.13, `${i}: ${value}`));
});

test("a converted package whose tables are not the card's, or of other shapes, is one error that names the file", async (t) => {
  const workspace = await createWorkspace();
  t.after(() => workspace.close());
  const folder = workspace.path("official-fp");
  await cp(FOLDER, folder, { recursive: true });
  const card = JSON.parse(await readFile(join(folder, "model.json"), "utf8")) as object;
  await writeFile(join(folder, "model.json"), JSON.stringify({ ...card, channels: 20 }));
  const wide = await openModel(folder);
  assert.throws(
    () => loadModel(wide),
    (error) =>
      error instanceof ModelError &&
      error.message.endsWith("fp.tables is for 16, 1, 1 channels, quality steps and sets, its card says 20, 1, 1"),
  );
  await appendFile(join(folder, "fp.tables"), "x");
  await assert.rejects(
    openModel(folder),
    (error) => error instanceof ModelError && /fp\.tables has sha256 .*, its card says/.test(error.message),
  );
});

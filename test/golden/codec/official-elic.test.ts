import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Evaluate } from "../../../src/codec/official/evaluate.js";
import { packBoundaries } from "../../../src/codec/official/boundary-list.js";
import { openElic, type ElicPackage } from "../../../src/codec/official/elic-package.js";
import { createElicCoder, ELIC_TOLERANCE, type ElicCoder, type ElicStreams } from "../../../src/codec/official/elic.js";
import { CorruptDataError, ModelError } from "../../../src/core/errors.js";
import { parseElicCard } from "../../../src/model/model-card.js";
import { folderEvaluate } from "../../support/folder-evaluate.js";
import { createWorkspace } from "../../support/workspace.js";

// Made by models/training/golden_official.py with terracodec 0.3.1's ELIC, small and randomly initialised.
const FOLDER = fileURLToPath(new URL("../../../../test/fixtures/golden/official-elic", import.meta.url));
interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly streams: readonly string[];
  /** Of each string in the order in which the package wrote them: z, then each group's anchors and others. */
  readonly symbols: readonly (readonly number[])[];
  readonly y: Float32Array;
  readonly yHat: Float32Array;
}
let elic: ElicPackage;
let cases: Case[];
const engine = folderEvaluate(FOLDER);

before(async () => {
  elic = await openElic(FOLDER);
  const golden = JSON.parse(await readFile(join(FOLDER, "golden.json"), "utf8")) as {
    cases: Omit<Case, "y" | "yHat">[];
  };
  cases = await Promise.all(
    golden.cases.map(async (entry, i) => ({
      ...entry,
      y: await floats(`golden-${i}.y`),
      yHat: await floats(`golden-${i}.y_hat`),
    })),
  );
});
after(() => engine.close());

async function floats(name: string): Promise<Float32Array> {
  const bytes = await readFile(join(FOLDER, name));
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

const streamsOf = ({ streams }: Case) => streams.map((stream) => new Uint8Array(Buffer.from(stream, "hex")));
const firstCase = (): Case => cases[0] ?? assert.fail();

/** Symbols [M][rows][columns] from the package's strings: a group's anchors lie where row + column is even. */
function placed(entry: Case): Int16Array {
  const plane = entry.rows * entry.columns;
  const out = new Int16Array(elic.channels * plane);
  let first = 0;
  elic.card.groups.forEach(({ channels }, k) => {
    for (const i of [0, 1]) {
      (entry.symbols[1 + 2 * k + i] ?? []).forEach((symbol, n) => {
        const [channel, half] = [Math.floor((2 * n) / plane), n % (plane / 2)];
        const row = Math.floor((2 * half) / entry.columns);
        const column = 2 * (half % (entry.columns / 2)) + ((row + i) % 2);
        out[(first + channel) * plane + row * entry.columns + column] = symbol;
      });
    }
    first += channels;
  });
  return out;
}

test("streams of the package's compress() decode to its symbols exactly and to its y_hat", async () => {
  const coder = createElicCoder(elic, engine.evaluate);
  assert.ok(cases.length > 1);
  for (const entry of cases) {
    const decoded = await coder.decode({ streams: streamsOf(entry), boundaries: new Uint8Array() }, entry, "golden");
    assert.deepEqual(decoded.symbols, placed(entry));
    assert.ok(new Set(decoded.symbols).size > 10, "the golden symbols say little");
    decoded.latents.forEach((value, i) => assert.ok(Math.abs(value - (entry.yHat[i] ?? Number.NaN)) < 1e-4));
  }
});

test("the same latents are coded to the package's own bytes", async () => {
  const coder = createElicCoder(elic, engine.evaluate);
  for (const entry of cases) {
    const { streams } = await coder.encode(entry.y, entry);
    assert.deepEqual(
      streams.map((stream) => Buffer.from(stream).toString("hex")),
      entry.streams,
    );
  }
});

test("chunks at a level's edge, whose sides are no multiples of 4, come back as the encoder saw them", async () => {
  const coder = createElicCoder(elic, engine.evaluate);
  for (const [rows, columns] of [
    [5, 16],
    [1, 1],
    [16, 7],
  ] as const) {
    const y = Float32Array.from({ length: 16 * rows * columns }, (_, i) => 6 * Math.sin(i * 1.7));
    const coded = await coder.encode(y, { rows, columns });
    const decoded = await coder.decode(coded, { rows, columns }, "edge");
    assert.deepEqual(decoded.symbols, coded.symbols);
    assert.equal(decoded.latents.length, y.length);
    decoded.latents.forEach((value, i) => assert.ok(Math.abs(value - (y[i] ?? 0)) <= 0.5001));
  }
});

/** Another device: every scale and mean is off by just less than `tolerance`, to a side that `random` draws. */
function otherDevice(answers: readonly Float32Array[], random: () => number, tolerance: number): Evaluate {
  let call = 0;
  return (_file, _feeds, output) => {
    const answer = answers[call++] ?? assert.fail("the decoder ran more networks than the encoder");
    if (output !== "parameters") return Promise.resolve(answer);
    const off = (v: number): number => (random() < 0.5 ? -1 : 1) * 0.95 * tolerance * Math.max(1, Math.abs(v));
    return Promise.resolve(answer.map((v) => v + off(v)));
  };
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("networks that are off by less than the tolerance still decode exactly; without the boundary list they can't", async () => {
  const entry = firstCase();
  let [listed, failures] = [0, 0];
  // wider than the default, so that many scales of these small chunks lie within it
  for (const tolerance of [2 * ELIC_TOLERANCE, 20 * ELIC_TOLERANCE, 200 * ELIC_TOLERANCE]) {
    const answers: Float32Array[] = [];
    const record: Evaluate = async (...task) => {
      const answer = await engine.evaluate(...task);
      answers.push(answer);
      return answer;
    };
    const coded = await createElicCoder(elic, record, tolerance).encode(entry.y, entry);
    listed += coded.boundaries.length;
    for (let seed = 1; seed <= 20; seed++) {
      const device = () => createElicCoder(elic, otherDevice(answers.slice(1), generator(seed), tolerance));
      const decoded = await device().decode(coded, entry, "other device");
      assert.deepEqual(decoded.symbols, coded.symbols);
      decoded.latents.forEach((value, i) => assert.ok(Math.abs(value - (coded.latents[i] ?? 0)) < 100 * tolerance));
      if (!(await decodesAlike(device(), { ...coded, boundaries: new Uint8Array() }, coded.symbols))) failures++;
    }
  }
  assert.ok(listed > 0, "no scale lies near a threshold, so the test says nothing");
  assert.ok(failures > 0, "every stream decoded without its boundary list");
});

async function decodesAlike(coder: ElicCoder, chunk: ElicStreams, symbols: Int16Array): Promise<boolean> {
  try {
    const decoded = await coder.decode(chunk, firstCase(), "other device");
    return Buffer.compare(Buffer.from(decoded.symbols.buffer), Buffer.from(symbols.buffer)) === 0;
  } catch (error) {
    assert.ok(error instanceof CorruptDataError);
    return false;
  }
}

test("damaged chunks are errors that name the chunk", async () => {
  const entry = firstCase();
  const coder = createElicCoder(elic, engine.evaluate);
  const streams = streamsOf(entry);
  const boundaries = new Uint8Array();
  const named = (error: unknown): boolean =>
    error instanceof CorruptDataError && error.message.startsWith("chunk 1/2/3:");
  await assert.rejects(coder.decode({ streams: streams.slice(1), boundaries }, entry, "chunk 1/2/3"), named);
  const cut = streams.with(3, streams[3]?.subarray(0, 40) ?? assert.fail());
  await assert.rejects(coder.decode({ streams: cut, boundaries }, entry, "chunk 1/2/3"), named);
  const long = streams.with(0, Uint8Array.from([...(streams[0] ?? []), 1, 2, 3, 4]));
  await assert.rejects(coder.decode({ streams: long, boundaries }, entry, "chunk 1/2/3"), named);
  const beyond = packBoundaries({ positions: [16 * 16 * 16], upper: [true] });
  await assert.rejects(coder.decode({ streams, boundaries: beyond }, entry, "chunk 1/2/3"), named);
});

test("a package with a wrong sha256, wrong shapes or a field missing is one clear error", async (t) => {
  const workspace = await createWorkspace();
  t.after(() => workspace.close());
  const folder = workspace.path("model");
  await cp(FOLDER, folder, { recursive: true });
  const card = JSON.parse(await readFile(join(folder, "model.json"), "utf8")) as {
    channels: number;
    entropy: { official: Record<string, unknown> };
  };
  const withCard = (value: unknown) => writeFile(join(folder, "model.json"), JSON.stringify(value));

  const bytes = await readFile(join(folder, "parameters-1.onnx"));
  await writeFile(join(folder, "parameters-1.onnx"), bytes.subarray(0, bytes.length - 1));
  await assert.rejects(
    openElic(folder),
    (error) => error instanceof ModelError && /parameters-1\.onnx has sha256 .* its card says/.test(error.message),
  );
  await writeFile(join(folder, "parameters-1.onnx"), bytes);

  await withCard({ ...card, channels: 20 });
  await assert.rejects(
    openElic(folder),
    (error) =>
      error instanceof CorruptDataError && error.message.includes("groups of 16 channels in all, the model has 20"),
  );
  const { official } = card.entropy;
  assert.throws(
    () => parseElicCard({ ...official, hyperSynthesis: undefined }, "model.json"),
    (error) => error instanceof CorruptDataError && error.message.includes("entropy.official.hyperSynthesis"),
  );

  const groups = elic.card.groups.toSpliced(0, 2, { ...(elic.card.groups[1] ?? assert.fail()), context: undefined });
  const narrow = { ...elic, channels: 12, card: { ...elic.card, groups } };
  const entry = firstCase();
  await assert.rejects(
    createElicCoder(narrow, engine.evaluate).decode(
      { streams: streamsOf(entry).slice(2), boundaries: new Uint8Array() },
      entry,
      "chunk",
    ),
    (error) =>
      error instanceof ModelError && /hyper-synthesis\.onnx gave 8192 numbers, its card means 6144/.test(error.message),
  );
});

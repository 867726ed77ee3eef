import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { CorruptDataError, InvalidRequestError, ModelError } from "../../../src/core/errors.js";
import type { Evaluate } from "../../../src/codec/evaluate.js";
import { parseTemporalCard } from "../../../src/codec/official/temporal-card.js";
import { readTemporalTables } from "../../../src/codec/official/temporal-files.js";
import { decodeTemporalPayload, parseTemporalPayload } from "../../../src/codec/official/temporal-payload.js";
import { createTemporalCodec } from "../../../src/codec/official/temporal.js";
import { openNetwork, type Network } from "../../../src/model/session.js";

// Made by models/training/golden_temporal.py with the official terracodec 0.3.1 package and small random models.
interface Vector {
  readonly official: { readonly [field: string]: unknown };
  readonly rows: number;
  readonly columns: number;
  readonly payload: { readonly strings: readonly (readonly (readonly string[])[])[]; readonly quality?: number[] };
  readonly latents: readonly (readonly number[])[];
  readonly values: readonly string[];
}

const folderOf = (kind: string): string =>
  fileURLToPath(new URL(`../../../../test/fixtures/golden/official-${kind}/`, import.meta.url));

async function load(kind: string, change: (evaluate: Evaluate) => Evaluate = (evaluate) => evaluate) {
  const folder = folderOf(kind);
  const vector = JSON.parse(readFileSync(`${folder}payload.json`, "utf8")) as Vector;
  const card = parseTemporalCard(vector.official, "model.json");
  const codec = createTemporalCodec(card, await readTemporalTables(folder, card), change(evaluateIn(folder)));
  const frames = parseTemporalPayload(JSON.stringify(vector.payload), "payload.json");
  const shape = { rows: vector.rows, columns: vector.columns, location: "payload.json" };
  return { vector, card, codec, frames, shape };
}

function evaluateIn(folder: string): Evaluate {
  const networks = new Map<string, Promise<Network>>();
  return async (file, feeds, output) => {
    const network = networks.get(file) ?? openNetwork(folder + file, { provider: "cpu", threads: 1 });
    networks.set(file, network);
    return (await (await network).run(feeds, output)).data;
  };
}

for (const kind of ["tt", "flextec"]) {
  test(`an official ${kind} payload gives the latents that the official package decodes`, async () => {
    const { vector, codec, frames, shape } = await load(kind);
    const decoded = await decodeTemporalPayload(codec, frames, shape);
    assert.equal(decoded.length, vector.latents.length);
    for (const [t, frame] of decoded.entries()) {
      assert.deepEqual([...frame.latents], vector.latents[t], `frame ${t}`);
      const wanted = Buffer.from(vector.values[t] ?? "", "base64");
      assert.equal(wanted.length, 4 * frame.values.length);
      const off = Math.max(...frame.values.map((v, i) => Math.abs(v - wanted.readFloatLE(4 * i))));
      assert.ok(off < 1e-4, `frame ${t}: values differ by ${off}`);
    }
  });

  test(`encoding the same latents gives the official ${kind} streams, byte for byte`, async () => {
    const { vector, codec, frames, shape } = await load(kind);
    const latents = vector.latents.map((frame) => Int16Array.from(frame));
    for (const [t, streams] of frames.entries()) {
      const frame = { ...shape, past: latents.slice(0, t) };
      const coded = await codec.encode(frame, Float32Array.from(latents[t] ?? []), streams.length);
      assert.deepEqual(coded.streams, streams, `frame ${t}`);
      assert.deepEqual(coded.latents, latents[t], `frame ${t}`);
    }
  });
}

test("a random-access decode needs only the two earlier frames", async () => {
  const { vector, codec, frames, shape } = await load("tt");
  const past = vector.latents.slice(1, 3).map((frame) => Int16Array.from(frame));
  const { latents } = await codec.decode({ ...shape, past }, frames[3] ?? []);
  assert.deepEqual([...latents], vector.latents[3]);
});

test("damaged payloads are refused in one sentence", async () => {
  const { codec, frames, shape, vector } = await load("tt");
  const frame = { ...shape, past: [] };
  const [first = []] = frames;
  const change = (at: number, edit: (stream: Uint8Array) => Uint8Array): readonly Uint8Array[] =>
    first.map((stream, i) => (i === at ? edit(stream) : stream));
  const corrupt = (message: RegExp) => (error: unknown) =>
    error instanceof CorruptDataError && message.test(error.message);

  const cases: readonly (readonly [readonly Uint8Array[], RegExp])[] = [
    [change(5, (s) => s.subarray(0, s.length - 4)), /^payload.json, stream 5: /],
    [change(0, (s) => s.subarray(0, 6)), /^payload.json, stream 0: the stream ended early$/],
    [change(9, (s) => s.map((byte, i) => (i === 20 ? byte ^ 64 : byte))), /^payload.json, stream \d+: /], // an escape's bits
    [change(15, (s) => Uint8Array.of(...s, 0, 0, 0, 0)), /^payload.json, stream 15: \d+ of the stream's \d+ bytes/],
    [first.slice(0, 15), /^payload.json: 15 streams, 16 expected$/],
  ];
  for (const [streams, message] of cases) await assert.rejects(codec.decode(frame, streams), corrupt(message));

  const flex = await load("flextec");
  const many = Array.from({ length: 5 }, () => flex.frames[0]?.[0] ?? new Uint8Array());
  await assert.rejects(
    flex.codec.decode({ ...flex.shape, past: [] }, many),
    corrupt(/: 5 streams, at most 4 expected$/),
  );

  const texts: readonly (readonly [string, RegExp])[] = [
    ['{"strings": [', /^payload.json: not JSON/],
    ["{}", /^payload.json: strings: /],
    ['{"strings": [["%%"]]}', /^payload.json: strings\.0\.0: /],
    [JSON.stringify({ ...vector.payload, quality: [16] }), /: quality: 1 numbers for 4 frames$/],
    [JSON.stringify({ ...vector.payload, quality: [16, 16, 9, 16] }), /: frame 2 has 16 streams, its quality is 9$/],
  ];
  for (const [text, message] of texts) {
    assert.throws(() => parseTemporalPayload(text, "payload.json"), corrupt(message));
  }
});

test("another model's streams are refused", async () => {
  const { frames, shape } = await load("tt");
  const { codec } = await load("tt", (evaluate) => async (file, feeds, output) => {
    const values = await evaluate(file, feeds, output);
    return file === "step.onnx" ? values.map((v) => v + 0.02) : values;
  });
  await assert.rejects(codec.decode({ ...shape, past: [] }, frames[0] ?? []), CorruptDataError);
});

test("shapes that don't fit are refused in one sentence", async () => {
  const { vector, card, codec, frames, shape } = await load("tt");
  const frame = { ...shape, past: [] };
  const streams = frames[0] ?? [];
  await assert.rejects(
    codec.decode({ ...frame, past: [new Int16Array(100)] }, streams),
    (error) => error instanceof InvalidRequestError && /100 latents, 768 expected$/.test(error.message),
  );
  await assert.rejects(
    codec.decode({ ...frame, rows: 2 }, streams),
    (error) => error instanceof InvalidRequestError && /^A chunk of 2 latents is too small/.test(error.message),
  );
  await assert.rejects(codec.encode(frame, new Float32Array(768), 3), InvalidRequestError);
  await assert.rejects(
    codec.encode(frame, new Float32Array(700)),
    (error) => error instanceof InvalidRequestError && /700 latents, 768 expected$/.test(error.message),
  );
  const short = await load(
    "tt",
    (evaluate) => async (file, feeds, output) =>
      (await evaluate(file, feeds, output)).subarray(file === "joint.onnx" ? 1 : 0),
  );
  await assert.rejects(
    short.codec.decode(frame, streams),
    (error) => error instanceof ModelError && /^joint.onnx gave \d+ numbers for "memory", its card/.test(error.message),
  );
  const tables = readFileSync(folderOf("tt") + card.tables.file);
  const never: Evaluate = () => Promise.reject(new Error("unreachable"));
  assert.throws(
    () => createTemporalCodec({ ...card, means: 11 }, tables, never),
    /^CorruptDataError: official.tables: 10 means and 24 scales, the card says 11 and 24$/,
  );
  for (const [field, value] of [
    ["start", [1, 2]],
    ["heads", 5],
    ["kind", "fp"],
    ["reach", 7],
  ] as const) {
    assert.throws(
      () => parseTemporalCard({ ...vector.official, [field]: value }, "model.json"),
      new RegExp(`^CorruptDataError: model.json: entropy.official.${field}: `),
    );
  }
});

test("a package with an exchanged or missing file is refused", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tectile-temporal-"));
  t.after(() => rm(folder, { recursive: true }));
  await cp(folderOf("flextec"), folder, { recursive: true });
  const { card } = await load("flextec");
  await writeFile(join(folder, "past.onnx"), "another file");
  await assert.rejects(
    readTemporalTables(folder, card),
    (error) =>
      error instanceof ModelError && /past.onnx has sha256 \w{12}..., its card says \w{12}.../.test(error.message),
  );
  await rm(join(folder, "past.onnx"));
  await assert.rejects(
    readTemporalTables(folder, card),
    (error) => error instanceof ModelError && /can't be read/.test(error.message),
  );
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { CorruptDataError, InvalidRequestError, ModelError } from "../../../src/core/errors.js";
import type { Evaluate } from "../../../src/codec/official/evaluate.js";
import { parseTemporalCard } from "../../support/official-temporal/temporal-card.js";
import { openTemporal } from "../../support/official-temporal/temporal-package.js";
import { decodeTemporalPayload, parseTemporalPayload } from "../../support/official-temporal/temporal-payload.js";
import { createTemporalCodec } from "../../support/official-temporal/temporal.js";
import { openNetwork, type Network } from "../../../src/model/session.js";

// Made by models/training/golden_temporal.py with the official terracodec 0.3.1 package and small random models.
interface Vector {
  readonly rows: number;
  readonly columns: number;
  readonly payload: { readonly strings: readonly (readonly (readonly string[])[])[]; readonly quality?: number[] };
  readonly latents: readonly (readonly number[])[];
  readonly values: readonly string[];
}

const folderOf = (kind: string): string =>
  fileURLToPath(new URL(`../../../../test/fixtures/golden/official-${kind}/`, import.meta.url));

async function load(kind: string, change: (evaluate: Evaluate) => Evaluate = (evaluate) => evaluate, noise?: number) {
  const folder = folderOf(kind);
  const vector = JSON.parse(readFileSync(`${folder}payload.json`, "utf8")) as Vector;
  const opened = await openTemporal(folder);
  const codec = createTemporalCodec(opened, change(evaluateIn(folder)), noise);
  const frames = parseTemporalPayload(JSON.stringify(vector.payload), "payload.json");
  const shape = { rows: vector.rows, columns: vector.columns, location: "payload.json" };
  return { vector, opened, codec, frames, shape };
}

const official = (streams: readonly Uint8Array[] = []) => ({ streams, boundaries: new Uint8Array() });

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

for (const kind of ["tt", "flextec"]) {
  test(`${kind} streams with a boundary list decode on an engine whose floats are off`, async () => {
    const { vector, opened, codec, frames, shape } = await load(kind, (evaluate) => evaluate, NOISE);
    const { channels, width, layers } = opened.card;
    const row = 2 * channels + width + 2 * layers * width; // means and scales first
    const pushedOver =
      (evaluate: Evaluate): Evaluate =>
      async (file, feeds, output) => {
        const values = await evaluate(file, feeds, output);
        return file === "step.onnx" ? values.map((v, i) => (i % row < 2 * channels ? pushed(v) : v)) : values;
      };
    const off = await load(kind, pushedOver, NOISE);
    const past: Int16Array[] = [];
    let listed = 0;
    for (const [t, latents] of vector.latents.entries()) {
      const coded = await codec.encode({ ...shape, past }, Float32Array.from(latents), frames[t]?.length);
      listed += coded.boundaries.length;
      const decoded = await off.codec.decode({ ...shape, past }, coded);
      assert.deepEqual(decoded.latents, coded.latents, `frame ${t}`);
      assert.equal(decoded.repaired, 0);
      if (t === 0) {
        const unlisted = off.codec.decode({ ...shape, past }, official(coded.streams));
        const turned = await unlisted.then(
          ({ repaired }) => repaired,
          () => Infinity,
        );
        assert.ok(turned > 0, "the floats turned no choice: the test shows nothing");
      }
      past.push(coded.latents);
    }
    assert.ok(listed > 0, "the lists are empty");
  });
}

const NOISE = 1e-3;

/** Each number pushed to and over the closest boundary of the fixtures' 10 means, by a little less than a list allows. */
function pushed(value: number): number {
  const boundary = Math.round((value + 0.5) * 10) / 10 - 0.5;
  return value + Math.sign(boundary - value) * 0.9 * NOISE * Math.max(1, Math.abs(value));
}

test("a random-access decode needs only the two earlier frames", async () => {
  const { vector, codec, frames, shape } = await load("tt");
  const past = vector.latents.slice(1, 3).map((frame) => Int16Array.from(frame));
  const { latents } = await codec.decode({ ...shape, past }, official(frames[3]));
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
  for (const [streams, message] of cases)
    await assert.rejects(codec.decode(frame, official(streams)), corrupt(message));

  const flex = await load("flextec");
  const many = Array.from({ length: 5 }, () => flex.frames[0]?.[0] ?? new Uint8Array());
  await assert.rejects(
    flex.codec.decode({ ...flex.shape, past: [] }, official(many)),
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
  await assert.rejects(codec.decode({ ...shape, past: [] }, official(frames[0])), CorruptDataError);
});

test("shapes that don't fit are refused in one sentence", async () => {
  const { opened, codec, frames, shape } = await load("tt");
  const frame = { ...shape, past: [] };
  const streams = official(frames[0]);
  await assert.rejects(
    codec.decode({ ...frame, past: [new Int16Array(100)] }, streams),
    (error) => error instanceof InvalidRequestError && error.message.endsWith(" 100 latents, 768 expected"),
  );
  await assert.rejects(
    codec.decode({ ...frame, rows: 2 }, streams),
    (error) => error instanceof InvalidRequestError && error.message.startsWith("A chunk of 2 latents is too small"),
  );
  await assert.rejects(codec.encode(frame, new Float32Array(768), 3), InvalidRequestError);
  await assert.rejects(
    codec.encode(frame, new Float32Array(700)),
    (error) => error instanceof InvalidRequestError && error.message.endsWith(" 700 latents, 768 expected"),
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
  const { card, tables } = opened;
  const never: Evaluate = () => Promise.reject(new Error("unreachable"));
  assert.throws(
    () => createTemporalCodec({ card: { ...card, means: 11 }, tables }, never),
    /^CorruptDataError: official.tables: 10 means and 24 scales, the card says 11 and 24$/,
  );
  for (const [field, value] of [
    ["start", [1, 2]],
    ["heads", 5],
    ["kind", "fp"],
    ["reach", 7],
  ] as const) {
    assert.throws(
      () => parseTemporalCard({ ...card, [field]: value }, "model.json"),
      new RegExp(`^CorruptDataError: model.json: entropy.official.${field}: `),
    );
  }
});

test("a package with an exchanged or missing file is refused", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tectile-temporal-"));
  t.after(() => rm(folder, { recursive: true }));
  await cp(folderOf("flextec"), folder, { recursive: true });
  const refused = (message: RegExp) => (error: unknown) => error instanceof ModelError && message.test(error.message);
  await writeFile(join(folder, "past.onnx"), "another file");
  await assert.rejects(openTemporal(folder), refused(/past.onnx has sha256 \w{12}..., its card says \w{12}.../));
  await rm(join(folder, "past.onnx"));
  await assert.rejects(openTemporal(folder), refused(/past.onnx can't be read/));
  const card = JSON.parse(readFileSync(join(folder, "model.json"), "utf8")) as Record<string, unknown>;
  await writeFile(join(folder, "model.json"), JSON.stringify({ ...card, channels: 17 }));
  await assert.rejects(openTemporal(folder), /model.json: the transformer codes 16 channels, the model has 17$/);
});

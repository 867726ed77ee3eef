import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContextCoders } from "../../../src/codec/context/context-pool.js";
import type { StoredStreams } from "../../../src/codec/context/context-tasks.js";
import type { LoadedModel } from "../../../src/codec/loaded-model.js";
import { packChunk, SECTION, type Chunk } from "../../../src/container/chunk.js";
import { CorruptDataError } from "../../../src/core/errors.js";
import { bytesOfTokens, decodeContextChunk } from "../../../src/tile/context-chunk.js";
import type { DecodedChunk } from "../../../src/tile/decode-chunk.js";
import { decodeOfficialChunk } from "../../../src/tile/official-chunk.js";

const NAME = "chunk 0/0/0 of scene.tif";
const CONTEXT = { id: "tables-summary-context", file: new Uint8Array(), summary: "s.onnx", context: "c.onnx" };
const MODEL: LoadedModel = {
  id: "tec-s2",
  sha256: "",
  compatible: [],
  channels: 512,
  unitDn: 1,
  synthesis: { path: "", halo: 0 },
  analysis: { path: "", halo: 0 },
  fp: { tables: new Uint8Array(), block: 4 },
  official: undefined,
  degains: Array.from({ length: 6 }, () => new Float32Array(512)),
  contexts: { elic: CONTEXT, tt: CONTEXT },
};
const CONVERTED: LoadedModel = {
  ...MODEL,
  id: "converted",
  channels: 320,
  fp: undefined,
  official: { id: "", folder: "" },
  degains: [new Float32Array(320)],
  contexts: {},
};
const place = { name: NAME, width: 256, height: 256 };
const STREAM = { kind: SECTION.symbols, bytes: new Uint8Array(4) };

/** Coders that only note what they are asked. */
function listening(): ContextCoders & { readonly asked: StoredStreams[] } {
  const asked: StoredStreams[] = [];
  return {
    asked,
    decode(_, __, chunk) {
      asked.push(chunk);
      const { channels, rows, columns } = chunk.frame;
      return Promise.resolve({ symbols: new Int16Array(channels * rows * columns), forecast: undefined });
    },
    encode: () => Promise.reject(new Error("nothing is encoded here")),
    decodeOfficial: () => Promise.reject(new Error("no head was to be let through")),
    encodeOfficial: () => Promise.reject(new Error("nothing is encoded here")),
    health: () => undefined,
    close: () => Promise.resolve(),
  };
}

function chunkBytes(head: Partial<Pick<Chunk, "entropy" | "quality" | "channels" | "sections">>): Uint8Array {
  const { entropy = "tt", quality = 0, channels = 512, sections = [STREAM] } = head;
  return packChunk({ entropy, quality, channels, sections, width: 256, height: 256, checksum: 0 });
}

const decode = (bytes: Uint8Array, coders: ContextCoders, reference?: DecodedChunk) =>
  decodeContextChunk(
    {
      bytes,
      place,
      model: MODEL,
      tokens: undefined,
      writtenBy: "cpu",
      reference: () =>
        reference === undefined ? Promise.reject(new Error("no reference")) : Promise.resolve(reference),
    },
    coders,
  );

const says = (message: string) => (error: unknown) => {
  assert.ok(error instanceof CorruptDataError, String(error));
  assert.equal(error.message, `${NAME}: ${message}`);
  return true;
};

test("a head of the model's last step and channel is let through", async () => {
  const coders = listening();
  await decode(chunkBytes({ quality: 5, channels: 512 }), coders);
  assert.deepEqual(
    coders.asked.map(({ frame }) => [frame.quality, frame.channels]),
    [[5, 512]],
  );
});

for (const entropy of ["elic", "tt", "flextec"] as const)
  test(`${entropy}: a head that is not the model's is said in one sentence, and nothing is decoded`, async () => {
    const coders = listening();
    for (const [head, message] of [
      [{ quality: 200 }, "quality step 200, model tec-s2 has 0 to 5"],
      [{ quality: 6 }, "quality step 6, model tec-s2 has 0 to 5"],
      [{ channels: 513 }, "513 channels, model tec-s2 has 512"],
      [{ channels: 65535 }, "65535 channels, model tec-s2 has 512"],
    ] as const)
      await assert.rejects(decode(chunkBytes({ entropy, ...head }), coders), says(message));
    assert.equal(coders.asked.length, 0);
  });

test("a converted model's chunk of other channels or steps is said in one sentence", async () => {
  for (const [channels, quality] of [
    [600, 0],
    [320, 200],
  ] as const) {
    const bytes = chunkBytes({ entropy: "elic", channels, quality });
    await assert.rejects(
      decodeOfficialChunk({ bytes, place, model: CONVERTED, writtenBy: "cpu" }, listening()),
      says(`${channels} channels of quality ${quality}, 320 of quality 0 expected`),
    );
  }
});

test("a reference of more channels than the model has is said in one sentence", async () => {
  const coders = listening();
  const reference: DecodedChunk = {
    latents: { symbols: new Int8Array(600 * 256), channels: 600, rows: 16, columns: 16, quality: 0 },
    valid: "all",
    classes: undefined,
    bytes: 0,
  };
  const bytes = chunkBytes({ sections: [{ kind: SECTION.references, bytes: Uint8Array.of(0) }, STREAM] });
  await assert.rejects(
    decode(bytes, coders, reference),
    says("it leans on a chunk of 600 channels, model tec-s2 has 512"),
  );
  assert.equal(coders.asked.length, 0);
});

test("of tokens, the bytes up to the last one wanted are told; more sections than can be are said", () => {
  const token = (k: number) => ({ kind: SECTION.token0 + k, bytes: new Uint8Array(10 + k) });
  const full = [0, 1, 2, 3, 4, 5].map((kind) => ({ kind, bytes: new Uint8Array(7) }));
  const tokens = Array.from({ length: 16 }, (_, k) => token(k));
  const bytes = chunkBytes({ entropy: "flextec", sections: [...full, ...tokens] });
  assert.equal(bytesOfTokens(bytes.subarray(0, 104), 16, NAME), bytes.length);
  assert.equal(bytesOfTokens(bytes.subarray(0, 104), 2, NAME), 16 + 4 * 22 + 6 * 7 + 10 + 11);
  assert.equal(bytesOfTokens(bytes.subarray(0, 103), 2, NAME), undefined);
  const many = bytes.slice(0, 256);
  for (const sections of [23, 61, 255]) {
    many[5] = sections;
    assert.throws(() => bytesOfTokens(many, 2, NAME), says(`${sections} sections, 22 at most expected of FlexTEC`));
  }
});

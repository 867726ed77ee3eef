import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import type { Evaluate } from "../../../src/codec/evaluate.js";
import { parseTemporalCard, type TemporalCard } from "../../../src/codec/official/temporal-card.js";
import { createTemporalCodec } from "../../../src/codec/official/temporal.js";
import { openNetwork, type Network } from "../../../src/model/session.js";

// Made by models/training/golden_temporal.py with the official terracodec 0.3.1 package and small random models.
interface Vector {
  readonly official: unknown;
  readonly rows: number;
  readonly columns: number;
  readonly payload: { readonly strings: readonly (readonly (readonly string[])[])[] };
  readonly latents: readonly (readonly number[])[];
  readonly values: readonly string[];
}

function folderOf(kind: string): string {
  return fileURLToPath(new URL(`../../../../test/fixtures/golden/official-${kind}/`, import.meta.url));
}

function load(kind: string) {
  const folder = folderOf(kind);
  const vector = JSON.parse(readFileSync(`${folder}payload.json`, "utf8")) as Vector;
  const card = parseTemporalCard(vector.official, `${folder}payload.json`);
  const strings = vector.payload.strings.map((frame) =>
    frame.map(([s]) => Uint8Array.from(Buffer.from(s ?? "", "base64"))),
  );
  return { vector, card, strings, codec: createTemporalCodec(card, tablesOf(card, folder), evaluateIn(folder)) };
}

const tablesOf = (card: TemporalCard, folder: string): Uint8Array => readFileSync(folder + card.tables.file);

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
    const { vector, strings, codec } = load(kind);
    const past: Int16Array[] = [];
    for (const [t, streams] of strings.entries()) {
      const frame = await codec.decode(
        { rows: vector.rows, columns: vector.columns, past, location: `frame ${t}` },
        streams,
      );
      assert.deepEqual([...frame.latents], vector.latents[t], `frame ${t}`);
      const wanted = Buffer.from(vector.values[t] ?? "", "base64");
      const off = frame.values.map((v, i) => Math.abs(v - wanted.readFloatLE(4 * i)));
      assert.equal(wanted.length, 4 * frame.values.length);
      console.log(kind, t, frame.repaired, frame.uncertain, Math.max(...off));
      assert.ok(Math.max(...off) < 1e-4, `frame ${t}: values differ by ${Math.max(...off)}`);
      past.push(frame.latents);
    }
  });
}

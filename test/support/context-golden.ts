import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { ContextShape } from "../../src/codec/context/context-coder.js";
import { parseContextFile } from "../../src/codec/context/context-file.js";
import type { ContextModel } from "../../src/codec/context/walk.js";

/** A chunk and what Python says of it (models/training/golden_context.py). */
export interface GoldenChunk {
  readonly symbols: Int16Array;
  readonly sets: Uint8Array;
  readonly shape: ContextShape;
  /** Of every symbol in the order of coding. */
  readonly tableRows: Int16Array;
  readonly wholes: Int16Array;
  /** Means in eighths of the groups from 2 on, from those before and the earlier dates. */
  readonly forecast: Int16Array;
  /** CompressAI's, all in one. */
  readonly stream: Uint8Array;
  /** CompressAI's, one a group; none where the model has no tokens. */
  readonly tokens: readonly Uint8Array[];
}

interface StoredChunk {
  readonly rows: number;
  readonly columns: number;
  readonly quality: number;
  readonly symbols: string;
  readonly references: readonly string[];
  readonly clear: readonly (readonly number[])[];
  readonly sets: readonly number[];
  readonly tableRows: string;
  readonly wholes: string;
  readonly forecast: string;
  readonly stream: string;
  readonly tokens: readonly string[];
}

/** A small random model: its file, the folder of its networks summary.onnx and context.onnx, its chunks. */
export interface GoldenContext {
  readonly folder: string;
  readonly model: ContextModel;
  readonly chunks: readonly GoldenChunk[];
}

export function readGoldenContext(name: "context-elic" | "context-tt"): GoldenContext {
  const folder = fileURLToPath(new URL(`../../../test/fixtures/golden/${name}/`, import.meta.url));
  const file = parseContextFile(gunzipSync(readFileSync(`${folder}tables.gz`)), name);
  const stored = JSON.parse(readFileSync(`${folder}golden.json`, "utf8")) as readonly StoredChunk[];
  return {
    folder,
    model: { file, summary: "summary.onnx", context: "context.onnx" },
    chunks: stored.map((chunk) => unpackChunk(chunk, file.channels)),
  };
}

function unpackChunk(stored: StoredChunk, channels: number): GoldenChunk {
  const { rows, columns, quality, clear } = stored;
  const references = stored.references.map((text, k) => {
    const shares = Uint8Array.from(clear[1 + k] ?? []);
    return { symbols: unpack(text), clear: shares, isSeen: shares.some((share) => share > 0) };
  });
  return {
    symbols: unpack(stored.symbols),
    sets: Uint8Array.from(stored.sets),
    shape: { rows, columns, quality, channels, clear: Uint8Array.from(clear[0] ?? []), references },
    tableRows: unpack(stored.tableRows),
    wholes: unpack(stored.wholes),
    forecast: unpack(stored.forecast),
    stream: Uint8Array.from(Buffer.from(stored.stream, "base64")),
    tokens: stored.tokens.map((text) => Uint8Array.from(Buffer.from(text, "base64"))),
  };
}

function unpack(text: string): Int16Array {
  const bytes = gunzipSync(Buffer.from(text, "base64"));
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

const MODEL = fileURLToPath(new URL("../../../models/tec-s2/", import.meta.url));

/** The shipped model folder's files of a context model; undefined where the model has none. */
export function shippedContext(
  name: "elic" | "tt",
): { readonly folder: string; readonly model: ContextModel } | undefined {
  const tables = `${MODEL}${name}.tables`;
  if (!existsSync(tables)) return undefined;
  const file = parseContextFile(readFileSync(tables), tables);
  return { folder: MODEL, model: { file, summary: `${name}.summary.onnx`, context: `${name}.context.onnx` } };
}

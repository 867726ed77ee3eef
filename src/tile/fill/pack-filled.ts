import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflate, inflate } from "node:zlib";
import { z } from "zod";
import { BANDS } from "../../core/bands.js";
import { CHUNK_PX } from "../../core/geometry.js";
import { NOTHING_FILLED, type FilledChunk } from "./filled-chunk.js";

const MAGIC = "TFC1";
const DIGEST_BYTES = 16;
const HEAD_BYTES = MAGIC.length + DIGEST_BYTES;
const squeeze = promisify(deflate);
const unsqueeze = promisify(inflate);

const headSchema = z.object({
  width: z.int().min(0).max(CHUNK_PX),
  height: z.int().min(0).max(CHUNK_PX),
  bands: z.array(z.enum(BANDS)),
  dates: z.array(z.string()),
});

/**
 * Layout: magic (4), the first 16 bytes of the sha256 of all that follows, and deflated: the length of the head (4, little endian), the head as
 * JSON, samples, errors (uint16, little endian), by, nearest, opposite.
 */
export async function packFilled({ width, height, bands, dates, ...planes }: FilledChunk): Promise<Uint8Array> {
  const head = Buffer.from(JSON.stringify({ width, height, bands, dates }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const bytes = (of: Uint8Array | Uint16Array): Uint8Array => new Uint8Array(of.buffer, of.byteOffset, of.byteLength);
  const parts = [planes.samples, planes.errors, planes.by, planes.nearest, planes.opposite].map(bytes);
  const body = await squeeze(Buffer.concat([length, head, ...parts]), { level: 1 });
  return Buffer.concat([Buffer.from(MAGIC, "latin1"), digestOf(body), body]);
}

/** Undefined for bytes that are damaged or somebody else's: the chunk is filled again. */
export async function unpackFilled(packed: Uint8Array): Promise<FilledChunk | undefined> {
  const buffer = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const body = buffer.subarray(HEAD_BYTES);
  const isOurs =
    buffer.toString("latin1", 0, MAGIC.length) === MAGIC &&
    digestOf(body).equals(buffer.subarray(MAGIC.length, HEAD_BYTES));
  if (!isOurs) return undefined;
  const whole = await unsqueeze(body);
  const start = 4 + whole.readUInt32LE(0);
  const head = headSchema.safeParse(JSON.parse(whole.toString("utf8", 4, start)));
  if (!head.success) return undefined;
  const { width, height, bands, dates } = head.data;
  const pixels = width * height;
  if (pixels === 0) return NOTHING_FILLED;
  let at = start;
  const take = (bytes: number): SharedArrayBuffer => {
    const out = new SharedArrayBuffer(bytes);
    new Uint8Array(out).set(whole.subarray(at, at + bytes));
    at += bytes;
    return out;
  };
  if (whole.length !== start + pixels * (2 * bands.length + 5)) return undefined;
  return {
    width,
    height,
    bands,
    dates,
    samples: new Uint16Array(take(2 * bands.length * pixels)),
    errors: new Uint16Array(take(2 * pixels)),
    by: new Uint8Array(take(pixels)),
    nearest: new Uint8Array(take(pixels)),
    opposite: new Uint8Array(take(pixels)),
  };
}

const digestOf = (body: Uint8Array): Buffer => createHash("sha256").update(body).digest().subarray(0, DIGEST_BYTES);

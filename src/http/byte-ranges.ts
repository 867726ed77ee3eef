import { randomUUID } from "node:crypto";
import type { Request, Response } from "express";
import { matches } from "./etag.js";
import { problem, sendProblem } from "./problem.js";
import { writePieces } from "./write-pieces.js";

/** A file that is made as it is read. */
export interface RangedFile {
  readonly bytes: number;
  readonly mediaType: string;
  /** Strong, quoted. */
  readonly etag: string;
  readonly lastModified: Date | undefined;
  readonly cacheControl: string;
  /** Bytes [from, to) in pieces. */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

/** Half open. */
interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** More are refused, overlapping and adjacent ones being one: each costs decoding. */
const MAX_RANGES = 64;
/** Larger answers go out piece by piece, as their client takes them. */
const MAX_WHOLE_BYTES = 8 * 2 ** 20;

/**
 * Answers as RFC 9110 has it for files: ETag, Last-Modified and conditional requests, If-Range, one range or several (as
 * multipart/byteranges), HEAD. Ranges that lie beyond the end, run backwards or are too many are a 416.
 *
 * `hold` is given the bytes that an answer sent at once takes, and runs what makes it.
 */
export async function sendRanges(
  file: RangedFile,
  request: Request,
  response: Response,
  hold: (bytes: number, job: () => Promise<Uint8Array>) => Promise<Uint8Array>,
): Promise<void> {
  const { bytes, mediaType, etag, lastModified, cacheControl } = file;
  response.set({ "Accept-Ranges": "bytes", ETag: etag, "Cache-Control": cacheControl });
  if (lastModified !== undefined) response.set("Last-Modified", lastModified.toUTCString());
  if (!isAsExpected(file, request))
    return sendProblem(response, problem(412, "The file is no longer what If-Match says", "precondition"));
  if (isUnchanged(file, request)) return void response.status(304).end();

  const asked = mayUseRange(file, request) ? request.range(bytes, { combine: true }) : undefined;
  if (asked === -1 || (Array.isArray(asked) && asked.length > MAX_RANGES)) {
    response.removeHeader("ETag");
    response.removeHeader("Last-Modified");
    response.set("Content-Range", `bytes */${bytes}`);
    const why =
      asked === -1 ? "holds no byte of the file" : `is of ${asked.length} parts; wanted ${MAX_RANGES} at most`;
    const range = request.get("Range")?.slice(0, 80) ?? "";
    return sendProblem(response, problem(416, `Range "${range}" ${why}; it has ${bytes} bytes`, "range"));
  }
  // Units that aren't known are ignored, as the RFC wants.
  const ranges =
    Array.isArray(asked) && asked.type === "bytes" ? asked.map(({ start, end }) => ({ from: start, to: end + 1 })) : [];
  const [first = { from: 0, to: bytes }, second] = ranges;
  if (second === undefined) {
    const length = first.to - first.from;
    response
      .status(ranges.length === 0 ? 200 : 206)
      .set({ "Content-Type": mediaType, "Content-Length": String(length) });
    if (ranges.length > 0) response.set("Content-Range", contentRange(first, bytes));
    return sendPieces(() => file.read(first.from, first.to), length, { request, response, hold });
  }
  const boundary = randomUUID();
  const parts = ranges.map((range) => ({
    range,
    head: `\r\n--${boundary}\r\nContent-Type: ${mediaType}\r\nContent-Range: ${contentRange(range, bytes)}\r\n\r\n`,
  }));
  const tail = `\r\n--${boundary}--\r\n`;
  const length = parts.reduce((sum, { range, head }) => sum + head.length + range.to - range.from, tail.length);
  response.status(206).set({
    "Content-Type": `multipart/byteranges; boundary=${boundary}`,
    "Content-Length": String(length),
  });
  const read = async function* (): AsyncGenerator<Uint8Array> {
    for (const { range, head } of parts) {
      yield Buffer.from(head);
      yield* file.read(range.from, range.to);
    }
    yield Buffer.from(tail);
  };
  return sendPieces(read, length, { request, response, hold });
}

const contentRange = ({ from, to }: ByteRange, bytes: number): string => `bytes ${from}-${to - 1}/${bytes}`;

interface Sending {
  readonly request: Request;
  readonly response: Response;
  readonly hold: (bytes: number, job: () => Promise<Uint8Array>) => Promise<Uint8Array>;
}

async function sendPieces(
  read: () => AsyncIterable<Uint8Array>,
  length: number,
  { request, response, hold }: Sending,
): Promise<void> {
  if (request.method === "HEAD") return void response.end();
  if (length <= MAX_WHOLE_BYTES) {
    const whole = await hold(length, async () => {
      let body: Uint8Array | undefined;
      let at = 0;
      for await (const piece of read()) {
        if (piece.length === length) return piece;
        body ??= new Uint8Array(length);
        body.set(piece, at);
        at += piece.length;
      }
      return body ?? new Uint8Array(length);
    });
    return void response.end(whole);
  }
  await writePieces(read(), response);
}

/** False where the client knows another state of the file than this one, and wants nothing of it then. */
function isAsExpected({ etag, lastModified }: RangedFile, request: Request): boolean {
  const wanted = request.get("If-Match");
  if (wanted !== undefined) return wanted.split(",").some((part) => part.trim() === etag || part.trim() === "*");
  const since = Date.parse(request.get("If-Unmodified-Since") ?? "");
  return Number.isNaN(since) || lastModified === undefined || lastModified.getTime() < since + 1000;
}

/** True where the client has this state of the file. */
function isUnchanged({ etag, lastModified }: RangedFile, request: Request): boolean {
  const known = request.get("If-None-Match");
  if (known !== undefined) return matches(known, etag);
  const since = Date.parse(request.get("If-Modified-Since") ?? "");
  return lastModified !== undefined && lastModified.getTime() <= since;
}

/** False where If-Range names another state of the file: then all of it is sent. */
function mayUseRange({ etag, lastModified }: RangedFile, request: Request): boolean {
  const wanted = request.get("If-Range");
  if (wanted === undefined) return true;
  return wanted === etag || (lastModified !== undefined && wanted === lastModified.toUTCString());
}

import { createHash } from "node:crypto";
import type { Request, Response } from "express";
import { z } from "zod";
import type { StacJson } from "../catalog/types.js";
import { createSlices } from "../core/slices.js";
import { JSON_TYPE } from "./stac-documents.js";

/** Documents may be kept but must be checked again: ingest changes them at any time. */
export function sendDocument(response: Response, document: StacJson, type: string = JSON_TYPE): void {
  response.set("Cache-Control", "no-cache").type(type).send(JSON.stringify(document));
}

/** Characters of a long document that are made into bytes at once. */
const PIECE_CHARACTERS = 1 << 18;

/** The same for a document that may be long: its parts are made, turned to bytes and hashed in slices, so that others get their turn. */
export async function sendParts(
  parts: Iterable<string>,
  response: Response,
  { type, signal }: { readonly type: string; readonly signal: AbortSignal },
): Promise<void> {
  const slices = createSlices(signal);
  const hash = createHash("sha1");
  const pieces: Buffer[] = [];
  let text = "";
  const flush = (): void => {
    const piece = Buffer.from(text);
    hash.update(piece);
    pieces.push(piece);
    text = "";
  };
  for (const part of parts) {
    text += part;
    if (text.length > PIECE_CHARACTERS) flush();
    if (slices.isOver()) await slices.pause();
  }
  flush();
  const whole = Buffer.concat(pieces);
  response.set("ETag", `W/"${whole.length.toString(16)}-${hash.digest("base64url")}"`);
  response.set("Cache-Control", "no-cache").type(`${type}; charset=utf-8`).send(whole);
}

/** A parameter of the path, decoded. */
export function pathParam(request: Request, name: string): string {
  return z.string().parse(request.params[name]);
}

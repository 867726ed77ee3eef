import { once } from "node:events";
import type { Response } from "express";

/** Sends pieces as their client takes them: the next is made when the ones before have left. */
export async function writePieces(pieces: AsyncIterable<Uint8Array>, response: Response): Promise<void> {
  for await (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  response.end();
}

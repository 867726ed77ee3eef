import { z } from "zod";
import { messageOf } from "../../../src/core/assert.js";
import { CorruptDataError } from "../../../src/core/errors.js";
import type { DecodedFrame, TemporalCodec } from "./temporal.js";

// terracodec's compress() gives each token's stream alone in a list; some writers leave the list out
const stream = z.union([z.tuple([z.base64()]).transform(([text]) => text), z.base64()]);
const schema = z.looseObject({
  strings: z.array(z.array(stream)).min(1),
  /** FlexTEC: streams of each frame. */
  quality: z.array(z.int().min(0)).optional(),
});

/**
 * Reads what terracodec's compress() gave, as JSON with its byte strings in base64: the token streams of each frame, first frame first.
 *
 * @throws CorruptDataError naming `location` and the first field that is wrong.
 */
export function parseTemporalPayload(text: string, location: string): readonly (readonly Uint8Array[])[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(location, `not JSON (${messageOf(cause)})`, { cause });
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new CorruptDataError(location, `${issue?.path.join(".") ?? "payload"}: ${issue?.message ?? "invalid"}`);
  }
  const { strings, quality } = result.data;
  if (quality !== undefined && quality.length !== strings.length)
    throw new CorruptDataError(location, `quality: ${quality.length} numbers for ${strings.length} frames`);
  return strings.map((frame, t) => {
    const wanted = quality?.[t] ?? frame.length;
    if (frame.length !== wanted)
      throw new CorruptDataError(location, `frame ${t} has ${frame.length} streams, its quality is ${wanted}`);
    return frame.map((base64) => Uint8Array.from(Buffer.from(base64, "base64")));
  });
}

/** Decodes all frames of a payload in their order; each is [channels][rows][columns]. */
export async function decodeTemporalPayload(
  codec: TemporalCodec,
  frames: readonly (readonly Uint8Array[])[],
  shape: { readonly rows: number; readonly columns: number; readonly location: string },
): Promise<readonly DecodedFrame[]> {
  const decoded: DecodedFrame[] = [];
  for (const [t, streams] of frames.entries()) {
    const past = decoded.map(({ latents }) => latents);
    const frame = { ...shape, past, location: `${shape.location}, frame ${t}` };
    decoded.push(await codec.decode(frame, { streams, boundaries: new Uint8Array() }));
  }
  return decoded;
}

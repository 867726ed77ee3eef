import { z } from "zod";
import { CorruptDataError } from "../../../src/core/errors.js";

const part = z.object({
  /** File name inside the model's folder. */
  file: z.string().regex(/^[\w.-]+$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** `entropy.official` of a converted TEC-TT or FlexTEC package, as models/training/convert_temporal.py writes it. */
const temporalCardSchema = z
  .object({
    kind: z.enum(["tt", "flextec"]),
    tables: part,
    past: part,
    joint: part,
    step: part,
    dequantise: part,
    channels: z.int().min(1).max(4096),
    /** Numbers a token inside the transformer. */
    width: z.int().min(1).max(8192),
    /** Layers of the decoder, which keep keys and values. */
    layers: z.int().min(1).max(64),
    heads: z.int().min(1).max(256),
    /** Latents a side of a block; its window x window tokens are coded one after the other, all blocks at once. */
    window: z.int().min(1).max(16),
    /** Latents a side of what is seen of an earlier frame, the block in its middle. */
    reach: z.int().min(1).max(32),
    /** Earlier frames that are seen. */
    context: z.int().min(1).max(8),
    /** Table rows: means x scales. */
    means: z.int().min(1).max(1024),
    scales: z.int().min(2).max(1024),
    smallestScale: z.number().positive(),
    largestScale: z.number().positive(),
    /** What stands for the frame before the first: one latent a channel. */
    start: z.array(z.number()),
  })
  .refine((c) => c.start.length === c.channels, { message: "as many numbers as channels expected", path: ["start"] })
  .refine((c) => c.width % c.heads === 0, { message: "must divide the width", path: ["heads"] })
  .refine((c) => c.reach >= c.window && (c.reach - c.window) % 2 === 0, {
    message: "the window plus an even number expected",
    path: ["reach"],
  })
  .refine((c) => c.kind === "tt" || [c.window, c.reach].every((side) => c.channels % (side * side) === 0), {
    message: "latent repacking needs a multiple of a window's latents",
    path: ["channels"],
  })
  .refine((c) => c.kind === "tt" || c.width % (c.window * c.window) === 0, {
    message: "latent repacking needs a multiple of a window's latents",
    path: ["width"],
  });

export type TemporalCard = z.infer<typeof temporalCardSchema>;

/** @throws CorruptDataError naming `location` and the first field that is wrong. */
export function parseTemporalCard(value: unknown, location: string): TemporalCard {
  const result = temporalCardSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = ["entropy", "official", ...(issue?.path ?? [])].join(".");
  throw new CorruptDataError(location, `${field}: ${issue?.message ?? "invalid"}`);
}

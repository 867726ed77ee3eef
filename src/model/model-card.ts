import { z } from "zod";
import { messageOf } from "../core/assert.js";
import { BANDS } from "../core/bands.js";
import { CorruptDataError, UnsupportedError } from "../core/errors.js";

const network = z.object({
  /** File name inside the model's folder. */
  file: z.string().regex(/^[\w.-]+$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Latents a side that the network consumes beyond its output. */
  halo: z.int().min(0).max(64),
});

const file = z.object({ file: z.string().regex(/^[\w.-]+$/), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** A context model: two networks and its tables (docs/format.md §9). */
const context = z.object({ summary: file, context: file, tables: file });

const schema = z.object({
  format: z.literal(1),
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string(),
  title: z.string(),
  description: z.string(),
  licence: z.string(),
  bands: z.array(z.enum(BANDS)).length(BANDS.length),
  /** Network input = (digital number - mean) / scale; the ONNX files hold it, this is for readers. */
  normalisation: z.object({
    scale: z.union([z.number(), z.array(z.number())]),
    mean: z.union([z.number(), z.array(z.number())]),
  }),
  /** Pixels a latent. */
  stride: z.literal(16),
  /** Latent channels, most important first. */
  channels: z.int().min(16).max(4096),
  analysis: network,
  synthesis: network,
  entropy: z.object({
    fp: z.object({
      file: z.string().regex(/^[\w.-]+$/),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      /** Table sets, and the side in latents of the square blocks that choose among them. */
      sets: z.int().min(1).max(256),
      block: z.int().min(1).max(16),
    }),
    /** Context models over the same latents: `elic` for TEC-ELIC, `tt` for TEC-TT and FlexTEC. */
    context: z.object({ elic: context.optional(), tt: context.optional() }).optional(),
  }),
  /** sha256 of earlier model.json files whose latents and tables are this one's: what they encoded is read. */
  compatible: z.array(z.string().regex(/^[0-9a-f]{64}$/)).optional(),
  /** One entry a quality step: what a 256 px chunk of an ordinary unseen scene costs and gives. */
  qualities: z.array(z.object({ step: z.int().min(0), lambda: z.number(), bits: z.number(), psnr: z.number() })).min(1),
  defaultQuality: z.int().min(0),
  training: z.looseObject({
    data: z.array(z.object({ name: z.string(), licence: z.string(), images: z.int() })),
    heldOut: z.array(z.string()),
  }),
});

/** A model package's description, models/<id>/model.json: everything but the numbers in the files it names. */
export type ModelCard = z.infer<typeof schema>;

/**
 * Parses a model.json.
 *
 * @throws UnsupportedError for another format version, CorruptDataError naming the first field that is wrong.
 */
export function parseModelCard(text: string, location: string): ModelCard {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(location, `not JSON (${messageOf(cause)})`, { cause });
  }
  const version = (json as { format?: unknown } | null)?.format;
  if (typeof version === "number" && version !== 1)
    throw new UnsupportedError(`${location}: model format ${version}, this version reads 1`);
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CorruptDataError(location, `${issue?.path.join(".") ?? "card"}: ${issue?.message ?? "invalid"}`);
}

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

/** A converted TEC-ELIC (docs/converting.md). */
const elic = z.object({
  kind: z.literal("elic"),
  tables: file,
  /** N, channels of the hyperprior z. */
  hyperChannels: z.int().min(1).max(4096),
  /** latents [1, M, h, w] -> z [1, N, h / 4, w / 4]. */
  hyperAnalysis: file,
  /** z -> hyper [1, 2 M, h, w]. */
  hyperSynthesis: file,
  /** Channel groups in the order of coding; every one but the first has a channel context. */
  groups: z
    .array(z.object({ channels: z.int().min(1).max(4096), parameters: file, context: file.optional() }))
    .min(1)
    .max(16)
    .refine(
      (groups) => groups.every(({ context: before }, k) => (before === undefined) === (k === 0)),
      "a context is missing",
    ),
});

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
  /** Either `fp` and what codes the same latents by context, or the coder of a converted model, whose latents are its own. */
  entropy: z.object({
    fp: z
      .object({
        file: z.string().regex(/^[\w.-]+$/),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        /** Table sets, and the side in latents of the square blocks that choose among them. */
        sets: z.int().min(1).max(256),
        block: z.int().min(1).max(16),
      })
      .optional(),
    official: z.discriminatedUnion("kind", [elic, z.looseObject({ kind: z.enum(["tt", "flextec"]) })]).optional(),
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

/** `entropy.official` of a converted TEC-ELIC. */
export type ElicCard = z.infer<typeof elic>;

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
  if (result.success) {
    const { fp, official } = result.data.entropy;
    if ((fp === undefined) === (official === undefined))
      throw new CorruptDataError(
        location,
        `entropy: it holds ${fp === undefined ? "neither fp nor official" : "both fp and official"}, one of them is wanted`,
      );
    return result.data;
  }
  const [issue] = result.error.issues;
  throw new CorruptDataError(location, `${issue?.path.join(".") ?? "card"}: ${issue?.message ?? "invalid"}`);
}

/**
 * `entropy.official` of a converted TEC-ELIC alone.
 *
 * @throws CorruptDataError naming the first field that is wrong.
 */
export function parseElicCard(official: unknown, location: string): ElicCard {
  const result = elic.safeParse(official);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = ["entropy.official", ...(issue?.path ?? [])].join(".");
  throw new CorruptDataError(location, `${path}: ${issue?.message ?? "invalid"}`);
}

/** Every file of a converted TEC-ELIC's coder, the tables first. */
export function elicFiles(card: ElicCard): readonly { readonly file: string; readonly sha256: string }[] {
  const { tables, hyperAnalysis, hyperSynthesis, groups } = card;
  const ofGroups = groups.flatMap(({ parameters, context: before }) =>
    before === undefined ? [parameters] : [before, parameters],
  );
  return [tables, hyperAnalysis, hyperSynthesis, ...ofGroups];
}

import { z } from "zod";
import { messageOf } from "../core/assert.js";
import { BANDS } from "../core/bands.js";
import { CHUNK_PX, STRIDE } from "../core/geometry.js";
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

const common = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string(),
  title: z.string(),
  description: z.string(),
  licence: z.string(),
  bands: z.array(z.enum(BANDS)).length(BANDS.length),
  /** Pixels a latent. */
  stride: z.literal(STRIDE),
  /** Latent channels, most important first. */
  channels: z.int().min(16).max(4096),
  /** sha256 of earlier model.json files whose latents and tables are this one's: what they encoded is read. */
  compatible: z.array(z.string().regex(/^[0-9a-f]{64}$/)).optional(),
  defaultQuality: z.int().min(0),
  training: z.looseObject({
    data: z.array(z.object({ name: z.string(), licence: z.string(), images: z.int() })),
    heldOut: z.array(z.string()),
  }),
};

/** Format 1: a converted checkpoint, two networks with latents of their own. */
const converted = z.object({
  format: z.literal(1),
  ...common,
  /** Network input = (digital number - mean) / scale; the ONNX files hold it, this is for readers. */
  normalisation: z.object({
    scale: z.union([z.number(), z.array(z.number())]),
    mean: z.union([z.number(), z.array(z.number())]),
  }),
  analysis: network,
  synthesis: network,
  /** Either tables, or the coder of a converted model. */
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
  }),
  /** One entry a quality step: what a 256 px chunk of an ordinary unseen scene costs and gives. */
  qualities: z.array(z.object({ step: z.int().min(0), lambda: z.number(), bits: z.number(), psnr: z.number() })).min(1),
});

/** Format 2: the lapped basis with learned branches, and the entropy models over it. */
const lapped = z.object({
  format: z.literal(2),
  ...common,
  /** Pixels a side of a chunk. */
  chunk: z.literal(CHUNK_PX),
  transform: z.object({
    kind: z.literal("lapped"),
    /** Weights of the bands, common axes, order of the channels. */
    basis: file,
    /** Quantisation steps of the qualities, weighted digital numbers, falling. */
    steps: z.array(z.number().min(1).max(8000)).min(1).max(64),
    /** Sixteenths of the step by which cloud is coarser unless told otherwise. */
    cloudMult: z.int().min(16).max(48),
    /** ONNX files: the whole synthesis for GPUs; learned branches of the analysis and the decoder, where they pay. */
    synthesis: file,
    analysis: file.optional(),
    branch: file.optional(),
    /** Positions a side that the synthesis needs beyond what it gives. */
    halo: z.literal(2),
  }),
  entropy: z.object({
    /** Tables that all entropy models share; TEC-FP needs no more. */
    tables: file,
    /** Weights of TEC-ELIC, and of TEC-TT and FlexTEC. */
    elic: file.optional(),
    tt: file.optional(),
  }),
  /** One entry a quality step: bits of a 256 px chunk of an ordinary unseen scene, PSNR over 12 bands and over B02, B03, B04. */
  qualities: z
    .array(z.object({ step: z.int().min(0), bits: z.number(), psnr: z.number(), psnrVisible: z.number() }))
    .min(1),
});

const schema = z.discriminatedUnion("format", [converted, lapped]);

/** A model package's description, models/<id>/model.json: everything but the numbers in the files it names. */
export type ModelCard = z.infer<typeof schema>;
export type ConvertedCard = z.infer<typeof converted>;
export type LappedCard = z.infer<typeof lapped>;

/** `entropy.official` of a converted TEC-ELIC. */
export type ElicCard = z.infer<typeof elic>;

function checkLapped(card: LappedCard, location: string): LappedCard {
  const { steps } = card.transform;
  const isFalling = steps.every((step, i) => i === 0 || step < (steps[i - 1] ?? 0));
  if (!isFalling || steps.length !== card.qualities.length || card.defaultQuality >= steps.length)
    throw new CorruptDataError(
      location,
      `transform.steps: ${steps.join(", ")}; ${card.qualities.length} falling steps expected, of which ${card.defaultQuality} is the default`,
    );
  return card;
}

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
  if (typeof version === "number" && version !== 1 && version !== 2)
    throw new UnsupportedError(`${location}: model format ${version}, this version reads 1 (converted) and 2`);
  const result = schema.safeParse(json);
  if (result.success) {
    if (result.data.format === 2) return checkLapped(result.data, location);
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

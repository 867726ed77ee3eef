import { codecsOf, type LoadedModel } from "../codec/loaded-model.js";
import type { BandName, NativeFactors } from "../core/bands.js";
import { CODECS, type CodecName } from "../core/codecs.js";
import { InvalidRequestError } from "../core/errors.js";
import type { PixelWindow, Raster } from "../core/raster.js";
import type { OfficialPool } from "../codec/official/elic-pool.js";
import type { Networks } from "../model/networks.js";
import type { EncodedChunk, Goal } from "./encode-tasks.js";
import type { Encoders } from "./encoders.js";
import { createLappedCoding } from "./lapped-coding.js";
import type { ChunkMask } from "./masks.js";
import { createNetworkCoding } from "./network-coding.js";
import type { ReferenceImage } from "./references.js";

/** What an image's pixels become chunks with: the model's transform and an entropy model. */
export interface ImageCoding {
  /** Pixels a side of the blocks that are coded at once. */
  readonly blockPx: number;
  /** Pixels that it looks at around a block. */
  readonly reachPx: number;
  encode(block: BlockToEncode, signal?: AbortSignal): Promise<readonly EncodedChunk[]>;
}

/** A block of a level, with what lies around it inside the level. */
export interface BlockToEncode {
  readonly level: number;
  /** Of the level, pixels. */
  readonly levelSize: { readonly width: number; readonly height: number };
  /** The block, and the pixels read: the block and at most reachPx around it. */
  readonly core: PixelWindow;
  readonly around: PixelWindow;
  /** Of `around`. */
  readonly raster: Raster;
  readonly chunks: readonly ChunkToEncode[];
}

export interface ChunkToEncode {
  /** For messages. */
  readonly name: string;
  /** Of the level: chunk row and column, and its index. */
  readonly row: number;
  readonly column: number;
  readonly index: number;
  readonly mask: ChunkMask;
}

/** How finely an image is kept. */
export interface Fineness {
  /** Quality step; higher is better and larger. Where a target is given, the step that is nearest to it. */
  readonly quality: number;
  /** What each chunk is to reach instead: PSNR over bands and valid pixels in dB (peak 10000), or root mean square error, digital numbers. */
  readonly target?: { readonly psnr: number } | { readonly maxRmse: number } | undefined;
  /** Cloud two steps coarser, where the source says what is cloud ("coarse", the default), or as finely as the rest. */
  readonly clouds?: "coarse" | "same" | undefined;
}

/** What codes. */
export interface CodingUse {
  readonly model: LoadedModel;
  readonly codec: CodecName;
  /** Earlier dates to lean on, nearest in time first. */
  readonly references: readonly ReferenceImage[];
  /** The source's bands that repeat the pixels of a coarser grid. */
  readonly native?: NativeFactors | undefined;
  /** Bands that the source lacks: their error counts for nothing. */
  readonly absentBands?: readonly BandName[] | undefined;
  readonly networks: Networks;
  readonly encoders: Encoders;
  readonly official: OfficialPool;
}

/** PSNR and root mean square errors that can be asked for. */
const PSNR_RANGE = [15, 60] as const;
const PEAK = 10000;

/** @throws InvalidRequestError for a quality, target or entropy model that the model lacks. */
export function openCoding(use: CodingUse & Fineness): ImageCoding {
  const { model, quality, codec, references } = use;
  checkFineness(use, model);
  checkCodec(model, codec);
  if (references.length > 0 && CODECS[codec].references === 0)
    throw new InvalidRequestError(`Entropy model "${codec}" takes no references; ${namesOf(leaningCodecs())} do`);
  if (model.coding.kind !== "lapped") return createNetworkCoding({ ...use, model });
  const step = model.coding.steps[quality];
  if (step === undefined) throw new RangeError(`quality ${quality} of ${model.coding.steps.length} steps`);
  return createLappedCoding({
    ...use,
    rules: {
      codec,
      goal: goalOf(use, step),
      absent: use.absentBands ?? [],
      cloudMult: use.clouds === "same" ? 16 : model.coding.cloudMult,
    },
  });
}

function goalOf({ target }: Fineness, step: number): Goal {
  if (target === undefined) return { kind: "step", step };
  return { kind: "rmse", rmse: "psnr" in target ? PEAK / 10 ** (target.psnr / 20) : target.maxRmse };
}

/** @throws InvalidRequestError */
export function checkFineness({ quality, target, clouds }: Fineness, model: LoadedModel): void {
  if (!Number.isInteger(quality) || quality < 0 || quality >= model.qualities)
    throw new InvalidRequestError(`Quality is ${quality}; model ${model.id} has the steps 0 to ${model.qualities - 1}`);
  const isLapped = model.coding.kind === "lapped";
  if (!isLapped && (target !== undefined || clouds !== undefined))
    throw new InvalidRequestError(
      `Model ${model.id} is a converted checkpoint with one step; it takes no target and no clouds`,
    );
  if (target === undefined) return;
  const [least, most] = PSNR_RANGE;
  if ("psnr" in target) {
    if (!(target.psnr >= least && target.psnr <= most))
      throw new InvalidRequestError(`PSNR is ${target.psnr}; wanted ${least} to ${most} dB (peak ${PEAK})`);
    return;
  }
  const [finest, coarsest] = [most, least].map((dB) => PEAK / 10 ** (dB / 20)) as [number, number];
  if (!(target.maxRmse >= finest && target.maxRmse <= coarsest))
    throw new InvalidRequestError(
      `Root mean square error is ${target.maxRmse}; wanted ${Math.ceil(finest)} to ${Math.floor(coarsest)} digital numbers`,
    );
}

/** @throws InvalidRequestError when the model has no such entropy model. */
export function checkCodec(model: LoadedModel, codec: CodecName): void {
  const has = codecsOf(model);
  if (!has.includes(codec))
    throw new InvalidRequestError(`Entropy model is "${codec}"; model ${model.id} has ${has.join(", ")}`);
}

const leaningCodecs = (): readonly string[] =>
  Object.entries(CODECS).flatMap(([name, { references }]) => (references > 0 ? [`"${name}"`] : []));
const namesOf = (names: readonly string[]): string => names.join(" and ");

import { checksumOf } from "../codec/checksum.js";
import { clearShares } from "../codec/context/clear-shares.js";
import { statedAxes } from "../codec/lapped/axes-coding.js";
import { createAxesChooser } from "../codec/lapped/choose-axes.js";
import { PLAIN_MULT, positionSteps } from "../codec/lapped/cloud-steps.js";
import { shapeOf, type LappedCoder, type LappedFrame, type LappedParts } from "../codec/lapped/lapped-coder.js";
import { createQuantiser, type QuantisedChunk } from "../codec/lapped/quantise.js";
import { openLappedCoder, type DecodableModel } from "../codec/open-coder.js";
import { packChunk, SECTION, storedStep, type Section } from "../container/chunk.js";
import { maskSections } from "../container/chunk-masks.js";
import type { NativeFactors } from "../core/bands.js";
import { CODECS, type CodecName } from "../core/codecs.js";
import { InvalidRequestError } from "../core/errors.js";
import type { LatentChunk, SpectralScale } from "../core/latents.js";
import { analyseBlock, momentsOf, turnedTo, type AnalysedBlock } from "../model/lapped/analyse.js";
import { STRIDE } from "../core/geometry.js";
import { createKernels, type LappedKernels } from "../model/lapped/kernels.js";
import type { LappedTransform } from "../model/transform.js";
import { chunkPixels, decodedPixels, rmseOf, type ChunkPixels, type RunNetwork } from "./chunk-error.js";
import type { ChunkJob, ChunkRules, EncodedChunk, EncodeTask } from "./encode-tasks.js";

/** Encodes blocks of one lapped model; for one thread. */
export interface BlockEncoder {
  /** @throws InvalidRequestError where a chunk can't reach its goal. */
  encode(task: EncodeTask): Promise<readonly EncodedChunk[]>;
}

/** @throws RangeError for a model without the lapped basis. */
export function createBlockEncoder(model: DecodableModel, run: RunNetwork): BlockEncoder {
  const { transform, coding } = model;
  if (transform.kind !== "lapped" || coding.kind !== "lapped") throw new RangeError(`model ${model.id} is not lapped`);
  const coder = openLappedCoder(model);
  const parts: Parts = {
    transform,
    coder,
    steps: coding.steps,
    hasElic: coding.weights.elic !== undefined,
    quantiser: createQuantiser(coder.tables),
    chooseAxes: createAxesChooser(coder.tables, transform.basis.order),
    kernels: createKernels(),
    measuring: createKernels(),
    run,
  };
  return {
    async encode({ pixels, width, height, firstRow, firstColumn, native, rules, chunks }) {
      const place = { x: STRIDE * firstColumn, y: STRIDE * firstRow, width, height };
      const block = analyseBlock(pixels, place, { ...transform.basis, native }, parts.kernels);
      const out: EncodedChunk[] = [];
      for (const job of chunks)
        out.push(await encodeChunk(block, { firstRow, firstColumn, native, job, rules }, parts));
      return out;
    },
  };
}

interface Parts {
  readonly transform: LappedTransform;
  readonly coder: LappedCoder;
  /** Of the qualities, weighted digital numbers. */
  readonly steps: readonly number[];
  readonly hasElic: boolean;
  readonly quantiser: ReturnType<typeof createQuantiser>;
  readonly chooseAxes: ReturnType<typeof createAxesChooser>;
  readonly kernels: LappedKernels;
  /** Apart, as the block lives in the others' memory. */
  readonly measuring: LappedKernels;
  readonly run: RunNetwork;
}

interface ChunkInput {
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly native: NativeFactors | undefined;
  readonly job: ChunkJob;
  readonly rules: ChunkRules;
}

/** A chunk quantised at one step, as a reader will see it. */
interface Attempt {
  readonly step: number;
  readonly quality: number;
  readonly quantised: QuantisedChunk;
  readonly values: Float32Array;
  readonly spectral: SpectralScale;
  readonly axes: ReturnType<ReturnType<typeof createAxesChooser>>;
}

async function encodeChunk(block: AnalysedBlock, input: ChunkInput, parts: Parts): Promise<EncodedChunk> {
  const { job, rules } = input;
  const { mask, references } = job;
  const { width, height } = mask;
  const [rows, columns] = [Math.ceil(height / STRIDE), Math.ceil(width / STRIDE)];
  const at = { row: job.row - input.firstRow, column: job.column - input.firstColumn };
  const core = block.cut({ ...at, rows, columns });
  const ring =
    parts.transform.analysis === undefined
      ? undefined
      : block.cut({ row: at.row - 1, column: at.column - 1, rows: rows + 2, columns: columns + 2 });
  const masks = { width, height, valid: mask.valid, classes: mask.classes };
  const mult = positionSteps(masks, rules.cloudMult);
  const cloudMult = mult.includes(rules.cloudMult) ? rules.cloudMult : PLAIN_MULT;
  const content: ChunkPixels = {
    rows,
    columns,
    ring,
    core,
    mult,
    native: input.native,
    x: STRIDE * job.column,
    y: STRIDE * job.row,
    moments: momentsOf(core, parts.kernels),
    reference: references[0]?.chunk.latents.spectral?.axes,
  };
  const best = await reach(rules, content, job, parts);
  const { quantised, axes, quality, step } = best;
  const frame: LappedFrame = {
    rows,
    columns,
    channels: quantised.channels,
    quality,
    step,
    clear: rules.codec === "fp" ? new Uint8Array() : clearShares(masks),
    references: references.map(({ chunk }) => chunk),
  };
  const encode = (name: CodecName): Coded => {
    // An error that was asked for was measured on the first symbols.
    const isSettled = name === "fp" || rules.goal.kind === "rmse";
    const kept = isSettled ? quantised : requantised(name, best, frame, parts);
    const { names } = quantised;
    const stored = { symbols: kept.symbols, axes, names, cloudMult, mult };
    return { kept, parts: parts.coder.encode(name, stored, { ...frame, channels: kept.channels }) };
  };
  const { codec, sections, kept } = cheapest(rules.codec, frame, encode, {
    hasElic: parts.hasElic,
    leansOn: references.map(({ index }) => index),
    standsAlone: !axes.modes.includes("reference"),
  });
  const all = maskSections(mask);
  const bytes = packChunk({
    codec,
    quality,
    step,
    width,
    height,
    channels: kept.channels,
    checksum: checksumOf(kept.symbols),
    // Tokens come last, so that the first bytes of a chunk are all that its first tokens need.
    sections: CODECS[codec].tokens > 0 ? [...all, ...sections] : [...sections, ...all],
  });
  parts.kernels.free(core.at);
  return { bytes, latents: latentsOf({ ...best, quantised: kept }, content) };
}

/** Symbols and how many channels of them. */
type Kept = Pick<QuantisedChunk, "symbols" | "channels">;

/** What an entropy model stores. */
interface Coded {
  readonly kept: Kept;
  readonly parts: LappedParts;
}

/** The symbols chosen again by what a context model says of them: 2 % fewer bits at the same error. */
function requantised(
  codec: CodecName,
  { quantised, values, spectral }: Attempt,
  frame: LappedFrame,
  parts: Parts,
): Kept {
  const { symbols } = quantised;
  const { rows, columns, step, quality } = frame;
  const said = parts.coder.context(codec, "encoder").describe({ ...shapeOf(frame, spectral), symbols });
  return parts.quantiser.requantise({ values, rows, columns, step, mult: spectral.mult, quality }, symbols, said);
}

function latentsOf(
  { quantised, quality, spectral }: Pick<Attempt, "quality" | "spectral"> & { readonly quantised: Kept },
  { rows, columns }: ChunkPixels,
): LatentChunk {
  const shared = new Int16Array(new SharedArrayBuffer(quantised.symbols.byteLength));
  shared.set(quantised.symbols);
  return { symbols: shared, channels: quantised.channels, rows, columns, quality, spectral };
}

/** Axes, analysis branch and quantisation at one step. */
async function attempt(wanted: number, content: ChunkPixels, parts: Parts): Promise<Attempt> {
  const { transform, kernels } = parts;
  const { basis } = transform;
  const { rows, columns, core, mult, moments, reference } = content;
  const step = storedStep(wanted);
  const quality = nearestQuality(step, parts.steps);
  const positions = rows * columns;
  const axes = parts.chooseAxes({ moments, positions, step, common: basis.common, reference });
  const turned = statedAxes(axes, basis.common, reference, "encoder");
  const values = turnedTo(core, turned, basis.order, kernels);
  await addAnalysis(values, turned, content, parts);
  const quantised = parts.quantiser.quantise({ values, rows, columns, step, mult, quality });
  return { step, quality, quantised, values, axes, spectral: { step, mult, axes: turned } };
}

/** What a model's learned branch adds to the strongest components; nothing where it has none. */
async function addAnalysis(
  values: Float32Array,
  axes: Float32Array,
  { ring, rows, columns }: ChunkPixels,
  { transform, kernels, run }: Parts,
): Promise<void> {
  if (ring === undefined || transform.analysis === undefined) return;
  const { order, analysed } = transform.basis;
  const dims = [1, analysed, rows + 2, columns + 2];
  const data = turnedTo(ring, axes, order.subarray(0, analysed), kernels);
  const residual = await run(transform.analysis, { name: "components", dims, data }, "residual");
  for (let i = 0; i < residual.length; i++) values[i] = (values[i] ?? 0) + (residual[i] ?? 0);
}

/** The quality whose step is nearest, by ratio. */
function nearestQuality(step: number, steps: readonly number[]): number {
  const distance = (other: number): number => Math.abs(Math.log(other / step));
  return steps.reduce((best, other, q) => (distance(other) < distance(steps[best] ?? 1) ? q : best), 0);
}

/** Tries of steps before a goal counts as out of reach; how near is near enough, dB. */
const [MOST_TRIES, NEAR_DB] = [8, 0.03];
const dB = (rmse: number): number => 20 * Math.log10(rmse);

/**
 * The chunk at the goal's step, or at the step with which its error is what was asked for. The error hardly depends on anything but the step
 * (the basis is orthogonal), so that a secant on decibels finds it in two or three tries.
 */
async function reach(
  { goal, absent }: ChunkRules,
  content: ChunkPixels,
  job: ChunkJob,
  parts: Parts,
): Promise<Attempt> {
  if (goal.kind === "step") return attempt(goal.step, content, parts);
  const wanted = dB(goal.rmse);
  const truth = chunkPixels(content, parts);
  const error = async (tried: Attempt): Promise<number> => {
    const pixels = await decodedPixels(latentsOf(tried, content), content, parts);
    return dB(Math.max(1e-3, rmseOf(truth, pixels, content, { mask: job.mask, absent })));
  };
  // A step of s leaves an error of about s / sqrt 12, less where most symbols are 0.
  let step = goal.rmse * Math.sqrt(12);
  let slope = 0.7;
  let best: { readonly tried: Attempt; readonly off: number } | undefined;
  for (let n = 0; n < MOST_TRIES; n++) {
    const tried = await attempt(step, content, parts);
    const off = (await error(tried)) - wanted;
    const last = best;
    if (best === undefined || Math.abs(off) < Math.abs(best.off)) best = { tried, off };
    if (Math.abs(off) <= NEAR_DB) break;
    const moved = last === undefined ? 0 : dB(tried.step / last.tried.step);
    if (last !== undefined && Math.abs(moved) > 0.01) slope = Math.max(0.25, Math.min(1.5, (off - last.off) / moved));
    const next = storedStep(tried.step * 10 ** (-off / slope / 20));
    if (next === tried.step) break;
    step = next;
  }
  if (best !== undefined && best.off < 0.1) return best.tried;
  throw new InvalidRequestError(
    `${job.name} can't be kept at ${psnr(wanted)} dB: this model reaches ${psnr(wanted + (best?.off ?? 0))} dB there; ask for less`,
  );
}

const psnr = (rmseInDb: number): string => (80 - rmseInDb).toFixed(1);

/** A chunk by the entropy model asked for, or by a simpler one where that is smaller. */
function cheapest(
  asked: CodecName,
  { references }: Pick<LappedFrame, "references">,
  encode: (codec: CodecName) => Coded,
  use: { readonly hasElic: boolean; readonly leansOn: readonly number[]; readonly standsAlone: boolean },
): { readonly codec: CodecName; readonly sections: readonly Section[]; readonly kept: Kept } {
  const coded = (codec: CodecName): ReturnType<typeof cheapest> => {
    const { kept, parts } = encode(codec);
    return { codec, kept, sections: sectionsOf(parts, CODECS[codec].references > 0 ? use.leansOn : []) };
  };
  // FlexTEC stays even where it is larger: its tokens are what it is for. Axes of a reference need one.
  if (CODECS[asked].tokens > 0 || asked === "fp" || !use.standsAlone) return coded(asked);
  const leansOnNone = CODECS[asked].references > 0 && references.length === 0 && use.hasElic;
  const [plain, context] = [coded("fp"), coded(leansOnNone ? "elic" : asked)];
  const bytes = (sections: readonly Section[]): number => sections.reduce((sum, s) => sum + 4 + s.bytes.length, 0);
  return bytes(context.sections) < bytes(plain.sections) ? context : plain;
}

function sectionsOf({ symbols, axes, tokens }: LappedParts, leansOn: readonly number[]): readonly Section[] {
  return [
    ...(symbols === undefined ? [] : [{ kind: SECTION.symbols, bytes: symbols }]),
    ...(leansOn.length === 0 ? [] : [{ kind: SECTION.references, bytes: Uint8Array.from(leansOn) }]),
    ...(axes === undefined ? [] : [{ kind: SECTION.axes, bytes: axes }]),
    ...(tokens ?? []).map((bytes, t) => ({ kind: SECTION.token0 + t, bytes })),
  ];
}

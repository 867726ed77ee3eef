import { join } from "node:path";
import { ModelError, UnsupportedError } from "../core/errors.js";
import type { CodecName } from "../core/codecs.js";
import { parseBasis } from "../model/lapped/basis.js";
import type { ConvertedModel, LappedModel, Model } from "../model/model-zoo.js";
import type { LappedTransform, NetworkTransform, Transform } from "../model/transform.js";
import { parseLappedTables } from "./lapped/entropy-tables.js";
import { parseTables } from "./tables.js";

/** A model ready for threads: paths, and numbers on shared memory, so that naming it in a task costs nothing. */
export interface LoadedModel {
  readonly id: string;
  /** sha256 of its model.json. */
  readonly sha256: string;
  /** sha256 of earlier model.json files whose chunks this one decodes. */
  readonly compatible: readonly string[];
  readonly channels: number;
  /** Quality steps. */
  readonly qualities: number;
  /** Between pixels and latents. */
  readonly transform: Transform;
  /** Between latents and bytes. */
  readonly coding: Coding;
}

/** What codes a model's latents. */
export type Coding = LappedCoding | FactorizedCoding | OfficialElic;

/** All entropy models of a lapped model share tables; those by context have weights. */
export interface LappedCoding {
  readonly kind: "lapped";
  /** The file of tables, on shared memory. */
  readonly tables: Uint8Array;
  /** Weights of TEC-ELIC (`elic`), and of TEC-TT and FlexTEC (`tt`), on shared memory. */
  readonly weights: Readonly<Partial<Record<"elic" | "tt", Uint8Array>>>;
  /** Quantisation steps of the qualities, weighted digital numbers. */
  readonly steps: readonly number[];
  /** Sixteenths of the step by which cloud is coarser unless told otherwise. */
  readonly cloudMult: number;
}

/** A converted TEC-FP: the file of frozen tables, on shared memory, and the side of the blocks that choose a set. */
export interface FactorizedCoding {
  readonly kind: "factorized";
  readonly tables: Uint8Array;
  readonly block: number;
}

/** A converted TEC-ELIC: networks of its own in its folder. */
export interface OfficialElic {
  readonly kind: "official";
  /** sha256 of its model.json. */
  readonly id: string;
  readonly folder: string;
}

/**
 * Parses the tables once and shares what the threads need.
 *
 * @throws ModelError when the tables are not of the card's channels, qualities and sets; UnsupportedError for a converted TEC-TT or FlexTEC.
 */
export function loadModel(model: Model): LoadedModel {
  const { card, sha256 } = model;
  return {
    id: card.id,
    sha256,
    compatible: card.compatible ?? [],
    channels: card.channels,
    qualities: card.qualities.length,
    ...(model.kind === "lapped" ? loadLapped(model) : loadConverted(model)),
  };
}

/** Entropy models that a model's images may be stored with, its default first. */
export function codecsOf({ coding }: Pick<LoadedModel, "coding">): readonly CodecName[] {
  if (coding.kind === "factorized") return ["fp"];
  if (coding.kind === "official") return ["elic"];
  const { elic, tt } = coding.weights;
  const temporal: readonly CodecName[] = tt === undefined ? [] : ["tt", "flextec"];
  return ["fp", ...(elic === undefined ? [] : (["elic"] as const)), ...temporal];
}

type Loaded = Pick<LoadedModel, "transform" | "coding">;

function loadLapped({ card, path, basis: basisBytes, tables: bytes, weights }: LappedModel): Loaded {
  const { basis: basisFile, steps, cloudMult, halo } = card.transform;
  const basis = parseBasis(basisBytes, join(path, basisFile.file));
  const location = join(path, card.entropy.tables.file);
  const tables = parseLappedTables(bytes, location);
  const [found, wanted] = [
    [tables.channels, basis.order.length, tables.steps],
    [card.channels, card.channels, steps.length],
  ];
  if (found.join() !== wanted.join())
    throw new ModelError(
      `${location} and its basis are for ${found.join(", ")} channels, channels and quality steps, its card says ${wanted.join(", ")}`,
    );
  const at = (part: { readonly file: string }): string => join(path, part.file);
  const transform: LappedTransform = {
    kind: "lapped",
    channels: card.channels,
    halo,
    basis,
    degains: tables.degain.map((gains) => new Float32Array(share(gains))),
    synthesis: at(card.transform.synthesis),
    branch: card.transform.branch && at(card.transform.branch),
    analysis: card.transform.analysis && at(card.transform.analysis),
  };
  const shared = Object.entries(weights).map(([name, file]) => [name, new Uint8Array(share(file))] as const);
  const coding: LappedCoding = {
    kind: "lapped",
    tables: new Uint8Array(share(bytes)),
    weights: Object.fromEntries(shared),
    steps,
    cloudMult,
  };
  return { transform, coding };
}

function loadConverted(model: ConvertedModel): Loaded {
  const { card, path } = model;
  const { degains, coding } = loadFactorized(model) ?? loadOfficial(model);
  const transform: NetworkTransform = {
    kind: "network",
    channels: card.channels,
    halo: card.synthesis.halo,
    synthesis: join(path, card.synthesis.file),
    analysis: { path: join(path, card.analysis.file), halo: card.analysis.halo },
    degains,
  };
  return { transform, coding };
}

interface ConvertedCoding {
  readonly degains: NetworkTransform["degains"];
  readonly coding: FactorizedCoding | OfficialElic;
}

function loadFactorized({ card, path, tables: bytes }: ConvertedModel): ConvertedCoding | undefined {
  const { fp } = card.entropy;
  if (fp === undefined || bytes === undefined) return undefined;
  const location = join(path, fp.file);
  const tables = parseTables(bytes, location);
  const [found, wanted] = [
    [tables.channels, tables.steps.length, tables.sets],
    [card.channels, card.qualities.length, fp.sets],
  ];
  if (found.join() !== wanted.join())
    throw new ModelError(
      `${location} is for ${found.join(", ")} channels, quality steps and sets, its card says ${wanted.join(", ")}`,
    );
  return {
    degains: tables.steps.map((step) => new Float32Array(share(step.degain))),
    coding: { kind: "factorized", tables: new Uint8Array(share(bytes)), block: fp.block },
  };
}

function loadOfficial({ card, path, sha256 }: ConvertedModel): ConvertedCoding {
  const kind = card.entropy.official?.kind ?? "none";
  if (kind !== "elic")
    throw new UnsupportedError(
      `Model ${card.id} is a converted checkpoint with entropy model "${kind}"; images are stored with converted "fp" and "elic" only`,
    );
  if (card.qualities.length !== 1)
    throw new ModelError(`Model ${card.id} has ${card.qualities.length} quality steps, a converted TEC-ELIC has 1`);
  return {
    degains: [new Float32Array(share(new Float32Array(card.channels).fill(1)))],
    coding: { kind: "official", id: sha256, folder: path },
  };
}

function share(source: Uint8Array | Float32Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(source.byteLength);
  new Uint8Array(shared).set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  return shared;
}

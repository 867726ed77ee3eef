import { join } from "node:path";
import { ModelError, UnsupportedError } from "../core/errors.js";
import { parseTables } from "./tables.js";
import type { Model } from "../model/model-zoo.js";
import type { LoadedContext, LoadedOfficial } from "./context/context-tasks.js";

/** A model ready for threads: paths, and numbers on shared memory, so that naming it in a task costs nothing. */
export interface LoadedModel {
  readonly id: string;
  /** sha256 of its model.json. */
  readonly sha256: string;
  /** sha256 of earlier model.json files whose chunks this one decodes. */
  readonly compatible: readonly string[];
  readonly channels: number;
  /** Digital numbers in one of the networks' units; the mean over bands where they differ. */
  readonly unitDn: number;
  readonly synthesis: { readonly path: string; readonly halo: number };
  readonly analysis: { readonly path: string; readonly halo: number };
  /** TEC-FP: the file of frozen tables, on shared memory, and the side of its blocks; absent in a converted TEC-ELIC. */
  readonly fp: { readonly tables: Uint8Array; readonly block: number } | undefined;
  /** A converted TEC-ELIC's coder; absent where `fp` is there. */
  readonly official: LoadedOfficial | undefined;
  /** For each quality step one dequantisation factor a channel, 1 in a converted TEC-ELIC; on shared memory. */
  readonly degains: readonly Float32Array[];
  /** Context models over the same latents: `elic`, and `tt` for TEC-TT and FlexTEC; absent where the model has none. */
  readonly contexts: Readonly<Partial<Record<"elic" | "tt", LoadedContext>>>;
}

/**
 * Parses the tables once and shares what the threads need.
 *
 * @throws ModelError when the tables are not of the card's channels, qualities and sets; UnsupportedError for a converted TEC-TT or FlexTEC.
 */
export function loadModel(model: Model): LoadedModel {
  const { card, path } = model;
  return {
    id: card.id,
    sha256: model.sha256,
    compatible: card.compatible ?? [],
    channels: card.channels,
    unitDn: meanOf(card.normalisation.scale),
    synthesis: { path: join(path, card.synthesis.file), halo: card.synthesis.halo },
    analysis: { path: join(path, card.analysis.file), halo: card.analysis.halo },
    ...(loadFp(model) ?? loadOfficial(model)),
    contexts: {
      ...loadContext(model, "elic"),
      ...loadContext(model, "tt"),
    },
  };
}

type LoadedEntropy = Pick<LoadedModel, "fp" | "official" | "degains">;

function loadFp({ card, path, tables: bytes }: Model): LoadedEntropy | undefined {
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
    fp: { tables: new Uint8Array(share(bytes)), block: fp.block },
    official: undefined,
    degains: tables.steps.map((step) => new Float32Array(share(step.degain))),
  };
}

function loadOfficial({ card, path, sha256 }: Model): LoadedEntropy {
  const kind = card.entropy.official?.kind ?? "none";
  if (kind !== "elic")
    throw new UnsupportedError(
      `Model ${card.id} is a converted checkpoint with entropy model "${kind}"; images are stored with converted "fp" and "elic" only`,
    );
  if (card.qualities.length !== 1)
    throw new ModelError(`Model ${card.id} has ${card.qualities.length} quality steps, a converted TEC-ELIC has 1`);
  return {
    fp: undefined,
    official: { id: sha256, folder: path },
    degains: [new Float32Array(share(new Float32Array(card.channels).fill(1)))],
  };
}

function loadContext({ card, path, contextTables }: Model, name: "elic" | "tt"): LoadedModel["contexts"] {
  const [parts, tables] = [card.entropy.context?.[name], contextTables[name]];
  if (parts === undefined || tables === undefined) return {};
  const context: LoadedContext = {
    id: [parts.tables, parts.summary, parts.context].map(({ sha256 }) => sha256).join("-"),
    file: new Uint8Array(share(tables)),
    summary: join(path, parts.summary.file),
    context: join(path, parts.context.file),
  };
  return { [name]: context };
}

function meanOf(scale: number | readonly number[]): number {
  return typeof scale === "number" ? scale : scale.reduce((sum, one) => sum + one, 0) / scale.length;
}

function share(source: Uint8Array | Float32Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(source.byteLength);
  new Uint8Array(shared).set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  return shared;
}

import { join } from "node:path";
import { ModelError } from "../core/errors.js";
import { parseTables } from "./tables.js";
import type { Model } from "../model/model-zoo.js";
import type { LoadedContext } from "./context/context-tasks.js";

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
  /** The file of frozen tables, on shared memory. */
  readonly tables: Uint8Array;
  readonly block: number;
  /** For each quality step one dequantisation factor a channel; on shared memory. */
  readonly degains: readonly Float32Array[];
  /** Context models over the same latents: `elic`, and `tt` for TEC-TT and FlexTEC; absent where the model has none. */
  readonly contexts: Readonly<Partial<Record<"elic" | "tt", LoadedContext>>>;
}

/**
 * Parses the tables once and shares what the threads need.
 *
 * @throws ModelError when the tables are not of the card's channels, qualities and sets.
 */
export function loadModel(model: Model): LoadedModel {
  const { card, path } = model;
  const location = join(path, card.entropy.fp.file);
  const tables = parseTables(model.tables, location);
  const [found, wanted] = [
    [tables.channels, tables.steps.length, tables.sets],
    [card.channels, card.qualities.length, card.entropy.fp.sets],
  ];
  if (found.join() !== wanted.join())
    throw new ModelError(
      `${location} is for ${found.join(", ")} channels, quality steps and sets, its card says ${wanted.join(", ")}`,
    );
  return {
    id: card.id,
    sha256: model.sha256,
    compatible: card.compatible ?? [],
    channels: card.channels,
    unitDn: meanOf(card.normalisation.scale),
    synthesis: { path: join(path, card.synthesis.file), halo: card.synthesis.halo },
    analysis: { path: join(path, card.analysis.file), halo: card.analysis.halo },
    tables: new Uint8Array(share(model.tables)),
    block: card.entropy.fp.block,
    degains: tables.steps.map((step) => new Float32Array(share(step.degain))),
    contexts: {
      ...loadContext(model, "elic"),
      ...loadContext(model, "tt"),
    },
  };
}

function loadContext({ card, path, contextTables }: Model, name: "elic" | "tt"): LoadedModel["contexts"] {
  const [parts, tables] = [card.entropy.context?.[name], contextTables[name]];
  if (parts === undefined || tables === undefined) return {};
  const context: LoadedContext = {
    id: parts.tables.sha256,
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

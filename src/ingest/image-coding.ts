import { createFactorizedCoder } from "../codec/factorized.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import { parseTables } from "../codec/tables.js";
import { InvalidRequestError } from "../core/errors.js";
import type { ChunkCoding } from "./chunk-encoder.js";
import { checkEntropy, type ContextUse } from "./context-encoder.js";
import type { OfficialCoding } from "./official-encoder.js";

/** What codes an image's chunks: TEC-FP, beside it a context model where one is asked for; or a converted TEC-ELIC. */
export type ImageCoding = ({ readonly kind: "fp" } & ChunkCoding) | ({ readonly kind: "official" } & OfficialCoding);

/** @throws InvalidRequestError for a quality or an entropy model that the model lacks. */
export function openCoding({
  model,
  quality,
  context,
}: {
  readonly model: LoadedModel;
  readonly quality: number;
  readonly context?: Omit<ContextUse, "model"> | undefined;
}): ImageCoding {
  const last = model.degains.length - 1;
  if (model.degains[quality] === undefined)
    throw new InvalidRequestError(`Quality is ${quality}; model ${model.id} has 0 to ${last}`);
  checkEntropy(model, context?.entropy ?? "fp");
  if (model.fp === undefined) {
    if (model.official === undefined || context === undefined) throw new RangeError(`model ${model.id} has no coder`);
    return { kind: "official", model: model.official, coders: context.coders, quality };
  }
  const tables = parseTables(model.fp.tables, `tables of ${model.id}`);
  const step = tables.steps[quality];
  if (step === undefined) throw new RangeError(`tables of ${model.id} have ${tables.steps.length} steps`);
  return {
    kind: "fp",
    coder: createFactorizedCoder(tables, model.fp.block),
    step,
    quality,
    context: context === undefined ? undefined : { ...context, model },
  };
}

import type { LoadedModel } from "../codec/loaded-model.js";
import { InvalidRequestError, NotFoundError } from "../core/errors.js";
import type { Decoder } from "./services.js";

/** How to encode: the first model that is installed, and the model's own quality, unless told otherwise. */
export interface ModelChoice {
  readonly model?: string | undefined;
  /** Quality step, 0 (smallest) upwards. */
  readonly quality?: number | undefined;
}

/** @throws NotFoundError for a model that isn't installed, InvalidRequestError for a quality that it doesn't have. */
export async function chooseModel(
  choice: ModelChoice,
  decoder: Pick<Decoder, "models" | "loadModel">,
): Promise<{ readonly model: LoadedModel; readonly quality: number }> {
  const id = choice.model ?? (await decoder.models.ids())[0];
  if (id === undefined) throw new NotFoundError("No model is installed; give a folder of models with --models");
  const { card } = await decoder.models.open(id);
  const quality = choice.quality ?? card.defaultQuality;
  if (!Number.isInteger(quality) || quality < 0 || quality >= card.qualities.length)
    throw new InvalidRequestError(`Quality is ${quality}; model ${id} has the steps 0 to ${card.qualities.length - 1}`);
  return { model: await decoder.loadModel(id), quality };
}

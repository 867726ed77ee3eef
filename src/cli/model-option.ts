import type { Decoder } from "../app/services.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import { NotFoundError } from "../core/errors.js";
import { numberOption, textOption, type CommandInput } from "./arguments.js";

export const MODEL_OPTIONS = { model: { type: "string" }, quality: { type: "string", short: "q" } } as const;

export const MODEL_HELP = `  --model ID        default: the first that is installed
  --quality Q       quality step, 0 (smallest) upwards; default: the model's own`;

/** The model and quality step that the options name. @throws NotFoundError, InvalidRequestError */
export async function chooseModel(
  input: CommandInput,
  decoder: Pick<Decoder, "models" | "loadModel">,
): Promise<{ readonly model: LoadedModel; readonly quality: number }> {
  const id = textOption(input, "model") ?? (await decoder.models.ids())[0];
  if (id === undefined) throw new NotFoundError("No model is installed; give a folder of models with --models");
  const { card } = await decoder.models.open(id);
  const quality = numberOption(input, "quality", { min: 0, max: card.qualities.length - 1 }) ?? card.defaultQuality;
  return { model: await decoder.loadModel(id), quality: Math.round(quality) };
}

import { chooseModel as modelFor } from "../app/choose-model.js";
import type { Decoder } from "../app/services.js";
import { numberOption, textOption, type CommandInput } from "./arguments.js";

export const MODEL_OPTIONS = { model: { type: "string" }, quality: { type: "string", short: "q" } } as const;

export const MODEL_HELP = `  --model ID        default: the first that is installed
  --quality Q       quality step, 0 (smallest) upwards; default: the model's own`;

/** The model and quality step that the options name. @throws NotFoundError, InvalidRequestError */
export async function chooseModel(
  input: CommandInput,
  decoder: Pick<Decoder, "models" | "loadModel">,
): ReturnType<typeof modelFor> {
  const quality = numberOption(input, "quality", { min: 0, max: 1000 });
  return modelFor({ model: textOption(input, "model"), quality }, decoder);
}

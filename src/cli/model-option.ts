import { chooseModel as modelFor } from "../app/choose-model.js";
import { ENTROPY_MODELS, type EntropyModel } from "../container/chunk.js";
import { InvalidRequestError } from "../core/errors.js";
import type { Decoder } from "../app/services.js";
import { numberOption, textOption, type CommandInput } from "./arguments.js";

export const MODEL_OPTIONS = { model: { type: "string" }, quality: { type: "string", short: "q" } } as const;

export const MODEL_HELP = `  --model ID        default: the first that is installed
  --quality Q       quality step, 0 (smallest) upwards; default: the model's own`;

export const ENTROPY_OPTIONS = { entropy: { type: "string" } } as const;

export const ENTROPY_HELP = `  --entropy NAME    ${ENTROPY_MODELS.join(", ")} (default fp; a converted TEC-ELIC has elic only): how latents are
                    stored; the picture is the same`;

/** Undefined: the model's default. @throws InvalidRequestError for another name. */
export function chooseEntropy(input: CommandInput): EntropyModel | undefined {
  const text = textOption(input, "entropy");
  if (text === undefined) return undefined;
  const known = ENTROPY_MODELS.find((name) => name === text);
  if (known !== undefined) return known;
  throw new InvalidRequestError(`--entropy is "${text}"; wanted ${ENTROPY_MODELS.join(", ")}`);
}

/** The model and quality step that the options name. @throws NotFoundError, InvalidRequestError */
export async function chooseModel(
  input: CommandInput,
  decoder: Pick<Decoder, "models" | "loadModel">,
): ReturnType<typeof modelFor> {
  const quality = numberOption(input, "quality", { min: 0, max: 1000 });
  return modelFor({ model: textOption(input, "model"), quality }, decoder);
}

import { chooseModel as modelFor } from "../app/choose-model.js";
import { CODEC_NAMES, type CodecName } from "../core/codecs.js";
import { InvalidRequestError } from "../core/errors.js";
import type { Decoder } from "../app/services.js";
import { numberOption, textOption, type CommandInput } from "./arguments.js";

export const MODEL_OPTIONS = {
  model: { type: "string" },
  quality: { type: "string", short: "q" },
  psnr: { type: "string" },
  "max-rmse": { type: "string" },
  clouds: { type: "string" },
} as const;

export const MODEL_HELP = `  --model ID        default: the first that is installed
  --quality Q       quality step, 0 (smallest) upwards; default: the model's own
  --psnr DB         instead: what each chunk is to reach, such as 42 (peak 10000, over bands and clear pixels)
  --max-rmse DN     instead: the error of each chunk, such as 60 digital numbers
  --clouds HOW      coarse (default): where the input says what is cloud, it is kept two steps coarser; same: it isn't`;

export const ENTROPY_OPTIONS = { entropy: { type: "string" } } as const;

export const ENTROPY_HELP = `  --entropy NAME    ${CODEC_NAMES.join(", ")} (default fp; a converted TEC-ELIC has elic only): how latents are
                    stored; the picture is the same`;

/** Undefined: the model's default. @throws InvalidRequestError for another name. */
export function chooseEntropy(input: CommandInput): CodecName | undefined {
  const text = textOption(input, "entropy");
  if (text === undefined) return undefined;
  const known = CODEC_NAMES.find((name) => name === text);
  if (known !== undefined) return known;
  throw new InvalidRequestError(`--entropy is "${text}"; wanted ${CODEC_NAMES.join(", ")}`);
}

/** The model and quality step that the options name. @throws NotFoundError, InvalidRequestError */
export async function chooseModel(
  input: CommandInput,
  decoder: Pick<Decoder, "models" | "loadModel">,
): ReturnType<typeof modelFor> {
  const number = (name: string): number | undefined => numberOption(input, name, { min: -1e6, max: 1e6 });
  const clouds = textOption(input, "clouds");
  if (clouds !== undefined && clouds !== "coarse" && clouds !== "same")
    throw new InvalidRequestError(`--clouds is "${clouds}"; wanted coarse or same`);
  return modelFor(
    {
      model: textOption(input, "model"),
      quality: number("quality"),
      psnr: number("psnr"),
      maxRmse: number("max-rmse"),
      clouds,
    },
    decoder,
  );
}

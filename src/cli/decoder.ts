import { setMaxListeners } from "node:events";
import { readConfig } from "../app/config.js";
import { createDecoder, type Decoder } from "../app/services.js";
import { PROVIDERS } from "../model/session.js";
import { InvalidRequestError } from "../core/errors.js";
import { listOption, textOption, type CommandInput } from "./arguments.js";

/** Options of every command that runs networks. */
export const DECODER_OPTIONS = {
  provider: { type: "string" },
  models: { type: "string", multiple: true },
  config: { type: "string" },
} as const;

export const DECODER_HELP = `  --provider NAME   ${PROVIDERS.join(", ")} or auto (default cpu): where networks run
  --models DIR      a folder of model packages beside the built-in ones; may be repeated
  --config FILE     a JSON file of settings (config/default.json lists them)`;

/** Models, networks and threads for one command; close it in the end. */
export async function openDecoder(input: CommandInput): Promise<Decoder> {
  const provider = textOption(input, "provider") ?? "cpu";
  const known = (["auto", ...PROVIDERS] as const).find((name) => name === provider);
  if (known === undefined)
    throw new InvalidRequestError(`--provider is "${provider}"; wanted auto, ${PROVIDERS.join(", ")}`);
  const models = listOption(input, "models");
  const config = await readConfig(
    { file: textOption(input, "config"), provider: known, ...(models.length === 0 ? {} : { models }) },
    process.env,
  );
  return createDecoder(config);
}

/** Aborts on Ctrl-C, so that temporary files are removed before the process ends. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  // Many reads wait on it at once: no leak, whatever Node thinks.
  setMaxListeners(0, controller.signal);
  process.once("SIGINT", () => controller.abort(new InvalidRequestError("Interrupted; run it again to go on")));
  process.once("SIGTERM", () => controller.abort(new InvalidRequestError("Interrupted; run it again to go on")));
  return controller.signal;
}

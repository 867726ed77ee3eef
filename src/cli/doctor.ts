import { availableParallelism } from "node:os";
import { fastestProvider, tryProviders } from "../model/choose-provider.js";
import { readConfig } from "../app/config.js";
import { loadModel } from "../codec/loaded-model.js";
import { createModelZoo } from "../model/model-zoo.js";
import { listOption, type Command, type CommandInput } from "./arguments.js";
import { readVersion } from "./version.js";

const HELP = `
Usage: tectile doctor [--models DIR]

Prints the models that are installed, tries every execution provider of this build of onnxruntime with one decode, and tells
which one "auto" takes.
`;

export const doctorCommand: Command = {
  name: "doctor",
  summary: "Tell which models and execution providers work here",
  help: HELP,
  options: { models: { type: "string", multiple: true } },
  run: doctor,
};

async function doctor(input: CommandInput): Promise<number> {
  const models = listOption(input, "models");
  const config = await readConfig(models.length === 0 ? {} : { models }, process.env);
  const zoo = createModelZoo(config.models);
  const ids = await zoo.ids();
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  print(
    `Tectile ${await readVersion()}, Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} cores`,
  );
  let problems = 0;
  for (const id of ids) {
    try {
      const { card } = await zoo.open(id);
      print(
        `model ${id} ${card.version}: ${card.channels} channels, ${card.qualities.length} quality steps, files are whole`,
      );
    } catch (error) {
      problems++;
      print(`model ${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const [first] = ids;
  if (first === undefined || problems > 0) {
    print(first === undefined ? "no model is installed" : "a model is damaged: install it again");
    return 1;
  }
  const trials = await tryProviders(loadModel(await zoo.open(first)).transform);
  for (const { provider, ms, problem } of trials)
    print(
      `provider ${provider.padEnd(7)} ${ms === undefined ? `not usable: ${problem}` : `${ms.toFixed(1)} ms for 256 x 256 px, 3 bands, one thread`}`,
    );
  print(`auto takes ${fastestProvider(trials)}`);
  return 0;
}

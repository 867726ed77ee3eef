// Run as a process of its own, so that VK_ICD_FILENAMES is set before onnxruntime loads: codes the small trials of the context models on
// one provider. Argument: provider. Prints one line of JSON: the streams of each trial.
import { PROVIDERS } from "../../src/model/session.js";
import { codeTrial, smallTrials } from "./context-engines.js";
import { folderEvaluate } from "./folder-evaluate.js";

const provider = PROVIDERS.find((known) => known === process.argv[2]);
if (provider === undefined) throw new RangeError(`provider ${process.argv[2]}`);
const out: string[][] = [];
for (const trial of smallTrials()) out.push(await codeTrial(trial, folderEvaluate(trial.folder, provider).evaluate));
process.stdout.write(`${JSON.stringify(out)}\n`, () => process.exit(0));

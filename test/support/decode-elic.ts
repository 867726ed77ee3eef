// Run as a process of its own, so that VK_ICD_FILENAMES is set before onnxruntime loads: decodes the golden chunk `index` of a converted
// TEC-ELIC. Arguments: provider, folder, index. Prints one line of JSON: the symbols.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openElic } from "../../src/codec/official/elic-package.js";
import { createElicCoder } from "../../src/codec/official/elic.js";
import { PROVIDERS } from "../../src/model/session.js";
import { folderEvaluate } from "./folder-evaluate.js";

const [, , name, folder = "", index = "0"] = process.argv;
const provider = PROVIDERS.find((known) => known === name);
if (provider === undefined) throw new RangeError(`provider ${name}`);
const golden = JSON.parse(await readFile(join(folder, "golden.json"), "utf8")) as {
  cases: { rows: number; columns: number; streams: string[] }[];
};
const entry = golden.cases[Number(index)];
if (entry === undefined) throw new RangeError(`chunk ${index}`);
const coder = createElicCoder(await openElic(folder), folderEvaluate(folder, provider).evaluate);
const streams = entry.streams.map((stream) => new Uint8Array(Buffer.from(stream, "hex")));
const { symbols } = await coder.decode({ streams, boundaries: new Uint8Array() }, entry, "golden");
process.stdout.write(`${JSON.stringify([...symbols])}\n`, () => process.exit(0));

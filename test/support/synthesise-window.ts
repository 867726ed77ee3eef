// Run as a process of its own, so that VK_ICD_FILENAMES is set before onnxruntime loads: decodes windows of made-up symbols inside a level
// and at two of its corners, and prints their pixels. Arguments: provider, model folder. Prints one line of JSON.
import { loadModel } from "../../src/codec/loaded-model.js";
import { openModel } from "../../src/model/model-zoo.js";
import { createNetworks } from "../../src/model/networks.js";
import { PROVIDERS } from "../../src/model/session.js";
import { lappedRequest } from "./lapped-window.js";

const [, , name, folder = ""] = process.argv;
const provider = PROVIDERS.find((known) => known === name);
if (provider === undefined) throw new RangeError(`provider ${name}`);
const { transform } = loadModel(await openModel(folder));
if (transform.kind !== "lapped") throw new RangeError(`a ${transform.kind} transform`);
const networks = createNetworks({ provider, sessions: 1, strict: true });
const places = [
  { row: 6, column: 14 },
  { row: 0, column: 0 },
  { row: 12, column: 28 },
];
const found = await Promise.all(
  places.map((at, i) => networks.synthesise(lappedRequest(transform, i, [3, 2, 1, 8], at))),
);
process.stdout.write(`${JSON.stringify(found.map((pixels) => [...pixels]))}\n`, () => process.exit(0));

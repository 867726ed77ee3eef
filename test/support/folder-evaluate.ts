import { join } from "node:path";
import type { Evaluate } from "../../src/codec/official/evaluate.js";
import { openNetwork, type Network, type Provider } from "../../src/model/session.js";

/** Runs a model folder's networks on this thread; close() releases the sessions. */
export function folderEvaluate(
  folder: string,
  provider: Provider = "cpu",
): { readonly evaluate: Evaluate; close(): Promise<void> } {
  const networks = new Map<string, Promise<Network>>();
  return {
    async evaluate(file, feeds, output) {
      const network = networks.get(file) ?? openNetwork(join(folder, file), { provider, threads: 1, strict: true });
      networks.set(file, network);
      return (await (await network).run(feeds, output)).data;
    },
    async close() {
      await Promise.all([...networks.values()].map(async (network) => (await network).release()));
    },
  };
}

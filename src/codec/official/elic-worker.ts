// One thread of converted TEC-ELICs: owns the sessions of their networks and a coder a model.
import { workerData } from "node:worker_threads";
import { assertNever } from "../../core/assert.js";
import { serveTasks } from "../../core/worker-pool.js";
import { openNetwork, type Network } from "../../model/session.js";
import { createOfficialCoders, type Engine } from "./elic-coders.js";
import type { OfficialResult, OfficialTask, OfficialThreadData } from "./elic-tasks.js";

const options = workerData as OfficialThreadData;
const networks = new Map<string, Promise<Network>>();
const coders = createOfficialCoders({ first: engineOf(options.provider), cpu: engineOf("cpu") });

serveTasks<OfficialTask, OfficialResult>(async (task) => {
  switch (task.kind) {
    case "decode":
      return { result: { kind: "decoded", latents: await coders.decode(task) } };
    case "encode":
      return { result: { kind: "encoded", chunk: await coders.encode(task) } };
    default:
      return assertNever(task);
  }
});

function engineOf(provider: OfficialThreadData["provider"]): Engine {
  return {
    name: provider,
    async evaluate(path, feeds, output) {
      const key = `${provider} ${path}`;
      const network = networks.get(key) ?? openNetwork(path, { ...options, provider });
      networks.set(key, network);
      network.catch(() => networks.delete(key));
      return (await (await network).run(feeds, output)).data;
    },
  };
}

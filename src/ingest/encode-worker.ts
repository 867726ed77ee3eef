// One thread of ingest: analyses blocks and codes their chunks. Sessions of the analysis's and decoder's branches on the cpu.
import { serveTasks } from "../core/worker-pool.js";
import { openNetwork, type Network } from "../model/session.js";
import type { EncodeResult, EncodeTask } from "./encode-tasks.js";
import type { RunNetwork } from "./chunk-error.js";
import { createBlockEncoder, type BlockEncoder } from "./lapped-block.js";

const networks = new Map<string, Promise<Network>>();
const encoders = new Map<string, BlockEncoder>();

serveTasks<EncodeTask, EncodeResult>(async (task) => {
  const encoder = encoders.get(task.model.sha256) ?? createBlockEncoder(task.model, run);
  encoders.set(task.model.sha256, encoder);
  return { result: { chunks: await encoder.encode(task) } };
});

async function run(...[path, { name, dims, data }, output]: Parameters<RunNetwork>): Promise<Float32Array> {
  const network = networks.get(path) ?? openNetwork(path, { provider: "cpu", threads: 1 });
  networks.set(path, network);
  network.catch(() => networks.delete(path));
  return (await (await network).run({ [name]: { dims, data } }, output)).data;
}

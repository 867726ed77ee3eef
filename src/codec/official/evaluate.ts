import type { Feed } from "../../model/session.js";

/**
 * Runs one network of a model's folder for an entropy coder: `file` is its file name, `output` the name of its one float32 output.
 * Injected, so that a coder doesn't know which engine runs or on which thread its sessions live.
 */
export type Evaluate = (file: string, feeds: Readonly<Record<string, Feed>>, output: string) => Promise<Float32Array>;

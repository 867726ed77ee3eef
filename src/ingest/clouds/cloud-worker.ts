// One thread that tells clouds by time, a block at a time.
import { serveTasks } from "../../core/worker-pool.js";
import { detectClouds, type SeriesBlock } from "./detect.js";

serveTasks<SeriesBlock, readonly Uint8Array[]>((block) => Promise.resolve({ result: detectClouds(block) }));

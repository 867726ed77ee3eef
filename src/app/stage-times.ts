import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { TASK_CHANNEL, type EndedTask } from "../core/worker-pool.js";
import { createHistogram, type Histogram } from "./histogram.js";

/** How long tasks of this process's pools waited for a thread and ran, by pool and kind. */
export interface StageTimes {
  readonly waited: Histogram;
  readonly ran: Histogram;
  close(): void;
}

export function watchStages(): StageTimes {
  const [waited, ran] = [createHistogram(), createHistogram()];
  const note = (message: unknown): void => {
    const { pool, kind, waitedMs, ranMs, joined } = message as EndedTask;
    const labels = { stage: `${pool}/${kind}` };
    if (joined) return;
    waited.observe(labels, waitedMs / 1000);
    ran.observe(labels, ranMs / 1000);
  };
  subscribe(TASK_CHANNEL, note);
  return { waited, ran, close: () => void unsubscribe(TASK_CHANNEL, note) };
}

import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

// Asks /livez ten times a second from a thread of its own, so that what the other clients do doesn't delay it, and tells each wait.
const url = String(workerData);
const port = parentPort;
for (;;) {
  const start = performance.now();
  const status = await fetch(`${url}/livez`)
    .then(async (response) => (await response.arrayBuffer(), response.status))
    .catch(() => 0);
  port?.postMessage({ status, ms: performance.now() - start });
  await sleep(100);
}

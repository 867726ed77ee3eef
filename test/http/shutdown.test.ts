import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { makeSceneCatalog, SCENE } from "../support/scene-catalog.js";
import { startProcess } from "../support/serve-process.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

let files: Workspace;
let catalog: string;

before(async () => {
  files = await createWorkspace();
  catalog = await makeSceneCatalog(files);
});
after(() => files.close());

interface Outcome {
  readonly sentMs: number;
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  readonly whole: boolean;
  readonly connection: string;
}

function ask(url: string, agent: Agent): Promise<Outcome> {
  const sentMs = performance.now();
  return new Promise((resolve) => {
    const asked = request(url, { agent }, (answer) => {
      const { statusCode: status = 0, headers } = answer;
      const connection = headers.connection ?? "";
      answer.resume();
      answer.once("close", () => resolve({ sentMs, status, whole: answer.complete, connection }));
    });
    asked.once("error", () => resolve({ sentMs, status: 0, whole: false, connection: "" }));
    asked.end();
  });
}

test(
  "SIGTERM under load: what was accepted is answered, the rest is refused, the process ends in time",
  { timeout: 120_000 },
  async (t) => {
    const server = await startProcess(["--catalog", catalog], {
      TECTILE_SHUTDOWN_MS: "20000",
      TECTILE_TILE_CACHE_BYTES: "0",
    });
    t.after(() => server.kill());
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const outcomes: Outcome[] = [];
    let isOver = false;
    let k = 0;
    const client = async (): Promise<void> => {
      while (!isOver) {
        const path = `/collections/${SCENE.collection}/tiles/WebMercatorQuad/12/2082/1513.png?rescale=0,${3000 + k++}&tilesize=512`;
        const outcome = await ask(`${server.url}${path}`, agent);
        outcomes.push(outcome);
        if (outcome.status === 0) return;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    await sleep(3000);
    const signalMs = performance.now();
    server.child.kill("SIGTERM");
    const code = await server.exited;
    const tookMs = performance.now() - signalMs;
    isOver = true;
    await Promise.all(clients);
    assert.equal(code, 0, server.log());
    assert.ok(tookMs < 20_000, `${tookMs} ms`);
    assert.match(server.log(), /closing: new requests get 503/);
    assert.match(server.log(), /"msg":"closed"/);
    const before = outcomes.filter(({ sentMs }) => sentMs < signalMs);
    assert.ok(before.length >= 8, `${before.length} requests`);
    assert.deepEqual(
      before.filter(({ status, whole }) => status !== 200 || !whole),
      [],
      "every request that was sent before the signal was answered whole",
    );
    const refused = outcomes.filter(({ status }) => status === 503);
    assert.ok(refused.every(({ connection, whole }) => connection === "close" && whole));
    assert.ok(outcomes.every(({ status }) => [0, 200, 503].includes(status)));
    agent.destroy();
  },
);

test(
  "a request that doesn't end in time doesn't keep the process, and a second signal ends it at once",
  { timeout: 60_000 },
  async () => {
    for (const twice of [false, true]) {
      const server = await startProcess(["--catalog", catalog], { TECTILE_SHUTDOWN_MS: twice ? "60000" : "1000" });
      const agent = new Agent({ keepAlive: true });
      // A body that never comes.
      const hanging = request(`${server.url}/search`, { method: "POST", agent, headers: { "content-length": 100 } });
      hanging.once("error", () => undefined);
      hanging.write("{");
      await sleep(300);
      const start = performance.now();
      server.child.kill("SIGTERM");
      if (twice) {
        await sleep(200);
        server.child.kill("SIGTERM");
      }
      assert.equal(await server.exited, 1);
      assert.ok(performance.now() - start < 9000, `${performance.now() - start} ms`);
      agent.destroy();
    }
  },
);

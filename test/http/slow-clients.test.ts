import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { makeSceneCatalog, SCENE } from "../support/scene-catalog.js";
import { startProcess, type ServeProcess } from "../support/serve-process.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

let files: Workspace;
let server: ServeProcess;

before(async () => {
  files = await createWorkspace();
  server = await startProcess(["--catalog", await makeSceneCatalog(files)], {
    TECTILE_REQUEST_TIMEOUT_MS: "1500",
    TECTILE_SEND_TIMEOUT_MS: "1500",
    TECTILE_SENDING_BYTES: String(24 * 2 ** 20),
  });
});
after(async () => {
  await server.kill();
  await files.close();
});

/** 12 bands of 800 px as float32: 12.6 MB and more than any socket's buffers. */
const LARGE = `/collections/${SCENE.collection}/items/scene_2024-01-10/preview.npy?assets=tec&width=800&height=400`;

function open(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Resolves when the other side has ended the connection, with the milliseconds that it took. */
async function endOf(socket: Socket): Promise<number> {
  const start = performance.now();
  await new Promise<void>((resolve) => {
    socket.on("error", () => resolve());
    socket.once("close", () => resolve());
    socket.once("end", () => resolve());
  });
  socket.destroy();
  return performance.now() - start;
}

test(
  "clients that don't read, or read drop by drop, are let go, and others are answered",
  { timeout: 120_000 },
  async () => {
    assert.equal((await fetch(`${server.url}${LARGE}`).then(async (r) => (await r.arrayBuffer(), r))).status, 200);
    const sockets = await Promise.all(Array.from({ length: 12 }, () => open()));
    const ends = sockets.map(async (socket, k) => {
      socket.pause();
      socket.write(`GET ${LARGE}&n=${k} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      const start = performance.now();
      if (k % 2 === 1) {
        // A drop now and then: the connection is never quiet.
        for (let i = 0; i < 200 && !socket.destroyed && !socket.readableEnded; i++) {
          socket.read(100);
          await sleep(100);
          if (performance.now() - start > 4000) break;
        }
      } else await sleep(4000);
      socket.resume();
      return endOf(socket);
    });
    await sleep(1000);
    // While they wait, a small answer comes at once, and a large one soon.
    const small = performance.now();
    assert.equal((await fetch(`${server.url}/livez`)).status, 200);
    assert.ok(performance.now() - small < 2000);
    await Promise.all(ends);
    const again = await fetch(`${server.url}${LARGE}`);
    assert.equal(again.status, 200);
    assert.ok((await again.arrayBuffer()).byteLength > 7e6);
  },
);

test("a head or body that doesn't come to its end is given up", { timeout: 60_000 }, async () => {
  const heads = [
    "GET / HTTP/1.1\r\nHost: localhost\r\nX-A",
    `POST /collections/${SCENE.collection}/statistics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{`,
    "POST /search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
  ];
  await Promise.all(
    heads.map(async (head) => {
      const socket = await open();
      socket.write(head);
      // Dripping doesn't help.
      const drip = setInterval(() => socket.write("1"), 200);
      socket.resume();
      const ms = await endOf(socket);
      clearInterval(drip);
      assert.ok(ms < 10_000, `${ms} ms`);
    }),
  );
});

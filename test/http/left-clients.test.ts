import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";

/** Places in the queue, and clients that come at once: as many as it holds, not more. */
const PLACES = 8;

const server = useSceneServer({ maxWaiting: PLACES, sessions: 1, pixelThreads: 1, tileCacheBytes: 0 });

let side = 20;
/** No two are of one size, so none shares another's work. */
const picture = (height = 40): string =>
  `${server.url}/collections/${SCENE.collection}/items/scene_2024-01-10/preview/${++side}x${height}.png`;

async function statusOf(url: string, signal?: AbortSignal): Promise<number> {
  const response = await fetch(url, signal === undefined ? {} : { signal });
  await response.arrayBuffer();
  return response.status;
}

/** Until the server has so many requests; the one that asks is one itself. */
async function untilActive(count: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    if (text.includes(`\ntectile_requests_active ${count}\n`)) return;
  }
}

const WITHIN = { timeout: 100_000 };

test("clients that leave in bulk free their places at once: those that stay never get 503", WITHIN, async () => {
  assert.equal(await statusOf(picture()), 200);
  const { networks, pixels } = server.services;
  for (let round = 0; round < 6; round++) {
    const controller = new AbortController();
    const leaving = Array.from({ length: PLACES }, () =>
      statusOf(picture(400), controller.signal).catch((error: unknown) => error),
    );
    await untilActive(PLACES + 1);
    controller.abort();
    await Promise.all(leaving);
    await untilActive(1);
    assert.deepEqual([networks.health().waiting, pixels.health().waiting], [0, 0], `round ${round}`);
    const staying = await Promise.all(Array.from({ length: PLACES }, () => statusOf(picture())));
    assert.deepEqual(staying, Array(PLACES).fill(200), `round ${round}`);
  }
});

test("under a storm of clients that come and go, those that stay are answered", WITHIN, async () => {
  let isOver = false;
  const storm = Array.from({ length: PLACES / 2 }, async (_, k) => {
    for (let i = 0; !isOver; i++) {
      await statusOf(picture(400), AbortSignal.timeout(3 + ((7 * k + 13 * i) % 60))).catch(() => undefined);
      await sleep(5);
    }
  });
  const statuses: number[] = [];
  for (let i = 0; i < 8; i++) statuses.push(await statusOf(picture()));
  isOver = true;
  await Promise.all(storm);
  await untilActive(1);
  assert.deepEqual(statuses, Array(8).fill(200));
  const { networks, pixels, drawing } = server.services;
  assert.deepEqual([networks.health().waiting, pixels.health().waiting, drawing.waiting()], [0, 0, 0]);
});

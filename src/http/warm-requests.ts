import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { Agent, createServer, request, type RequestOptions } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { holdsAsset, virtualAsset } from "../app/virtual-assets.js";
import type { Services } from "../app/services.js";
import type { CatalogItem } from "../catalog/types.js";
import type { BandName } from "../core/bands.js";
import { SharedCache } from "../core/shared-cache.js";
import { openItem } from "../tile/open-item.js";
import { createTectile } from "./tectile.js";

/** Enough that what a request runs through is compiled: the first of a client cost three times what later ones do. */
const ROUNDS = 40;
const BANDS: readonly BandName[] = ["B04", "B08"];
const HEADER_BYTES = 16_384;

/**
 * Asks a server of its own over the same services, which nobody else can ask, for header and smallest overview of the newest item's bands, as data clients
 * do, until the code is compiled. No tile is kept, no request logged or counted.
 */
export async function warmRequests(services: Services, signal: AbortSignal): Promise<void> {
  const [item] = (await services.catalog.search({ limit: 1 })).items;
  if (item === undefined) return;
  const key = randomUUID();
  const apiKeys = [{ name: "warm-up", key, perSecond: 1e6, burst: 1e6 }];
  const blocks: Services["blocks"] = new SharedCache({ maxBytes: 2 ** 21, sizeOf: ({ bytes }) => bytes.length });
  const app = express().use(await createTectile({ ...services, blocks, config: { ...services.config, apiKeys } }));
  const server = createServer(app).listen(0, "127.0.0.1");
  const agent = new Agent({ keepAlive: true });
  try {
    await once(server, "listening", { signal });
    const { port } = server.address() as AddressInfo;
    const asked = await questionsOf(item, services, signal);
    for (let round = 0; round < ROUNDS; round++) {
      for (const { method, path, range } of asked) {
        const headers = { "X-API-Key": key, ...(range === undefined ? {} : { Range: range }) };
        await answered({ host: "127.0.0.1", port, method, path, headers, agent, signal });
      }
      blocks.evict(() => true);
    }
  } finally {
    agent.destroy();
    server.close();
    server.closeAllConnections();
  }
}

interface Question {
  readonly method: "HEAD" | "GET";
  readonly path: string;
  readonly range?: string;
}

async function questionsOf(item: CatalogItem, services: Services, signal: AbortSignal): Promise<readonly Question[]> {
  const container = await openItem(item, services.reader, signal);
  const held = BANDS.filter((band) => holdsAsset(band, container.cog.metadata.absent));
  return held.flatMap((band): readonly Question[] => {
    const { cog } = virtualAsset(container, band, services);
    const { offset = 0 } = cog.levels.at(-1) ?? {};
    const path = `/collections/${encodeURIComponent(item.collection)}/items/${encodeURIComponent(item.id)}/assets/${band}.tif`;
    return [
      { method: "HEAD", path },
      { method: "GET", path, range: `bytes=0-${HEADER_BYTES - 1}` },
      { method: "GET", path, range: `bytes=${offset}-${offset + cog.tileBytes - 1}` },
    ];
  });
}

async function answered(options: RequestOptions): Promise<void> {
  const asked = request(options).end();
  const [response] = (await once(asked, "response")) as [NodeJS.ReadableStream];
  response.resume();
  await once(response, "end");
}

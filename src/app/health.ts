import { setTimeout as sleep } from "node:timers/promises";
import type { PoolHealth } from "../core/worker-pool.js";
import type { Services } from "./services.js";

/** Whether the server can answer, with a word on each part. */
export interface Health {
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, string>>;
}

/** What a lost disk or catalog server may take to be found out, unless told otherwise. */
const CATALOG_MS = 2000;
/** A pool all of whose threads have worked on one task for so long does not come back. */
const STUCK_MS = 120_000;

/** Asks the catalog, which has `timeoutMs`, and looks at every pool of threads. */
export async function checkHealth(services: Services, timeoutMs = CATALOG_MS): Promise<Health> {
  const { catalog, networks } = services;
  const timer = new AbortController();
  const late = sleep(timeoutMs, "no answer", { signal: timer.signal, ref: false });
  const catalogState = await Promise.race([
    catalog.root().then(
      () => "ok",
      () => "lost",
    ),
    late,
  ]).finally(() => timer.abort());
  late.catch(() => undefined);
  const pools = Object.entries(poolsOf(services)).map(([name, health]) => [name, stateOf(health)] as const);
  return {
    ready: catalogState === "ok" && pools.every(([, state]) => state === "ok"),
    parts: { provider: networks.provider, catalog: catalogState, ...Object.fromEntries(pools) },
  };
}

/** The pools that have started, by name. */
export function poolsOf({ pixels, networks, official, areas }: Services): Readonly<Record<string, PoolHealth>> {
  const all = {
    pixels: pixels.health(),
    networks: networks.health(),
    official: official.health(),
    areas: areas.health(),
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, health]) => (health === undefined ? [] : [[name, health]])),
  );
}

function stateOf({ size, alive, busy, oldestMs }: PoolHealth): string {
  if (alive === 0) return "no thread is up";
  if (busy === size && oldestMs > STUCK_MS) return "stuck";
  return "ok";
}

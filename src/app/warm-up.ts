import { decodeWindow, rectOfPixels } from "../tile/decode-window.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import type { LatentRect } from "../tile/plan.js";
import { openItem } from "../tile/open-item.js";
import type { Services } from "./services.js";

/** Decodes on each thread until the code is compiled. */
const ROUNDS = 24;
/** Of slow entropy models fewer. */
const MOST_MS = 2000;
/** Pixels a side. */
const SIDE = 256;

/**
 * Decodes the newest item's smallest overview on every thread, so that networks are loaded and code is compiled before the first client asks.
 * What can't be decoded is left for who asks for it to be told.
 */
export async function warmUp(
  services: Pick<Services, "catalog" | "reader" | "networks" | "pixels">,
  signal: AbortSignal,
): Promise<void> {
  const { catalog, reader, networks, pixels } = services;
  const { items } = await catalog.search({ limit: 1 });
  const [item] = items;
  if (item === undefined) return;
  const container = await openItem(item, reader, signal);
  const level = container.cog.levels.length - 1;
  const { width = 0, height = 0 } = container.cog.levels[level] ?? {};
  const rect = rectOfPixels({ x: 0, y: 0, width: Math.min(SIDE, width), height: Math.min(SIDE, height) });
  await Promise.all([
    warmChunks(container, { reader, pixels }, signal),
    warmWindows({ container, level, rect }, { reader, networks }, signal),
  ]);
}

/**
 * The reader keeps what it decodes, so every thread is given chunks themselves: the largest of the full resolution and of the smallest overview,
 * which are not alike.
 */
async function warmChunks(
  container: OpenContainer,
  { reader, pixels }: Pick<Services, "reader" | "pixels">,
  signal: AbortSignal,
): Promise<void> {
  const { levels } = container.cog;
  const end = performance.now() + MOST_MS;
  for (let round = 0; round < ROUNDS && performance.now() < end; round++) {
    for (const level of new Set([0, levels.length - 1])) {
      const lengths = levels[level]?.lengths ?? [];
      const chunk = lengths.indexOf(lengths.reduce((most, length) => Math.max(most, length), 0));
      await Promise.all(Array.from({ length: pixels.size }, () => reader.decodeAgain(container, level, chunk, signal)));
    }
  }
}

async function warmWindows(
  { container, level, rect }: { readonly container: OpenContainer; readonly level: number; readonly rect: LatentRect },
  { reader, networks }: Pick<Services, "reader" | "networks">,
  signal: AbortSignal,
): Promise<void> {
  const threads = networks.health().size;
  for (let round = 0; round < ROUNDS; round++) {
    const windows = Array.from({ length: threads }, () =>
      decodeWindow({ container, level, rect, bands: ["B04"] }, { reader, networks }, signal),
    );
    await Promise.all(windows);
  }
}

import { decodeWindow, rectOfPixels } from "../tile/decode-window.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import { openItem } from "../tile/open-item.js";
import type { Services } from "./services.js";

/** Decodes on each thread until the code is compiled. */
const ROUNDS = 24;
/** Of slow entropy models fewer. */
const MOST_MS = 2000;
/** Pixels a side. */
const SIDE = 256;
/** Dates, by turns: their masks, axes and symbols aren't alike. */
const ITEMS = 4;

/**
 * Decodes the newest items' smallest overviews on every thread, so that networks are loaded and code is compiled before the first client asks.
 * What can't be decoded is left for who asks for it to be told.
 */
export async function warmUp(
  services: Pick<Services, "catalog" | "reader" | "networks" | "pixels">,
  signal: AbortSignal,
): Promise<void> {
  const { catalog, reader, networks, pixels } = services;
  const { items } = await catalog.search({ limit: ITEMS });
  const containers = await Promise.all(items.map((item) => openItem(item, reader, signal)));
  if (containers.length === 0) return;
  await Promise.all([
    warmChunks(containers, { reader, pixels }, signal),
    warmWindows(containers, { reader, networks }, signal),
  ]);
}

/**
 * The reader keeps what it decodes, so every thread is given chunks themselves: the largest of the full resolution and of the smallest overview,
 * which are not alike.
 */
async function warmChunks(
  containers: readonly OpenContainer[],
  { reader, pixels }: Pick<Services, "reader" | "pixels">,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + MOST_MS;
  for (const container of turns(containers)) {
    if (performance.now() > end) return;
    const { levels } = container.cog;
    for (const level of new Set([0, levels.length - 1])) {
      const lengths = levels[level]?.lengths ?? [];
      const chunk = lengths.indexOf(lengths.reduce((most, length) => Math.max(most, length), 0));
      await Promise.all(Array.from({ length: pixels.size }, () => reader.decodeAgain(container, level, chunk, signal)));
    }
  }
}

async function warmWindows(
  containers: readonly OpenContainer[],
  { reader, networks }: Pick<Services, "reader" | "networks">,
  signal: AbortSignal,
): Promise<void> {
  const threads = networks.health().size;
  for (const container of turns(containers)) {
    const level = container.cog.levels.length - 1;
    const { width = 0, height = 0 } = container.cog.levels[level] ?? {};
    const rect = rectOfPixels({ x: 0, y: 0, width: Math.min(SIDE, width), height: Math.min(SIDE, height) });
    const windows = Array.from({ length: threads }, () =>
      decodeWindow({ container, level, rect, bands: ["B04"] }, { reader, networks }, signal),
    );
    await Promise.all(windows);
  }
}

function* turns(containers: readonly OpenContainer[]): Generator<OpenContainer> {
  for (let round = 0; round < ROUNDS; round++) {
    const container = containers[round % containers.length];
    if (container !== undefined) yield container;
  }
}

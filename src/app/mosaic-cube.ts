import type { CatalogItem } from "../catalog/types.js";
import { BANDS, isBandName } from "../core/bands.js";
import { CHUNK_PX } from "../core/geometry.js";
import { Limiter } from "../core/limiter.js";
import type { PixelWindow } from "../core/raster.js";
import { chunkOnItem, type Cube, type CubeItem } from "../tile/cube.js";
import { CUBE_HOLE, type CubeBlock, type CubeUse, type CubeVariable } from "./cube-chunk.js";
import { fingerprintOf, mosaicSource } from "./mosaics/mosaic-source.js";
import type { MosaicUse } from "./mosaics/mosaic-use.js";
import { parseSchedule, type Period } from "./mosaics/periods.js";
import { planMosaics, type MosaicPlan } from "./mosaics/plan-mosaics.js";
import type { Services } from "./services.js";
import type { Block } from "./virtual-assets.js";

/** Periods whose clear pixels are merged while a cube is read, as `tectile mosaic --every` merges them for good. */
export const CUBE_PERIODS = ["month", "quarter", "year"] as const;
export type CubePeriod = (typeof CUBE_PERIODS)[number];

const METHOD = "clear_median";
/** Dates of one chunk that are decoded at once. */
const DATES_AT_ONCE = 4;

/** A cube whose times are the middles of periods, and whose items stand for the mosaics of their grids. */
export interface MosaicCube extends Cube {
  readonly every: CubePeriod;
  readonly periods: readonly Period[];
  /** Of each period, one for each of `items`. */
  readonly plans: readonly (readonly MosaicPlan[])[];
}

/** Which chunk of a variable: one period, 256 x 256 pixels. */
export interface MosaicChunk {
  readonly variable: CubeVariable;
  readonly time: number;
  readonly row: number;
  readonly column: number;
}

/** What merging chunks uses. */
export type MosaicCubeUse = CubeUse & Pick<Services, "pixels" | "drawing">;

const made = new WeakMap<Cube, Map<CubePeriod, MosaicCube>>();

/** False for a single date, and for dates that are mosaics themselves: neither has anything to merge. */
export function canMerge(cube: Cube): boolean {
  const isMosaic = ({ item }: CubeItem): boolean => {
    const { properties } = item.json as { readonly properties: Readonly<Record<string, unknown>> };
    return properties["tec:mosaic"] !== undefined;
  };
  return cube.times.length > 1 && !cube.items.some((date) => date.some(isMosaic));
}

/** The mosaics of a cube's dates. */
export function mosaicCube(cube: Cube, every: CubePeriod): MosaicCube {
  const known = made.get(cube) ?? new Map<CubePeriod, MosaicCube>();
  made.set(cube, known);
  const found = known.get(every) ?? planCube(cube, every);
  known.set(every, found);
  return found;
}

function planCube(cube: Cube, every: CubePeriod): MosaicCube {
  const places = new Map<CatalogItem, CubeItem>(cube.items.flat().map((one) => [one.item, one]));
  const periods = new Map<number, { period: Period; plans: MosaicPlan[]; items: CubeItem[] }>();
  for (const plan of planMosaics([...places.keys()], parseSchedule(every, 0))) {
    const [first] = plan.items;
    const place = first === undefined ? undefined : places.get(first);
    if (place === undefined) continue;
    const same = periods.get(plan.period.startMs) ?? { period: plan.period, plans: [], items: [] };
    periods.set(plan.period.startMs, same);
    same.plans.push(plan);
    same.items.push(place);
  }
  const ordered = [...periods.values()];
  return {
    ...cube,
    every,
    periods: ordered.map(({ period }) => period),
    plans: ordered.map(({ plans }) => plans),
    times: ordered.map(({ period }) => period.middleMs),
    items: ordered.map(({ items }) => items),
  };
}

interface Part {
  readonly plan: MosaicPlan;
  readonly place: CubeItem;
  /** In the pixels of the mosaic's grid. */
  readonly window: PixelWindow;
}

/** Finds what a chunk is merged from; undefined where no date of the period reaches it. All variables of a chunk are merged once. */
export async function mosaicBlock(
  cube: MosaicCube,
  chunk: MosaicChunk,
  use: MosaicCubeUse,
): Promise<CubeBlock | undefined> {
  const reaching = (cube.plans[chunk.time] ?? []).flatMap((plan, i) => {
    const place = cube.items[chunk.time]?.[i];
    const window = place && chunkOnItem(place, chunk);
    return place === undefined || window === undefined ? [] : [{ plan, place, window }];
  });
  const [first] = reaching;
  if (first === undefined) return undefined;
  const parts = await Promise.all(
    reaching.map(async (part): Promise<Part> => {
      const items = await use.stamps.stamp(part.plan.items);
      return { ...part, plan: { ...part.plan, items } };
    }),
  );
  const told = parts.map(({ plan, window: { x, y } }) => `${fingerprintOf(plan, METHOD)}@${x},${y}`);
  const key = `cube/${cube.every}/${told.join("+")}`;
  const { at, length } = placeOf(chunk.variable);
  const { href } = first.place.item;
  return {
    identity: `${key}/${chunk.variable}`,
    length,
    // Merging holds what its dates take, once for all variables and requests.
    makingBytes: undefined,
    async read(signal) {
      const load = async (shared: AbortSignal): Promise<Block> => ({
        href,
        bytes: await merge(parts, chunk, use, shared),
      });
      const { bytes } = await use.blocks.get(key, load, signal);
      return bytes.length === 0 ? undefined : bytes.subarray(at, at + length);
    },
  };
}

const PLANE = CHUNK_PX ** 2;
/** Bands as uint16 one after the other, then scene classes and provenance. */
const CLASSES_AT = BANDS.length * PLANE * 2;
const PROVENANCE_AT = CLASSES_AT + PLANE;
const MERGED_BYTES = PROVENANCE_AT + PLANE;

/** Where a variable lies in a merged chunk, bytes. */
function placeOf(variable: CubeVariable): { readonly at: number; readonly length: number } {
  if (isBandName(variable)) return { at: BANDS.indexOf(variable) * PLANE * 2, length: PLANE * 2 };
  return { at: variable === "scl" ? CLASSES_AT : PROVENANCE_AT, length: PLANE };
}

/** Nothing at all where no pixel is valid. */
async function merge(
  parts: readonly Part[],
  chunk: MosaicChunk,
  use: MosaicCubeUse,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const out = new Uint8Array(MERGED_BYTES);
  const bands = new Uint16Array(out.buffer, 0, BANDS.length * PLANE).fill(CUBE_HOLE);
  let isEmpty = true;
  for (const { plan, place, window } of parts) {
    const source = await mosaicSource(plan, mosaicUse(use), signal);
    const { raster, classes, provenance } = await source.read(window, signal);
    const [left, top] = [
      window.x + place.column - chunk.column * CHUNK_PX,
      window.y + place.row - chunk.row * CHUNK_PX,
    ];
    const present = BANDS.map((band, b) => ({ band, b })).filter(
      ({ band }) => source.absentBands?.includes(band) !== true,
    );
    for (let r = 0; r < window.height; r++) {
      for (let c = 0; c < window.width; c++) {
        const [from, to] = [r * window.width + c, (top + r) * CHUNK_PX + left + c];
        if (raster.valid[from] === 0 || out[PROVENANCE_AT + to] !== 0) continue;
        for (const { b } of present)
          bands[b * PLANE + to] = Math.min(CUBE_HOLE - 1, raster.samples[b * window.width * window.height + from] ?? 0);
        out[CLASSES_AT + to] = classes?.[from] ?? 0;
        out[PROVENANCE_AT + to] = provenance?.[from] ?? 0;
        isEmpty = false;
      }
    }
  }
  return isEmpty ? new Uint8Array() : out;
}

function mosaicUse(use: MosaicCubeUse): MosaicUse {
  return {
    decoder: use,
    method: METHOD,
    fills: use.fills,
    every: "",
    budget: use.drawing,
    budgetBytes: use.config.drawingBytes,
    decoding: new Limiter(DATES_AT_ONCE),
  };
}

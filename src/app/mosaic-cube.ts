import { BANDS, isBandName } from "../core/bands.js";
import { CHUNK_PX } from "../core/geometry.js";
import { Limiter } from "../core/limiter.js";
import { oncePer } from "../core/once-per.js";
import { PROVENANCE } from "../core/provenance.js";
import type { PixelWindow } from "../core/raster.js";
import { chunkOnItem, type Cube, type CubeItem } from "../tile/cube.js";
import { CUBE_HOLE, type CubeBlock, type CubeUse } from "./cube-chunk.js";
import { fingerprintOf, mosaicSource } from "./mosaics/mosaic-source.js";
import type { MosaicUse } from "./mosaics/mosaic-use.js";
import { parseSchedule, type Period } from "./mosaics/periods.js";
import { planMosaics, type MosaicPlan } from "./mosaics/plan-mosaics.js";
import type { Services } from "./services.js";
import type { Block } from "./virtual-assets.js";

/** Periods whose clear pixels are merged while a cube is read, as `tectile mosaic --every` merges them for good. */
export const CUBE_PERIODS = ["month", "quarter", "year"] as const;
export type CubePeriod = (typeof CUBE_PERIODS)[number];

/** What is merged of each period: bands, scene classes, which date a pixel is of. */
export const MOSAIC_VARIABLES = [...BANDS, "scl", "source"] as const;
export type MosaicVariable = (typeof MOSAIC_VARIABLES)[number];

/** Stands in `source` for several dates that were merged. */
export const SEVERAL_DATES = 65_535;

const METHOD = "clear_median";
/** Dates of one chunk that are decoded at once. */
const DATES_AT_ONCE = 4;

/** The mosaics of a cube's dates, one for each period that has a date with a clear pixel, and each grid. */
export interface MosaicCube {
  readonly dates: Cube;
  readonly every: CubePeriod;
  readonly periods: readonly Period[];
  /** What a period's mosaics are merged from. */
  at(period: number): readonly PlacedPlan[];
}

interface PlacedPlan {
  readonly plan: MosaicPlan;
  /** One of its dates, on the cube. */
  readonly place: CubeItem;
  /** Of the plan's items, where they stand among the cube's times. */
  readonly times: readonly number[];
}

/** Which chunk of a variable: one period, 256 x 256 pixels. */
export interface MosaicChunk {
  readonly variable: MosaicVariable;
  readonly time: number;
  readonly row: number;
  readonly column: number;
}

/** What merging chunks uses. */
export type MosaicCubeUse = CubeUse & Pick<Services, "pixels" | "drawing">;

/** False for a single date, and for dates that are mosaics themselves: neither has anything to merge. */
export const canMerge = oncePer((cube: Cube): boolean => {
  const isMosaic = ({ item }: CubeItem): boolean => {
    const { properties } = item.json as { readonly properties: Readonly<Record<string, unknown>> };
    return properties["tec:mosaic"] !== undefined;
  };
  return cube.times.length > 1 && !cube.items.some((date) => date.some(isMosaic));
});

const madeOf = oncePer<Cube, Map<CubePeriod, MosaicCube>>(() => new Map());

/** The mosaics of a cube's dates. */
export function mosaicCube(cube: Cube, every: CubePeriod): MosaicCube {
  const known = madeOf(cube);
  const found = known.get(every) ?? planCube(cube, every);
  known.set(every, found);
  return found;
}

function planCube(dates: Cube, every: CubePeriod): MosaicCube {
  const schedule = parseSchedule(every, 0);
  const clear = dates.items.flatMap((same, time) =>
    same.filter(({ item }) => item.clearPercent !== 0).map((place) => ({ time, place, item: place.item })),
  );
  const periods = schedule.periodsOf(clear.map(({ item }) => item.datetimeMs));
  const planned = new Map<number, readonly PlacedPlan[]>();
  const plan = ({ startMs, endMs }: Period): readonly PlacedPlan[] => {
    const inside = clear.filter(({ item: { datetimeMs } }) => datetimeMs >= startMs && datetimeMs < endMs);
    const found = new Map(inside.map((one) => [one.item, one]));
    return planMosaics([...found.keys()], schedule).flatMap((mosaic) => {
      const placed = mosaic.items.flatMap((item) => found.get(item) ?? []);
      const [first] = placed;
      return first === undefined ? [] : [{ plan: mosaic, place: first.place, times: placed.map(({ time }) => time) }];
    });
  };
  return {
    dates,
    every,
    periods,
    at(index) {
      const period = periods[index];
      if (period === undefined) return [];
      const known = planned.get(index) ?? plan(period);
      planned.set(index, known);
      return known;
    },
  };
}

interface Part extends PlacedPlan {
  /** In the pixels of the mosaic's grid. */
  readonly window: PixelWindow;
}

/** Finds what a chunk is merged from; undefined where no date of the period reaches it. All variables of a chunk are merged once. */
export async function mosaicBlock(
  cube: MosaicCube,
  chunk: MosaicChunk,
  use: MosaicCubeUse,
): Promise<CubeBlock | undefined> {
  const reaching = cube.at(chunk.time).flatMap((placed) => {
    const window = chunkOnItem(placed.place, chunk);
    return window === undefined ? [] : [{ ...placed, window }];
  });
  const [first] = reaching;
  if (first === undefined) return undefined;
  const parts = await Promise.all(
    reaching.map(async (part): Promise<Part> => {
      const items = await use.stamps.stamp(part.plan.items);
      return { ...part, plan: { ...part.plan, items } };
    }),
  );
  const told = parts.map(
    ({ plan, window: { x, y }, times }) => `${fingerprintOf(plan, METHOD)}@${x},${y}<${times.join()}`,
  );
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
/** Bands one after the other and which date, uint16, then scene classes. */
const SOURCE_AT = BANDS.length * PLANE * 2;
const CLASSES_AT = SOURCE_AT + PLANE * 2;
const MERGED_BYTES = CLASSES_AT + PLANE;

/** Where a variable lies in a merged chunk, bytes. */
function placeOf(variable: MosaicVariable): { readonly at: number; readonly length: number } {
  if (variable === "scl") return { at: CLASSES_AT, length: PLANE };
  return { at: isBandName(variable) ? BANDS.indexOf(variable) * PLANE * 2 : SOURCE_AT, length: PLANE * 2 };
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
  const sources = new Uint16Array(out.buffer, SOURCE_AT, PLANE);
  const using = mosaicUse(use);
  let isEmpty = true;
  for (const { plan, place, times, window } of parts) {
    const source = await mosaicSource(plan, using, signal);
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
        if (raster.valid[from] === 0 || sources[to] !== 0) continue;
        for (const { b } of present)
          bands[b * PLANE + to] = Math.min(CUBE_HOLE - 1, raster.samples[b * window.width * window.height + from] ?? 0);
        out[CLASSES_AT + to] = classes?.[from] ?? 0;
        const code = provenance?.[from] ?? PROVENANCE.several;
        sources[to] = code === PROVENANCE.several ? SEVERAL_DATES : 1 + (times[code - 1] ?? 0);
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

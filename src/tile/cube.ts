import { createHash } from "node:crypto";
import type { CatalogItem } from "../catalog/types.js";
import { CHUNK_PX } from "../core/geometry.js";
import type { PixelWindow } from "../core/raster.js";
import type { Affine } from "../geo/affine.js";
import type { Crs } from "../geo/crs.js";

/** An item in a cube: its first pixel lies at (column, row) of the cube's grid. */
export interface CubeItem {
  readonly item: CatalogItem;
  readonly column: number;
  readonly row: number;
}

/** Dates of one grid, stacked: what can be laid on one grid by whole pixels. */
export interface Cube {
  /** Names it among the cubes of a collection, such as "EPSG_32631_10". */
  readonly name: string;
  readonly crs: Crs;
  /** Pixel corners to CRS coordinates. */
  readonly transform: Affine;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Instants, milliseconds, ascending; each once. */
  readonly times: readonly number[];
  /** Of each instant, in the order in which they fill a pixel. */
  readonly items: readonly (readonly CubeItem[])[];
}

/** Sides of a cube, pixels: beyond, items that share pixel size and phase stand apart by their own grids. */
const MAX_SIDE_PX = 2 ** 20;
/** Of a pixel: origins that differ by less are the same. */
const PHASE_STEPS = 1000;

/**
 * The cubes of items: one for each CRS, pixel size and phase of the grid, as wide and high as its items together. Largest number of items
 * first.
 */
export function cubesOf(items: readonly CatalogItem[]): readonly Cube[] {
  const groups = groupBy(items, gridKey).flatMap(({ key, members }) => {
    const { width, height } = unionOf(members);
    return width <= MAX_SIDE_PX && height <= MAX_SIDE_PX ? [{ key, members }] : groupBy(members, exactKey);
  });
  const sorted = groups.toSorted((a, b) => b.members.length - a.members.length || (a.key < b.key ? -1 : 1));
  const names = sorted.map(({ members }) => nameOf(members[0]));
  return sorted.map(({ key, members }, i) => {
    const name = names[i] ?? "";
    const shared = names.filter((other) => other === name).length > 1;
    return cubeOf(shared ? `${name}_${createHash("sha256").update(key).digest("hex").slice(0, 6)}` : name, members);
  });
}

/** The part of a chunk of 256 x 256 pixels that an item covers, in the item's own pixels; undefined where it covers none of it. */
export function chunkOnItem(
  { item, column, row }: CubeItem,
  chunk: { readonly column: number; readonly row: number },
): PixelWindow | undefined {
  const [left, top] = [chunk.column * CHUNK_PX - column, chunk.row * CHUNK_PX - row];
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  const width = Math.min(item.grid.width, left + CHUNK_PX) - x;
  const height = Math.min(item.grid.height, top + CHUNK_PX) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

interface Group {
  readonly key: string;
  readonly members: readonly CatalogItem[];
}

function groupBy(items: readonly CatalogItem[], keyOf: (item: CatalogItem) => string): readonly Group[] {
  const groups = new Map<string, CatalogItem[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(item);
  }
  return [...groups].map(([key, members]) => ({ key, members }));
}

/** Of a grid along the CRS's axes, CRS, pixel size and phase; of a turned one all of it. */
function gridKey(item: CatalogItem): string {
  const { crs, transform } = item.grid;
  const [a, b, c, d, e, f] = transform;
  if (b !== 0 || d !== 0) return exactKey(item);
  const phase = (origin: number, size: number): number => {
    const pixels = origin / size;
    return Math.round((pixels - Math.floor(pixels)) * PHASE_STEPS) % PHASE_STEPS;
  };
  return JSON.stringify([crs, a, e, phase(c, a), phase(f, e)]);
}

function exactKey({ grid }: CatalogItem): string {
  return JSON.stringify([grid.crs, grid.transform, grid.width, grid.height]);
}

/** Where items lie together, in whole pixels from the first one's origin. */
function unionOf(members: readonly CatalogItem[]): PixelWindow {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const member of members) {
    const [column, row] = offsetOf(member, members[0] ?? member);
    [left, top] = [Math.min(left, column), Math.min(top, row)];
    right = Math.max(right, column + member.grid.width);
    bottom = Math.max(bottom, row + member.grid.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function offsetOf(item: CatalogItem, origin: CatalogItem): readonly [column: number, row: number] {
  const [a, , c, , e, f] = origin.grid.transform;
  return [Math.round((item.grid.transform[2] - c) / a), Math.round((item.grid.transform[5] - f) / e)];
}

function cubeOf(name: string, members: readonly CatalogItem[]): Cube {
  const [first] = members;
  if (first === undefined) throw new RangeError("a cube without items");
  const { x, y, width, height } = unionOf(members);
  const [a, b, c, d, e, f] = first.grid.transform;
  const byTime = new Map<number, CubeItem[]>();
  for (const item of members) {
    const [column, row] = offsetOf(item, first);
    const same = byTime.get(item.datetimeMs) ?? [];
    byTime.set(item.datetimeMs, same);
    same.push({ item, column: column - x, row: row - y });
  }
  const dates = [...byTime].toSorted(([one], [other]) => one - other);
  return {
    name,
    crs: first.grid.crs,
    transform: [a, b, c + x * a + y * b, d, e, f + x * d + y * e],
    width,
    height,
    times: dates.map(([time]) => time),
    items: dates.map(([, same]) => same),
  };
}

function nameOf(item: CatalogItem | undefined): string {
  const { crs = "", transform } = item?.grid ?? {};
  const code = /^\w+:\w+$/.test(crs) ? crs.replace(":", "_") : "CRS";
  return `${code}_${String(Math.abs(transform?.[0] ?? 0)).replaceAll(/[^\w.]/g, "")}`;
}

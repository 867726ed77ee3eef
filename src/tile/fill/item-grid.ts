import type { CatalogItem } from "../../catalog/types.js";
import { levelSizes, levelTransform } from "../../container/tec-cog.js";
import { CHUNK_PX } from "../../core/geometry.js";
import type { PixelWindow } from "../../core/raster.js";
import { openCrs } from "../../geo/crs.js";
import type { TargetGrid } from "../plan.js";

/** Pixels around a chunk that what is inferred in it may depend on: 48 of the fit, 8 for what is solid there; a multiple of the fit's cells. */
export const HALO_PX = 56;
const CELL_PX = 4;

/** A part of a level of an item's own grid as a grid to draw on. */
export function itemTarget(
  { grid }: Pick<CatalogItem, "grid">,
  level: number,
  { x, y, width, height }: PixelWindow,
): TargetGrid {
  const [a, b, c, d, e, f] = levelTransform(grid.transform, level);
  return {
    width,
    height,
    transform: [a, b, c + a * x + b * y, d, e, f + d * x + e * y],
    crs: grid.crs,
    toWgs84: openCrs(grid.crs).toWgs84,
    name: "",
  };
}

/** Width and height of a level, pixels. */
export function levelSize(
  { grid }: Pick<CatalogItem, "grid">,
  level: number,
): { readonly width: number; readonly height: number } {
  return levelSizes(grid.width, grid.height)[level] ?? { width: 0, height: 0 };
}

/** The coarsest level: at most 256 pixels a side. */
export function coarsestLevel({ grid }: Pick<CatalogItem, "grid">): number {
  return levelSizes(grid.width, grid.height).length - 1;
}

/** A chunk's pixels of a level. */
export function chunkWindow(
  size: { readonly width: number; readonly height: number },
  row: number,
  column: number,
): PixelWindow {
  const [x, y] = [column * CHUNK_PX, row * CHUNK_PX];
  return { x, y, width: Math.min(CHUNK_PX, size.width - x), height: Math.min(CHUNK_PX, size.height - y) };
}

/** A window and its halo, inside the level, beginning on a multiple of the fit's cells. */
export function withHalo(
  { x, y, width, height }: PixelWindow,
  size: { readonly width: number; readonly height: number },
): PixelWindow {
  const align = (value: number): number => Math.floor(value / CELL_PX) * CELL_PX;
  const [left, top] = [Math.max(0, align(x - HALO_PX)), Math.max(0, align(y - HALO_PX))];
  const [right, bottom] = [
    Math.min(size.width, align(x + width + HALO_PX + CELL_PX - 1)),
    Math.min(size.height, align(y + height + HALO_PX + CELL_PX - 1)),
  ];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

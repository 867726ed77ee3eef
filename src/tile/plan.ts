import { STRIDE, CHUNK_PX } from "../core/geometry.js";
import { createHash } from "node:crypto";
import { itemsHolding } from "../catalog/absent-bands.js";
import type { CatalogItem } from "../catalog/types.js";
import { levelSizes } from "../container/tec-cog.js";
import { scaleAffine, type Affine } from "../geo/affine.js";
import { openCrs, type Crs, type Projector } from "../geo/crs.js";
import { mercatorToWgs84, tileTransform, type TileAddress } from "../geo/web-mercator.js";
import { createWarpGrid, warpExtent, type WarpGrid } from "../geo/warp-grid.js";
import { outputNames, renderKey, requiredBands, type RenderSpec } from "../render/render-spec.js";
import { NEWEST, type MosaicSpec } from "./mosaic/mosaic-spec.js";

/** The grid of the picture asked for. */
export interface TargetGrid {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly transform: Affine;
  readonly crs: Crs;
  readonly toWgs84: Projector;
  /** Names the grid in ETags, such as "WebMercatorQuad/12/2100/1400". */
  readonly name: string;
}

/** Latents of one level, without the halo. Half open. */
export interface LatentRect {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/** One date's part in a picture: which latents of which level, and where its pixels go. */
export interface PlanLayer {
  readonly item: CatalogItem;
  readonly level: number;
  /** Pixels of level 0 in one pixel of the level. */
  readonly factor: number;
  /** Positions in pixels of level 0. */
  readonly grid: WarpGrid;
  readonly rect: LatentRect;
  /** Of FlexTEC's 16 tokens, those to read; undefined: all. */
  readonly tokens?: number | undefined;
}

/** False where the catalog says of every chunk under the picture that no pixel is clear: such a date needn't be read for clear observations. */
export function mayBeClear({ item, level, rect }: Pick<PlanLayer, "item" | "level" | "rect">): boolean {
  const percents = item.chunkClearPercent;
  const columns = Math.ceil(item.grid.width / CHUNK_PX);
  const rows = Math.ceil(item.grid.height / CHUNK_PX);
  if (percents?.length !== rows * columns) return true;
  const chunkOf = (latent: number): number => Math.floor((latent * STRIDE * 2 ** level) / CHUNK_PX);
  for (let row = Math.max(0, chunkOf(rect.row)); row <= Math.min(rows - 1, chunkOf(rect.row + rect.rows)); row++) {
    const last = Math.min(columns - 1, chunkOf(rect.column + rect.columns));
    for (let column = Math.max(0, chunkOf(rect.column)); column <= last; column++)
      if (percents[row * columns + column] !== 0) return true;
  }
  return false;
}

/** Everything that decides a picture's bytes, as data: made before any byte of imagery is read. */
export interface TilePlan {
  readonly target: TargetGrid;
  readonly spec: RenderSpec;
  readonly mosaic: MosaicSpec;
  /** In order of precedence. Empty where no item reaches the picture. */
  readonly layers: readonly PlanLayer[];
  /** Pixels around the picture that are decoded too, so that what is inferred fits its neighbours. */
  readonly margin: number;
  /** Strong ETag, quoted. */
  readonly etag: string;
}

/** Pixels of a warped picture that may be finer than the level's before the next finer level is taken: 2^0.3. */
const LEVEL_BIAS = 0.3;
/** Bytes of pictures of equal plans differ between these; raise it when rendering changes. */
const PIPELINE_VERSION = 4;
const INPAINT_MARGIN_PX = 48;

/**
 * Pure: the plan for a picture from items in order of precedence (mosaic/order-items.ts). Those that lack a band asked for take no part.
 *
 * @throws NotFoundError where all lack one.
 */
export function planPicture(
  target: TargetGrid,
  {
    spec,
    mosaic = NEWEST,
    tokens,
  }: { readonly spec: RenderSpec; readonly mosaic?: MosaicSpec; readonly tokens?: number | undefined },
  items: readonly CatalogItem[],
): TilePlan {
  const margin = mosaic.inpaint === "none" ? 0 : INPAINT_MARGIN_PX;
  const around = margin === 0 ? target : widen(target, margin);
  const lattices = new Map<string, WarpGrid>();
  const layers = itemsHolding(requiredBands(spec), items)
    .map((item) => planLayer(around, item, lattices))
    .filter((layer) => layer !== undefined)
    .map((layer) => (tokens === undefined ? layer : { ...layer, tokens }));
  const identity = JSON.stringify([
    PIPELINE_VERSION,
    target.name,
    renderKey(spec),
    mosaic,
    layers.map(({ item, level }) => [...identityOf(item), level]),
    ...(tokens === undefined ? [] : [tokens]),
  ]);
  const etag = `"${createHash("sha256").update(identity).digest("base64url").slice(0, 27)}"`;
  return { target, spec: withHead(spec, target, mosaic), mosaic, layers, margin, etag };
}

/** Of an item, everything that a picture's bytes may depend on. */
function identityOf(item: CatalogItem): readonly unknown[] {
  const { collection, id, checksum, model, grid, datetimeMs, clearPercent, chunkClearPercent } = item;
  const { crs, transform, width, height } = grid;
  const clear = [clearPercent ?? "unknown", chunkClearPercent ?? "unknown"];
  return [collection, id, checksum, model, crs, transform, width, height, datetimeMs, clear];
}

/** A tif says where it lies; the ETag knows it by the target's name and the items. */
function withHead(spec: RenderSpec, { transform, crs }: TargetGrid, { selection }: MosaicSpec): RenderSpec {
  if (spec.format !== "tif") return spec;
  const bands = selection === "count" ? ["count"] : outputNames(spec.source);
  return { ...spec, geotiff: { transform, crs, bands } };
}

function widen(target: TargetGrid, margin: number): TargetGrid {
  const [a, b, c, d, e, f] = target.transform;
  return {
    ...target,
    width: target.width + 2 * margin,
    height: target.height + 2 * margin,
    transform: [a, b, c - margin * (a + b), d, e, f - margin * (d + e)],
  };
}

/** The grid of a WebMercatorQuad tile. */
export function tileTarget(tile: TileAddress, size: number): TargetGrid {
  return {
    width: size,
    height: size,
    transform: tileTransform(tile, size),
    crs: "EPSG:3857",
    toWgs84: mercatorToWgs84,
    name: `WebMercatorQuad/${tile.z}/${tile.x}/${tile.y}@${size}`,
  };
}

/** An item's own grid at `width` x `height` pixels: unwarped. */
export function previewTarget(item: CatalogItem, width: number, height: number): TargetGrid {
  const { grid } = item;
  return {
    width,
    height,
    transform: scaleAffine(grid.transform, grid.width / width, grid.height / height),
    crs: grid.crs,
    toWgs84: openCrs(grid.crs).toWgs84,
    name: `preview@${width}x${height}`,
  };
}

/** `lattices` are those of the target by source grid: dates of one place mostly share one, and projecting it is what a plan costs. */
function planLayer(target: TargetGrid, item: CatalogItem, lattices: Map<string, WarpGrid>): PlanLayer | undefined {
  const { crs, transform: sourceTransform } = item.grid;
  const key = `${sourceTransform.join(" ")} ${crs}`;
  const { width, height, transform, toWgs84 } = target;
  const grid =
    lattices.get(key) ??
    createWarpGrid({ width, height, transform, toWgs84, fromWgs84: openCrs(crs).fromWgs84, sourceTransform });
  lattices.set(key, grid);
  const extent = warpExtent(grid);
  if (extent === undefined) return undefined;
  const sizes = levelSizes(item.grid.width, item.grid.height);
  const level = Math.max(0, Math.min(sizes.length - 1, Math.floor(Math.log2(sourcePixels(grid)) + LEVEL_BIAS)));
  const size = sizes[level];
  if (size === undefined) return undefined;
  const factor = 2 ** level;
  const rows = span(extent[1] / factor, extent[3] / factor, size.height);
  const columns = span(extent[0] / factor, extent[2] / factor, size.width);
  if (rows === undefined || columns === undefined) return undefined;
  return { item, level, factor, grid, rect: { row: rows[0], column: columns[0], rows: rows[1], columns: columns[1] } };
}

/** Latents [from, count] that cover pixels [low - 1, high + 1] of an axis; undefined where that misses the image. */
function span(low: number, high: number, pixels: number): readonly [number, number] | undefined {
  const [first, last] = [Math.max(0, Math.floor(low) - 1), Math.min(pixels, Math.ceil(high) + 1)];
  if (low >= pixels || high <= 0 || last <= first) return undefined;
  const from = Math.floor(first / STRIDE);
  return [from, Math.ceil(last / STRIDE) - from];
}

/** Median over the nodes of how many source pixels one target pixel spans. */
function sourcePixels(grid: WarpGrid): number {
  const steps: number[] = [];
  for (let j = 0; j + 1 < grid.rows; j++) {
    for (let i = 0; i + 1 < grid.columns; i++) {
      const n = j * grid.columns + i;
      const across = Math.hypot(at(grid.x, n + 1) - at(grid.x, n), at(grid.y, n + 1) - at(grid.y, n));
      const down = Math.hypot(
        at(grid.x, n + grid.columns) - at(grid.x, n),
        at(grid.y, n + grid.columns) - at(grid.y, n),
      );
      const step = Math.sqrt(across * down) / grid.step;
      if (step > 0 && Number.isFinite(step)) steps.push(step);
    }
  }
  return steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 1;
}

const at = (array: Float64Array, i: number): number => array[i] ?? Number.NaN;

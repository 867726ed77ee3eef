import { STRIDE, CHUNK_PX } from "../core/geometry.js";
import { createHash } from "node:crypto";
import { holdsAll, itemsHolding } from "../catalog/absent-bands.js";
import type { CatalogItem } from "../catalog/types.js";
import { InvalidRequestError } from "../core/errors.js";
import { levelSizes } from "../container/tec-cog.js";
import { scaleAffine, type Affine } from "../geo/affine.js";
import { openCrs, type Crs, type Projector } from "../geo/crs.js";
import { tileTransformOf, type SetTile } from "../geo/tile-matrix-sets.js";
import { mercatorToWgs84 } from "../geo/web-mercator.js";
import { createWarpGrid, warpExtent, type WarpGrid } from "../geo/warp-grid.js";
import { insetOf } from "../render/algorithms/algorithms.js";
import { renderKey, requiredBands, shownNames, type RenderSpec, type Resampling } from "../render/render-spec.js";
import { reachOf } from "./kernel-reach.js";
import { FAR_PX } from "./mosaic/best-mosaic.js";
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
  /** Pixels of the level that the kernel looks at around one. */
  readonly reach: number;
  /** Of FlexTEC's 16 tokens, those to read; undefined: all. */
  readonly tokens?: number | undefined;
  /** Dates that its holes are filled from: nearest first, the same wherever on the item the picture lies. */
  readonly fillFrom: readonly CatalogItem[];
  /** Whether there are more of them than may be read. */
  readonly isFillCut: boolean;
}

/** An item and, where its holes are to be filled, from which others. */
export interface MosaicItem extends CatalogItem {
  readonly fillFrom?: readonly CatalogItem[] | undefined;
  readonly isFillCut?: boolean | undefined;
}

/** How many dates a picture may be made from. */
export interface DateBound {
  /** That add pixels to any one place of it. */
  readonly dates: number;
  /** Whether the search found more items than the plan has. */
  readonly isCut: boolean;
  /** Whether the search was given up before it found all: another time there may be more. */
  readonly isLate?: boolean;
}

const UNBOUND: DateBound = { dates: Infinity, isCut: false };

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
  /** In order of precedence, more than may be read, since some add nothing. Empty where no item reaches the picture. */
  readonly layers: readonly PlanLayer[];
  readonly limit: DateBound;
  /** Pixels around the picture that are drawn too and cut off again, since what is chosen inside depends on them. */
  readonly margin: number;
  /** The picture as it goes out: the target without what an algorithm takes off its sides. */
  readonly shown: Pick<TargetGrid, "width" | "height" | "transform" | "crs">;
  /** Strong ETag, quoted. */
  readonly etag: string;
}

/** Pixels of a warped picture that may be finer than the level's before the next finer level is taken: 2^0.3. */
const LEVEL_BIAS = 0.3;
/** Bytes of pictures of equal plans differ between these; raise it when rendering changes. */
const PIPELINE_VERSION = 6;
/** The distance at which clouds hide (window-observations.ts). */
const CLOUDS_PX = 3;

/**
 * Pure: the plan for a picture from items in order of precedence (mosaic/order-items.ts). Those that lack a band asked for take no part.
 *
 * @throws NotFoundError where all lack one, InvalidRequestError where an algorithm leaves nothing of it.
 */
export function planPicture(
  target: TargetGrid,
  {
    spec,
    mosaic = NEWEST,
    tokens,
    limit = UNBOUND,
  }: {
    readonly spec: RenderSpec;
    readonly mosaic?: MosaicSpec;
    readonly tokens?: number | undefined;
    readonly limit?: DateBound;
  },
  items: readonly MosaicItem[],
): TilePlan {
  const margin = mosaic.selection === "best" ? FAR_PX : 0;
  const around = margin === 0 ? target : widen(target, margin);
  const lattices: Lattices = new Map();
  const bands = requiredBands(spec);
  const layers = itemsHolding(bands, items)
    .map((item) =>
      planLayer(
        around,
        {
          ...item,
          fillFrom: item.fillFrom?.filter((one) => holdsAll(one, bands)),
        },
        { lattices, resampling: spec.resampling },
      ),
    )
    .filter((layer) => layer !== undefined)
    .map((layer) => (tokens === undefined ? layer : { ...layer, tokens }));
  const identity = JSON.stringify([
    PIPELINE_VERSION,
    target.name,
    renderKey(spec),
    mosaic,
    layers.map(({ item, level, fillFrom }) => [...identityOf(item), level, ...fillFrom.map(identityOf)]),
    limit.dates,
    ...(tokens === undefined ? [] : [tokens]),
  ]);
  const etag = `"${createHash("sha256").update(identity).digest("base64url").slice(0, 27)}"`;
  const shown = shownOf(target, spec);
  return { target, shown, spec: completeSpec(spec, shown, mosaic), mosaic, layers, limit, margin, etag };
}

/** Of an item, everything that a picture's bytes may depend on. */
function identityOf(item: CatalogItem): readonly unknown[] {
  const { collection, id, checksum, model, grid, datetimeMs, clearPercent, chunkClearPercent } = item;
  const { crs, transform, width, height } = grid;
  const clear = [clearPercent ?? "unknown", chunkClearPercent === undefined ? "unknown" : digestOf(chunkClearPercent)];
  return [collection, id, checksum, model, crs, transform, width, height, datetimeMs, clear];
}

const digests = new WeakMap<readonly number[], string>();

/** Of a list that never changes: thousands of numbers of each of many dates would be most of what a plan costs. */
function digestOf(percents: readonly number[]): string {
  const known = digests.get(percents);
  if (known !== undefined) return known;
  const digest = createHash("sha256").update(JSON.stringify(percents)).digest("base64url");
  digests.set(percents, digest);
  return digest;
}

/** A tif says where it lies, slopes are of the ground; the ETag knows that by the target's name and the items. */
function completeSpec(spec: RenderSpec, shown: TilePlan["shown"], { selection }: MosaicSpec): RenderSpec {
  const { transform, crs } = shown;
  const algorithm =
    spec.algorithm === undefined
      ? {}
      : { algorithm: { ...spec.algorithm, pixelSize: [Math.abs(transform[0]), Math.abs(transform[4])] as const } };
  if (spec.format !== "tif") return { ...spec, ...algorithm };
  const bands = selection === "count" && spec.algorithm === undefined ? ["count"] : shownNames(spec);
  return { ...spec, ...algorithm, geotiff: { transform, crs, bands } };
}

function shownOf(target: TargetGrid, { algorithm }: RenderSpec): TilePlan["shown"] {
  const inset = insetOf(algorithm);
  if (2 * inset < Math.min(target.width, target.height)) return widen(target, -inset);
  throw new InvalidRequestError(
    `algorithm=${algorithm?.name} takes ${inset} pixels off each side of ${target.width} x ${target.height}; wanted a smaller buffer in algorithm_params, or more pixels`,
  );
}

/** The picture's pixels and those around it that are drawn too. */
export function plannedArea({ target, margin }: TilePlan): { readonly width: number; readonly height: number } {
  return { width: target.width + 2 * margin, height: target.height + 2 * margin };
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

/** The grid of a tile, in its set's CRS, with `buffer` pixels more on each side: a multiple of a half. */
export function tileTarget(tile: SetTile, size: number, buffer = 0): TargetGrid {
  const target = plainTarget(tile, size);
  if (buffer === 0) return target;
  return { ...widen(target, buffer), name: `${target.name}+${buffer}` };
}

function plainTarget(tile: SetTile, size: number): TargetGrid {
  const { id, crs } = tile.set;
  return {
    width: size,
    height: size,
    transform: tileTransformOf(tile, size),
    crs,
    toWgs84: crs === "EPSG:3857" ? mercatorToWgs84 : openCrs(crs).toWgs84,
    name: `${id}/${tile.z}/${tile.x}/${tile.y}@${size}`,
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

/** Between grids of one CRS coordinates stay what they are, exactly. */
const UNPROJECTED = {
  toWgs84: (x: number, y: number): [number, number] => [x, y],
  fromWgs84: (x: number, y: number): [number, number] => [x, y],
};

/** Where a grid of items lies on a target; "outside" where it doesn't. */
type Placed = Omit<PlanLayer, "item" | "tokens" | "fillFrom" | "isFillCut">;
type Lattices = Map<string, { readonly grid: WarpGrid; readonly placed: Map<string, Placed | "outside"> }>;

/** `lattices` are those of the target by source grid: dates of one place mostly share one, and projecting it is what a plan costs. */
export function planLayer(
  target: TargetGrid,
  { fillFrom = [], isFillCut = false, ...item }: MosaicItem,
  {
    lattices = new Map(),
    resampling = "bilinear",
  }: { readonly lattices?: Lattices; readonly resampling?: Resampling } = {},
): PlanLayer | undefined {
  const { crs, transform: sourceTransform } = item.grid;
  const key = `${sourceTransform.join(" ")} ${crs}`;
  const { width, height, transform } = target;
  const projectors = target.crs === crs ? UNPROJECTED : { toWgs84: target.toWgs84, fromWgs84: openCrs(crs).fromWgs84 };
  const lattice = lattices.get(key) ?? {
    grid: createWarpGrid({ width, height, transform, ...projectors, sourceTransform }),
    placed: new Map<string, Placed | "outside">(),
  };
  lattices.set(key, lattice);
  const size = `${item.grid.width} ${item.grid.height}`;
  const placed = lattice.placed.get(size) ?? placeGrid(lattice.grid, item.grid, resampling) ?? "outside";
  lattice.placed.set(size, placed);
  return placed === "outside" ? undefined : { ...placed, item, fillFrom, isFillCut };
}

function placeGrid(grid: WarpGrid, { width, height }: CatalogItem["grid"], resampling: Resampling): Placed | undefined {
  const extent = warpExtent(grid);
  if (extent === undefined) return undefined;
  const sizes = levelSizes(width, height);
  const level = Math.max(0, Math.min(sizes.length - 1, Math.floor(Math.log2(sourcePixels(grid)) + LEVEL_BIAS)));
  const size = sizes[level];
  if (size === undefined) return undefined;
  const factor = 2 ** level;
  const reach = reachOf(resampling, grid, factor);
  const around = CLOUDS_PX + reach;
  const rows = span(extent[1] / factor, extent[3] / factor, { pixels: size.height, around });
  const columns = span(extent[0] / factor, extent[2] / factor, { pixels: size.width, around });
  if (rows === undefined || columns === undefined) return undefined;
  return {
    level,
    factor,
    grid,
    reach,
    rect: { row: rows[0], column: columns[0], rows: rows[1], columns: columns[1] },
  };
}

/** Latents [from, count] that cover pixels [low - around, high + around] of an axis; undefined where that misses the image. */
function span(
  low: number,
  high: number,
  { pixels, around }: { readonly pixels: number; readonly around: number },
): readonly [number, number] | undefined {
  const [first, last] = [Math.max(0, Math.floor(low) - around), Math.min(pixels, Math.ceil(high) + around)];
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

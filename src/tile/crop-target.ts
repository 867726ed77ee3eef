import type { CatalogItem } from "../catalog/types.js";
import { InvalidRequestError } from "../core/errors.js";
import { applyAffine, invertAffine, translateAffine } from "../geo/affine.js";
import { boundsOf, boxOutline, type Bounds } from "../geo/bounds.js";
import { gridBoundsWgs84, isGeographic, openCrs, type Crs, type Projector } from "../geo/crs.js";
import type { PixelWindow } from "../core/raster.js";
import type { TargetGrid } from "./plan.js";

/** A box of the Earth, and what a picture of it is asked to be; as rio-tiler's `part` has it. */
export interface Crop {
  /** In `crs`; of a geographic one west > east crosses the antimeridian. */
  readonly bounds: Bounds;
  readonly crs: Crs;
  /** Of the picture. */
  readonly dstCrs: Crs;
  /** Pixels; the other side follows where only one is given, the item's own resolution counts where neither is. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Of the longer side, where neither is given. */
  readonly maxSize?: number | undefined;
}

/** The grid of a crop's picture; `grid` is the item's whose resolution counts. @throws InvalidRequestError */
export function cropTarget(crop: Crop, grid: CatalogItem["grid"]): TargetGrid {
  const { dstCrs } = crop;
  const [minx, miny, maxx, maxy] = boundsIn(crop);
  if (!(maxx > minx && maxy > miny) || ![minx, miny, maxx, maxy].every(Number.isFinite))
    throw new InvalidRequestError(`bbox ${crop.bounds.join(",")} has no area in ${dstCrs.slice(0, 60)}`);
  const { width, height } = sizeOf(crop, { across: maxx - minx, down: maxy - miny }, grid);
  return {
    width,
    height,
    transform: [(maxx - minx) / width, 0, minx, 0, -(maxy - miny) / height, maxy],
    crs: dstCrs,
    toWgs84: wrapped(openCrs(dstCrs).toWgs84),
    name: `crop@${dstCrs}/${[minx, miny, maxx, maxy].join(",")}@${width}x${height}`,
  };
}

/** Where a crop lies, to find items by; west > east across the antimeridian. */
export function cropBoundsWgs84({ bounds, crs }: Pick<Crop, "bounds" | "crs">): Bounds {
  if (isGeographic(crs)) return bounds;
  const [minx, miny, maxx, maxy] = bounds;
  return gridBoundsWgs84(
    [(maxx - minx) / PER_SIDE, 0, minx, 0, (miny - maxy) / PER_SIDE, maxy],
    PER_SIDE,
    PER_SIDE,
    crs,
  );
}

/** Rows [from, from + rows) of a target. */
export function targetRows(target: TargetGrid, from: number, rows: number): TargetGrid {
  const transform = translateAffine(target.transform, 0, from);
  return { ...target, height: rows, transform, name: `${target.name}/rows ${from}+${rows}` };
}

/** Of a target, in its own CRS. */
export function targetBounds({ transform, width, height }: Pick<TargetGrid, "transform" | "width" | "height">): Bounds {
  return boundsOf([0, width].flatMap((x) => [0, height].map((y) => applyAffine(transform, x, y))));
}

/** The whole pixels of a grid that a box touches. @throws InvalidRequestError where it touches none */
export function pixelsOfBox(box: Pick<Crop, "bounds" | "crs">, grid: CatalogItem["grid"]): PixelWindow {
  const inverse = invertAffine(grid.transform);
  const [minx, miny, east, maxy] = box.bounds;
  const maxx = east < minx && isGeographic(box.crs) ? east + 360 : east;
  const between: Projector = box.crs === grid.crs ? (x, y) => [x, y] : projector(box.crs, grid.crs);
  const [left, top, right, bottom] = boundsOf(
    boxOutline([minx, miny, maxx, maxy], PER_SIDE).map(([x, y]) => applyAffine(inverse, ...between(x, y))),
  );
  // A box on the pixels' own borders touches no more of them, whatever the last digit says.
  const [x, y] = [Math.max(0, Math.floor(left + NEARLY)), Math.max(0, Math.floor(top + NEARLY))];
  const width = Math.min(grid.width, Math.ceil(right - NEARLY)) - x;
  const height = Math.min(grid.height, Math.ceil(bottom - NEARLY)) - y;
  if (width > 0 && height > 0) return { x, y, width, height };
  throw new InvalidRequestError(`bbox ${box.bounds.join(",")} lies outside the image`);
}

/** Of a pixel. */
const NEARLY = 1e-6;

/** Points on each side of a box or grid that is projected. */
const PER_SIDE = 21;

/** The box in the picture's CRS, as wide as its outline is there. */
/** The box around a box, in another CRS. */
export function boundsIn({ bounds, crs, dstCrs }: Pick<Crop, "bounds" | "crs" | "dstCrs">): Bounds {
  const [minx, miny, east, maxy] = bounds;
  const maxx = east < minx && isGeographic(crs) ? east + 360 : east;
  if (crs === dstCrs) return [minx, miny, maxx, maxy];
  const between = projector(crs, dstCrs);
  return boundsOf(boxOutline([minx, miny, maxx, maxy], PER_SIDE).map(([x, y]) => between(x, y)));
}

function projector(from: Crs, to: Crs): Projector {
  const { toWgs84 } = openCrs(from);
  const { fromWgs84 } = openCrs(to);
  return (x, y) => fromWgs84(...wrapped(toWgs84)(x, y));
}

/** Longitudes beyond 180 degrees are those of the other side. */
function wrapped(toWgs84: Projector): Projector {
  return (x, y) => {
    const [lon, lat] = toWgs84(x, y);
    return [lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon, lat];
  };
}

function sizeOf(
  { width, height, maxSize, dstCrs }: Crop,
  { across, down }: { readonly across: number; readonly down: number },
  grid: CatalogItem["grid"],
): { readonly width: number; readonly height: number } {
  if (width !== undefined && height !== undefined) return { width, height };
  const pixel = pixelSize(grid, dstCrs);
  const own = { width: Math.max(1, Math.round(across / pixel)), height: Math.max(1, Math.round(down / pixel)) };
  // As rio-tiler has it: of whole pixels, unless none is warped and a side is given.
  const whole = own.height / own.width;
  const ratio = dstCrs === grid.crs ? down / across : whole;
  if (width !== undefined) return { width, height: Math.max(1, Math.ceil(width * ratio)) };
  if (height !== undefined) return { width: Math.max(1, Math.ceil(height / ratio)), height };
  if (maxSize === undefined || Math.max(own.width, own.height) <= maxSize) return own;
  return whole > 1
    ? { width: Math.max(1, Math.ceil(maxSize / whole)), height: maxSize }
    : { width: maxSize, height: Math.max(1, Math.ceil(maxSize * whole)) };
}

/**
 * Side of a pixel of a grid in another CRS, as GDALSuggestedWarpOutput has it: the way from the first corner to the last has as many pixels; that across the
 * box around both where the corners lie above or beside one another.
 */
function pixelSize({ transform, width, height, crs }: CatalogItem["grid"], dstCrs: Crs): number {
  const between: Projector = crs === dstCrs ? (x, y) => [x, y] : projector(crs, dstCrs);
  const there = boxOutline([0, 0, width, height], PER_SIDE).map(([x, y]) => between(...applyAffine(transform, x, y)));
  const [west, north] = between(...applyAffine(transform, 0, 0));
  // Of a grid across the antimeridian, all on one side.
  const onOneSide = ([x, y]: readonly [number, number]): readonly [number, number] =>
    isGeographic(dstCrs) ? [x - 360 * Math.round((x - west) / 360), y] : [x, y];
  const [east, south] = onOneSide(between(...applyAffine(transform, width, height)));
  const [minx, miny, maxx, maxy] = boundsOf(there.map(onOneSide));
  const across = east === west || south === north ? [maxx - minx, maxy - miny] : [east - west, south - north];
  return Math.hypot(...across) / Math.hypot(width, height);
}

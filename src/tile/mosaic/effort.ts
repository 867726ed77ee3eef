import { partsOf, type Geometry } from "../../catalog/geometry.js";
import type { CatalogItem } from "../../catalog/types.js";
import type { Bounds } from "../../geo/bounds.js";

/** How hard items are looked for, as pgSTAC's geometrysearch has it. */
export interface Effort {
  /** Items at most that are read. */
  readonly mostItems?: number;
  /** Items at most that are looked at, in their order, with those that are passed over. */
  readonly mostScanned?: number;
  /** Milliseconds that the search for items may take. */
  readonly timeLimitMs?: number;
  /** Looks no further once footprints cover the place. */
  readonly untilFull?: boolean;
  /** Passes over an item all of which lies under those before it, and looks no further once the place is covered. */
  readonly skipCovered?: boolean;
}

/** Whether which items are read goes by what footprints cover. */
export const goesByCover = ({ untilFull = false, skipCovered = false }: Effort): boolean => untilFull || skipCovered;

/**
 * Those of the items, in their order, that such an effort leaves. What is covered is told by 128 x 128 places of the box, of a geometry by those
 * in it; a box without area isn't ever covered.
 */
export function withinEffort<T extends Pick<CatalogItem, "geometry">>(
  items: readonly T[],
  effort: Effort,
  place: { readonly bounds: Bounds; readonly geometry?: Geometry | undefined },
): readonly T[] {
  const { mostItems = Infinity, mostScanned = Infinity, skipCovered = false } = effort;
  const scanned = items.slice(0, mostScanned);
  const cover = goesByCover(effort) ? coverOf(place.bounds, place.geometry) : undefined;
  if (cover === undefined) return scanned.slice(0, mostItems);
  const kept: T[] = [];
  for (const item of scanned) {
    const added = cover.add(item.geometry);
    if (added > 0 || !skipCovered) kept.push(item);
    if (cover.isFull() || kept.length >= mostItems) break;
  }
  return kept;
}

/** Places a side. */
const PLACES = 128;

/** Which places of a box are covered so far. */
interface Cover {
  /** How many places a geometry adds. */
  add(geometry: Geometry): number;
  isFull(): boolean;
}

/** Undefined where there is no area. */
function coverOf([west, south, east, north]: Bounds, within: Geometry | undefined): Cover | undefined {
  const width = east >= west ? east - west : east + 360 - west;
  if (width <= 0 || north <= south) return undefined;
  const open = new Uint8Array(PLACES * PLACES).fill(1);
  /** Calls `visit` for each place that polygons hold, even-odd within each. */
  const visitInside = (geometry: Geometry, visit: (place: number) => void): void => {
    for (const rings of partsOf(geometry).polygons) {
      const lons = rings[0]?.map(([lon]) => lon) ?? [];
      const [least, most] = [Math.min(...lons), Math.max(...lons)];
      // The same longitude may be told from either side of the date line.
      for (const turn of [-360, 0, 360].filter((turn) => most + turn > west && least + turn < west + width))
        for (let row = 0; row < PLACES; row++) {
          const lat = south + ((row + 0.5) / PLACES) * (north - south);
          const crossings = rings.flatMap((ring) => crossingsOf(ring, lat)).toSorted((a, b) => a - b);
          for (let i = 0; i + 1 < crossings.length; i += 2) {
            const [from = 0, to = 0] = [crossings[i], crossings[i + 1]].map(
              (lon = 0) => ((lon + turn - west) / width) * PLACES - 0.5,
            );
            const last = Math.min(PLACES - 1, Math.ceil(to) - 1);
            for (let column = Math.max(0, Math.ceil(from)); column <= last; column++) visit(row * PLACES + column);
          }
        }
    }
  };
  if (within !== undefined && partsOf(within).polygons.length > 0) {
    open.fill(0);
    visitInside(within, (place) => void (open[place] = 1));
  }
  let left = open.reduce((sum, one) => sum + one, 0);
  if (left === 0) return undefined;
  return {
    add(geometry) {
      const before = left;
      visitInside(geometry, (place) => {
        left -= open[place] ?? 0;
        open[place] = 0;
      });
      return before - left;
    },
    isFull: () => left === 0,
  };
}

/** Longitudes where a ring crosses a latitude. */
function crossingsOf(ring: readonly (readonly number[])[], lat: number): readonly number[] {
  return ring.flatMap(([x0 = 0, y0 = 0], i) => {
    const [x1 = 0, y1 = 0] = ring[i + 1] ?? [x0, y0];
    return y0 <= lat === y1 <= lat ? [] : [x0 + ((lat - y0) / (y1 - y0)) * (x1 - x0)];
  });
}

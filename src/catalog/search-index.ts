import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { InvalidRequestError } from "../core/errors.js";
import type { Bounds } from "../geo/bounds.js";
import { partsOf } from "./geometry.js";
import { boundsGeometry, boundsOfParts, partsIntersect } from "./intersects.js";
import type { CatalogItem, SearchPage, SearchQuery } from "./types.js";

/** Items in the catalog's order, with what a search looks at first in typed arrays: 100,000 items take about a millisecond. */
export interface SearchIndex {
  readonly size: number;
  get(collection: string, id: string): CatalogItem | undefined;
  /** @throws InvalidRequestError for a token that isn't one. */
  search(query: SearchQuery): SearchPage;
  /** The same in slices of a few milliseconds, so that a coastline against all footprints holds up nobody. */
  searchInSlices(query: SearchQuery, signal?: AbortSignal): Promise<SearchPage>;
}

/** Builds the index; of two items with one collection and id the later one counts. */
export function createSearchIndex(unsorted: Iterable<CatalogItem>): SearchIndex {
  const byKey = new Map<string, CatalogItem>();
  for (const item of unsorted) byKey.set(keyOf(item.collection, item.id), item);
  const items = [...byKey.values()].sort(compareItems);
  const columns = columnsOf(items);
  return {
    size: items.length,
    get: (collection, id) => byKey.get(keyOf(collection, id)),
    search(query) {
      const steps = scan(query);
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
      }
    },
    async searchInSlices(query, signal) {
      const steps = scan(query);
      let until = performance.now() + SLICE_MS;
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
        if (performance.now() < until) continue;
        await nextTurn();
        signal?.throwIfAborted();
        until = performance.now() + SLICE_MS;
      }
    },
  };

  /** Pauses after every item that was held against a shape. */
  function* scan(query: SearchQuery): Generator<void, SearchPage> {
    const after = query.token === undefined ? undefined : decodeToken(query.token);
    const accepts = exactFilter(query);
    const found: CatalogItem[] = [];
    let [matched, more] = [0, false];
    for (const { row, inside } of candidates(columns, query)) {
      const item = items[row];
      const isWanted = item !== undefined && accepts(item, inside);
      if (query.intersects !== undefined) yield;
      if (!isWanted) continue;
      matched++;
      if (more || (after !== undefined && comparePlaces(placeOf(item), after) <= 0)) continue;
      if (found.length < query.limit) found.push(item);
      else more = true;
    }
    const last = found.at(-1);
    return { items: found, matched, next: more && last !== undefined ? encodeToken(placeOf(last)) : undefined };
  }
}

const SLICE_MS = 8;

/** One entry an item, in the items' order. */
interface Columns {
  readonly timeMs: Float64Array;
  /** Four numbers an item; east > 180 where the box crosses the antimeridian. */
  readonly boxes: Float64Array;
  readonly collection: Int32Array;
  readonly collectionNumbers: ReadonlyMap<string, number>;
}

function columnsOf(items: readonly CatalogItem[]): Columns {
  const timeMs = new Float64Array(items.length);
  const boxes = new Float64Array(items.length * 4);
  const collection = new Int32Array(items.length);
  const collectionNumbers = new Map<string, number>();
  items.forEach((item, row) => {
    const [west, south, east, north] = item.boundsWgs84;
    const number = collectionNumbers.get(item.collection) ?? collectionNumbers.size;
    collectionNumbers.set(item.collection, number);
    timeMs[row] = item.datetimeMs;
    boxes.set([west, south, west > east ? east + 360 : east, north], 4 * row);
    collection[row] = number;
  });
  return { timeMs, boxes, collection, collectionNumbers };
}

interface Candidate {
  readonly row: number;
  readonly inside: boolean;
}

/**
 * The rows that pass the query's collections, time and box. `inside`: the item's box lies within the query's, so the footprint needn't
 * be tested against it. Touching boxes count, and boxes without area too.
 */
function* candidates(columns: Columns, query: SearchQuery): Generator<Candidate> {
  const { timeMs, boxes, collection, collectionNumbers } = columns;
  const [from, to] = query.datetime ?? [-Infinity, Infinity];
  const [west, south, right, north] = query.bbox ?? [-Infinity, -Infinity, Infinity, Infinity];
  const east = west > right ? right + 360 : right;
  const wanted = new Uint8Array(collectionNumbers.size).fill(query.collections === undefined ? 1 : 0);
  for (const name of query.collections ?? []) wanted[collectionNumbers.get(name) ?? -1] = 1;
  for (let row = 0; row < timeMs.length; row++) {
    const time = timeMs[row] ?? 0;
    if (time < from || time > to || wanted[collection[row] ?? 0] === 0) continue;
    const at = 4 * row;
    const s = boxes[at + 1] ?? 0;
    const n = boxes[at + 3] ?? 0;
    if (s > north || n < south) continue;
    const w = boxes[at] ?? 0;
    const e = boxes[at + 2] ?? 0;
    // Longitudes of the item and of the query may be a turn apart.
    for (let turn = -360; turn <= 360; turn += 360) {
      if (w + turn > east || e + turn < west) continue;
      yield { row, inside: w + turn >= west && e + turn <= east && s >= south && n <= north };
      break;
    }
  }
}

/** Where an item stands in the order. The token of a page is the place of its last item, so items added later move nothing. */
type Place = readonly [datetimeMs: number, collection: string, id: string];

const placeSchema = z.tuple([z.number(), z.string(), z.string()]);
const placeOf = (item: CatalogItem): Place => [item.datetimeMs, item.collection, item.id];
const keyOf = (collection: string, id: string): string => JSON.stringify([collection, id]);
const compareItems = (a: CatalogItem, b: CatalogItem): number =>
  b.datetimeMs - a.datetimeMs || compareText(a.collection, b.collection) || compareText(a.id, b.id);
const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Newest first, then by collection and id (code units, so that no locale changes it). */
function comparePlaces(a: Place, b: Place): number {
  return b[0] - a[0] || compareText(a[1], b[1]) || compareText(a[2], b[2]);
}

function encodeToken(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function decodeToken(token: string): Place {
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(token, "base64url").toString("utf8")));
  } catch (cause) {
    throw new InvalidRequestError(`token is "${token.slice(0, 40)}"; wanted one from a page's next link`, { cause });
  }
}

/** What the columns don't know: ids, and the footprint against the query's box and geometry. */
function exactFilter(query: SearchQuery): (item: CatalogItem, inside: boolean) => boolean {
  const ids = query.ids === undefined ? undefined : new Set(query.ids);
  const box = query.bbox === undefined ? undefined : partsOf(boundsGeometry(query.bbox));
  const shape = query.intersects === undefined ? undefined : partsOf(query.intersects);
  const around = shape === undefined ? undefined : boundsOfParts(shape);
  return (item, inside) => {
    if (ids !== undefined && !ids.has(item.id)) return false;
    if (around !== undefined && isApart(around, item.boundsWgs84)) return false;
    if (shape === undefined && (box === undefined || inside)) return true;
    const footprint = partsOf(item.geometry);
    return (
      (box === undefined || inside || partsIntersect(box, footprint)) &&
      (shape === undefined || partsIntersect(shape, footprint))
    );
  };
}

/** Of boxes that don't cross the antimeridian; false where the second does. */
function isApart(a: Bounds, [west, south, east, north]: Bounds): boolean {
  return west <= east && (west > a[2] || east < a[0] || south > a[3] || north < a[1]);
}

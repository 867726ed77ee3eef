import { createSlices, sortInSlices, type Slices } from "../core/slices.js";
import type { Bounds } from "../geo/bounds.js";
import { createBoxGrid, type BoxGrid } from "./box-grid.js";
import type { Column } from "./cql2/columns.js";
import type { Geometry } from "./geometry.js";
import { propertyNames, propertyOf, typeOfValue } from "./item-properties.js";
import { columnOfValues } from "./property-columns.js";
import type { CatalogItem } from "./types.js";

/** Items as a table, newest first, then by collection and id: what every search looks at in typed arrays, the rest when it is asked for. */
export interface ItemTable {
  readonly size: number;
  /** Milliseconds since 1970, falling. */
  readonly timeMs: Float64Array;
  /** Four numbers an item; east > 180 where the box crosses the antimeridian. */
  readonly boxes: Float64Array;
  /** Of each item, in `collections`. */
  readonly collection: Uint32Array;
  readonly collections: readonly string[];
  readonly grid: BoxGrid;
  id(row: number): string;
  find(collection: string, id: string): number | undefined;
  footprint(row: number): Geometry;
  /** @throws NotFoundError, CorruptDataError where it can't be had any more. */
  item(row: number): Promise<CatalogItem>;
  /** The values of a property, made in slices where they aren't yet; undefined where no item has it. */
  column(name: string): Promise<Column | undefined>;
  /** Properties that the items of a collection (or all) have, and the JSON types of their values. */
  types(collection?: string): Promise<PropertyTypes>;
}

export type PropertyTypes = ReadonlyMap<string, ReadonlySet<string>>;

/** Where an item stands in the order of a table. */
export type Position = Pick<CatalogItem, "datetimeMs" | "collection" | "id">;

/** Newest first, then by collection and id (code units, so that no locale changes it). */
export function compareItems(a: Position, b: Position): number {
  return b.datetimeMs - a.datetimeMs || compareText(a.collection, b.collection) || compareText(a.id, b.id);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

export function positionOf(table: ItemTable, row: number): Position {
  return {
    datetimeMs: table.timeMs[row] ?? 0,
    collection: table.collections[table.collection[row] ?? 0] ?? "",
    id: table.id(row),
  };
}

/** Rows between two looks at the clock. */
const STEP = 1024;

/** A table of parsed items, made in slices; of two with one collection and id the later one counts. */
export async function createItemTable(unsorted: Iterable<CatalogItem>): Promise<ItemTable> {
  const slices = createSlices();
  const byCollection = new Map<string, Map<string, CatalogItem>>();
  let count = 0;
  for (const item of unsorted) {
    const ids = byCollection.get(item.collection) ?? new Map<string, CatalogItem>();
    byCollection.set(item.collection, ids.set(item.id, item));
    if (++count % STEP === 0 && slices.isOver()) await slices.pause();
  }
  const all = [...byCollection.values()].flatMap((ids) => [...ids.values()]);
  const items = await sortInSlices(all, compareItems);
  const rows = new Map<string, Map<string, number>>();
  const collections = [...byCollection.keys()];
  const numbers = new Map(collections.map((name, i) => [name, i]));
  const timeMs = new Float64Array(items.length);
  const boxes = new Float64Array(items.length * 4);
  const collection = new Uint32Array(items.length);
  await eachItem(items, slices, (item, row) => {
    timeMs[row] = item.datetimeMs;
    boxes.set(turned(item.boundsWgs84), 4 * row);
    collection[row] = numbers.get(item.collection) ?? 0;
    const ids = rows.get(item.collection) ?? new Map<string, number>();
    rows.set(item.collection, ids.set(item.id, row));
  });
  const at = (row: number): CatalogItem => {
    const item = items[row];
    if (item === undefined) throw new RangeError(`Row ${row} of ${items.length}`);
    return item;
  };
  const columns = new Map<string, Promise<Column | undefined>>();
  return {
    size: items.length,
    timeMs,
    boxes,
    collection,
    collections,
    grid: await createBoxGrid(boxes),
    id: (row) => at(row).id,
    find: (name, id) => rows.get(name)?.get(id),
    footprint: (row) => at(row).geometry,
    item: (row) => Promise.resolve(at(row)),
    column(name) {
      const found = columns.get(name) ?? columnOf(items, name);
      columns.set(name, found);
      return found;
    },
    types: (name) => typesOf(items, name),
  };
}

/** A box whose east is > 180 where it crosses the antimeridian. */
export const turned = ([west, south, east, north]: Bounds): Bounds => [
  west,
  south,
  west > east ? east + 360 : east,
  north,
];

/** A property's values of items, in their order. */
export async function columnOf(items: readonly CatalogItem[], name: string): Promise<Column | undefined> {
  const values = columnOfValues(name, items.length);
  await eachItem(items, createSlices(), (item, row) => values.set(row, propertyOf(item, name)));
  return values.column();
}

/** The properties of items of a collection, or of all. */
export async function typesOf(items: readonly CatalogItem[], collection?: string): Promise<PropertyTypes> {
  const types = new Map<string, Set<string>>();
  await eachItem(items, createSlices(), (item) => {
    if (collection !== undefined && item.collection !== collection) return;
    for (const name of propertyNames(item)) {
      const value = propertyOf(item, name);
      if (value === undefined) continue;
      const found = types.get(name) ?? new Set();
      types.set(name, found.add(typeOfValue(value)));
    }
  });
  return types;
}

/** Visits items in slices. */
export async function eachItem<T>(
  items: readonly T[],
  slices: Slices,
  visit: (item: T, row: number) => void,
): Promise<void> {
  for (let row = 0; row < items.length; row++) {
    const item = items[row];
    if (item !== undefined) visit(item, row);
    if (row % STEP === 0 && slices.isOver()) await slices.pause();
  }
}

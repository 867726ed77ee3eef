import { createSlices, type Slices } from "../core/slices.js";
import type { Bounds } from "../geo/bounds.js";
import { createBoxGrid, type BoxGrid } from "./box-grid.js";
import type { Column, Columns } from "./cql2/columns.js";
import { parseInstant } from "./cql2/instants.js";
import {
  isInstant,
  KNOWN_PROPERTIES,
  plainName,
  propertyNames,
  propertyOf,
  schemaOfValues,
  typeOfValue,
  type PropertySchema,
} from "./item-properties.js";
import type { IndexedItem } from "./item-snapshot.js";
import type { CatalogItem } from "./types.js";

/** Items as a table: what every search looks at in typed arrays, further properties as they are asked for. */
export interface ItemColumns {
  readonly timeMs: Float64Array;
  /** Four numbers an item; east > 180 where the box crosses the antimeridian. */
  readonly boxes: Float64Array;
  readonly collection: Int32Array;
  readonly collectionNumbers: ReadonlyMap<string, number>;
  readonly grid: BoxGrid;
  /** The columns of these properties, built in slices where they aren't yet; unknown ones are undefined. */
  prepare(names: Iterable<string>): Promise<Columns>;
  /** Properties that the items of a collection (or all) have. */
  queryables(collection?: string): Promise<Readonly<Record<string, PropertySchema>>>;
}

/** Rows between two looks at the clock. */
const STEP = 1024;

export async function createItemColumns(items: readonly IndexedItem[]): Promise<ItemColumns> {
  const slices = createSlices();
  const timeMs = new Float64Array(items.length);
  const boxes = new Float64Array(items.length * 4);
  const collection = new Int32Array(items.length);
  const collectionNumbers = new Map<string, number>();
  await eachRow(items, slices, (item, row) => {
    const [west, south, east, north] = item.boundsWgs84;
    const number = collectionNumbers.get(item.collection) ?? collectionNumbers.size;
    collectionNumbers.set(item.collection, number);
    timeMs[row] = item.datetimeMs;
    boxes[4 * row] = west;
    boxes[4 * row + 1] = south;
    boxes[4 * row + 2] = west > east ? east + 360 : east;
    boxes[4 * row + 3] = north;
    collection[row] = number;
  });
  const grid = await createBoxGrid(boxes);
  const fixed = new Map<string, Column>([
    ["datetime", { kind: "instant", values: timeMs }],
    ["geometry", { kind: "geometry", at: (row) => geometryAt(items, row), box: (row) => boxAt(boxes, row) }],
  ]);
  const built = new Map<string, Promise<Column | undefined>>();
  const columnOf = (name: string): Promise<Column | undefined> => {
    const known = built.get(name) ?? Promise.resolve(fixed.get(name) ?? buildColumn(items, name));
    built.set(name, known);
    return known;
  };
  const described = new Map<string, Promise<Readonly<Record<string, PropertySchema>>>>();
  return {
    timeMs,
    boxes,
    collection,
    collectionNumbers,
    grid,
    async prepare(names) {
      const columns = new Map<string, Column | undefined>();
      for (const name of names) columns.set(plainName(name), await columnOf(plainName(name)));
      return { column: (name) => columns.get(plainName(name)), names: Object.keys(KNOWN_PROPERTIES) };
    },
    queryables(id) {
      const key = JSON.stringify(id);
      const found = described.get(key) ?? describeItems(items, id);
      described.set(key, found);
      return found;
    },
  };
}

async function buildColumn(items: readonly IndexedItem[], name: string): Promise<Column | undefined> {
  const slices = createSlices();
  const numbers = new Float64Array(items.length).fill(Number.NaN);
  let values: unknown[] | undefined;
  let isThere = false;
  const isTime = isInstant(name);
  await eachRow(items, slices, (item, row) => {
    const value = propertyOf(item, name);
    if (value === undefined) return;
    isThere = true;
    if (isTime) numbers[row] = typeof value === "string" ? (parseInstant(value) ?? Number.NaN) : Number.NaN;
    else if (typeof value === "number") {
      if (values === undefined) numbers[row] = value;
      else values[row] = value;
    } else {
      // What were numbers so far are values of a mixed column.
      values ??= Array.from({ length: items.length }, (_, i) => (Number.isNaN(numbers[i]) ? undefined : numbers[i]));
      values[row] = value;
    }
  });
  if (!isThere && KNOWN_PROPERTIES[name] === undefined) return undefined;
  if (isTime) return { kind: "instant", values: numbers };
  if (values !== undefined) return { kind: "value", values };
  const isNumber = isThere || KNOWN_PROPERTIES[name]?.["type"] === "number";
  return isNumber ? { kind: "number", values: numbers } : { kind: "value", values: new Array<unknown>(items.length) };
}

async function describeItems(
  items: readonly IndexedItem[],
  collection: string | undefined,
): Promise<Readonly<Record<string, PropertySchema>>> {
  const types = new Map<string, Set<string>>();
  await eachRow(items, createSlices(), (item) => {
    if (collection !== undefined && item.collection !== collection) return;
    for (const name of [...propertyNames(item), "tec:model", "tec:entropy", "tec:quality", "tec:bits_per_pixel"]) {
      const value = propertyOf(item, name);
      if (value === undefined) continue;
      const found = types.get(name) ?? new Set();
      types.set(name, found.add(typeOfValue(value)));
    }
  });
  const core = Object.entries(KNOWN_PROPERTIES).slice(0, 4);
  const others = [...types].map(([name, found]) => [name, schemaOfValues(name, found)] as const);
  return Object.fromEntries([...core, ...others.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

async function eachRow(
  items: readonly IndexedItem[],
  slices: Slices,
  visit: (item: IndexedItem, row: number) => void,
): Promise<void> {
  for (let row = 0; row < items.length; row++) {
    const item = items[row];
    if (item !== undefined) visit(item, row);
    if (row % STEP === 0 && slices.isOver()) await slices.pause();
  }
}

function geometryAt(items: readonly IndexedItem[], row: number): CatalogItem["geometry"] {
  return items[row]?.geometry ?? { type: "MultiPoint", coordinates: [] };
}

const boxAt = (boxes: Float64Array, row: number): Bounds => [
  boxes[4 * row] ?? 0,
  boxes[4 * row + 1] ?? 0,
  boxes[4 * row + 2] ?? 0,
  boxes[4 * row + 3] ?? 0,
];

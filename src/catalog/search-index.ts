import { createSlices } from "../core/slices.js";
import { aggregateRows, propertiesOfAggregations } from "./aggregate.js";
import type { Column, Columns } from "./cql2/columns.js";
import { propertiesOf } from "./cql2/expression.js";
import { FREE_TEXT_PROPERTIES } from "./free-text.js";
import {
  CORE_PROPERTIES,
  KNOWN_PROPERTIES,
  plainName,
  schemaOfValues,
  type PropertySchema,
} from "./item-properties.js";
import { createItemTable, type ItemTable } from "./item-table.js";
import { ofOneKind } from "./property-columns.js";
import { createScanSlices, scanRows } from "./scan-rows.js";
import { searchTables } from "./search-tables.js";
import type { Aggregation, AggregationRequest, CatalogItem, SearchFilter, SearchPage, SearchQuery } from "./types.js";

/** Items in the catalog's order; a search goes over all rows in slices of a few milliseconds. */
export interface SearchIndex {
  readonly size: number;
  get(collection: string, id: string): Promise<CatalogItem | undefined>;
  /** @throws InvalidRequestError for a token that isn't one, an unknown property, values that can't be compared. */
  search(query: SearchQuery, signal?: AbortSignal): Promise<SearchPage>;
  /** @throws InvalidRequestError as search. */
  aggregate(
    filter: SearchFilter,
    asked: readonly AggregationRequest[],
    signal?: AbortSignal,
  ): Promise<readonly Aggregation[]>;
  queryables(collection?: string): Promise<Readonly<Record<string, PropertySchema>>>;
}

/** A table, of which some rows may count as not there: those that aren't 0 in `hidden`. */
export interface TablePart {
  readonly table: ItemTable;
  readonly hidden?: Uint8Array | undefined;
}

/**
 * An index of items, and of tables that are there already and stay as they are: what comes, goes or changes costs only its own items. Of two
 * items with one collection and id the later one counts, and those of `items` before all.
 */
export async function createSearchIndex(
  items: Iterable<CatalogItem>,
  stored: readonly TablePart[] = [],
): Promise<SearchIndex> {
  const parts = await eachItemOnce([...stored, { table: await createItemTable(items) }]);
  const sizes = parts.map(({ table }) => table.size);
  const prepare = async (names: Iterable<string>): Promise<readonly Columns[]> => {
    const known = new Map<string, readonly Column[] | undefined>();
    for (const name of new Set([...names].map(plainName))) {
      const columns = await Promise.all(parts.map(({ table }) => columnOf(table, name)));
      known.set(name, ofOneKind(name, columns, sizes));
    }
    const told = Object.keys(KNOWN_PROPERTIES);
    return parts.map((_, i) => ({ column: (name) => known.get(plainName(name))?.[i], names: told }));
  };
  return {
    size: parts.reduce((sum, { table, hidden }) => sum + table.size - countOf(hidden), 0),
    async get(collection, id) {
      for (const { table, hidden } of parts) {
        const row = table.find(collection, id);
        if (row !== undefined && (hidden?.[row] ?? 0) === 0) return table.item(row);
      }
      return undefined;
    },
    async search(query, signal) {
      const { sortby = [] } = query;
      signal?.throwIfAborted();
      const columns = await prepare([...columnsOf(query), ...sortby.map(({ property }) => property)]);
      return searchTables(withColumns(parts, columns), query, signal);
    },
    async aggregate(filter, asked, signal) {
      const columns = await prepare([...columnsOf(filter), ...propertiesOfAggregations(asked)]);
      const slices = createScanSlices(signal);
      const found = withColumns(parts, columns).map((part) => ({ ...part, rows: [] as number[] }));
      for (const part of found) await scanRows(part, filter, (row) => part.rows.push(row), { slices });
      return aggregateRows(found, asked);
    },
    async queryables(collection) {
      const types = new Map<string, Set<string>>();
      for (const { table } of parts)
        for (const [name, found] of await table.types(collection))
          types.set(name, new Set([...(types.get(name) ?? []), ...found]));
      const others = [...types].map(([name, found]) => [name, schemaOfValues(name, found)] as const);
      return { ...CORE_PROPERTIES, ...Object.fromEntries(others.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
    },
  };
}

type WithColumns = TablePart & { readonly columns: Columns };

const withColumns = (parts: readonly TablePart[], columns: readonly Columns[]): readonly WithColumns[] =>
  parts.flatMap((part, i) => {
    const prepared = columns[i];
    return prepared === undefined ? [] : { ...part, columns: prepared };
  });

const countOf = (hidden: Uint8Array | undefined): number => hidden?.reduce((sum, one) => sum + one, 0) ?? 0;

function columnsOf({ filter, text }: SearchFilter): readonly string[] {
  return [...(filter === undefined ? [] : propertiesOf(filter)), ...(text === undefined ? [] : FREE_TEXT_PROPERTIES)];
}

/** The columns that every table has by itself, and those of properties. */
async function columnOf(table: ItemTable, name: string): Promise<Column | undefined> {
  if (name === "datetime") return { kind: "instant", values: table.timeMs };
  if (name !== "geometry") return table.column(name);
  const { boxes } = table;
  return {
    kind: "geometry",
    at: (row) => table.footprint(row),
    box: (row) => [boxes[4 * row] ?? 0, boxes[4 * row + 1] ?? 0, boxes[4 * row + 2] ?? 0, boxes[4 * row + 3] ?? 0],
  };
}

/** The parts with those rows hidden whose collection and id a later part has too. */
async function eachItemOnce(parts: readonly TablePart[]): Promise<readonly TablePart[]> {
  const slices = createSlices();
  const hiddenOf = parts.map(({ hidden }) => hidden);
  for (const [i, { table }] of parts.entries()) {
    const earlier = parts.slice(0, i).map((part, n) => ({ ...part, n }));
    const rivals = earlier.filter((part) => part.table.collections.some((name) => table.collections.includes(name)));
    if (rivals.length === 0) continue;
    for (let row = 0; row < table.size; row++) {
      if (row % 1024 === 0 && slices.isOver()) await slices.pause();
      if ((hiddenOf[i]?.[row] ?? 0) !== 0) continue;
      const name = table.collections[table.collection[row] ?? 0] ?? "";
      for (const { n, table: other, hidden } of rivals) {
        const twin = other.find(name, table.id(row));
        if (twin === undefined) continue;
        // The mask that was given is another's.
        if (hiddenOf[n] === hidden) hiddenOf[n] = hidden?.slice() ?? new Uint8Array(other.size);
        hiddenOf[n]?.fill(1, twin, twin + 1);
      }
    }
  }
  return parts.map(({ table }, i) => ({ table, hidden: hiddenOf[i] }));
}

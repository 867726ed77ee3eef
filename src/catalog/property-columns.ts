import type { Column } from "./cql2/columns.js";
import { parseInstant } from "./cql2/instants.js";
import { isInstant, KNOWN_PROPERTIES } from "./item-properties.js";

/** Gathers a property's values, row by row. */
export interface ColumnValues {
  set(row: number, value: unknown): void;
  /** Undefined where no row has a value. */
  column(): Column | undefined;
}

/** Numbers and instants go into a typed array; values of other or more than one kind are kept as they are. */
export function columnOfValues(name: string, size: number): ColumnValues {
  const numbers = new Float64Array(size).fill(Number.NaN);
  const isTime = isInstant(name);
  let values: unknown[] | undefined;
  let isThere = false;
  return {
    set(row, value) {
      if (value === undefined) return;
      isThere = true;
      if (isTime) numbers[row] = typeof value === "string" ? (parseInstant(value) ?? Number.NaN) : Number.NaN;
      else if (typeof value === "number") {
        if (values === undefined) numbers[row] = value;
        else values[row] = value;
      } else {
        values ??= valuesOfNumbers(numbers);
        values[row] = value;
      }
    },
    column() {
      if (!isThere) return undefined;
      if (isTime) return { kind: "instant", values: numbers };
      return values === undefined ? { kind: "number", values: numbers } : { kind: "value", values };
    },
  };
}

const valuesOfNumbers = (numbers: Float64Array): unknown[] =>
  Array.from(numbers, (value) => (Number.isNaN(value) ? undefined : value));

/**
 * The columns of one property in several tables as columns of one kind; `sizes` are the tables' rows. Undefined where no table has it and it
 * isn't one that an item may have.
 */
export function ofOneKind(
  name: string,
  columns: readonly (Column | undefined)[],
  sizes: readonly number[],
): readonly Column[] | undefined {
  const kinds = new Set(columns.flatMap((column) => column?.kind ?? []));
  const known = KNOWN_PROPERTIES[name];
  if (kinds.size === 0 && known === undefined) return undefined;
  if (kinds.size === 0) kinds.add(isInstant(name) ? "instant" : known?.["type"] === "number" ? "number" : "value");
  const [kind = "value"] = kinds.size === 1 ? kinds : [];
  return columns.map((column, i) => {
    if (column === undefined) return emptyColumn(kind, sizes[i] ?? 0);
    return column.kind === kind || column.kind !== "number" ? column : mixed(column);
  });
}

function emptyColumn(kind: Column["kind"], size: number): Column {
  if (kind === "value" || kind === "geometry") return { kind: "value", values: new Array<unknown>(size) };
  const held = empties.get(size)?.deref() ?? new Float64Array(size).fill(Number.NaN);
  empties.set(size, new WeakRef(held));
  return { kind, values: held };
}

/** Never written to, so one of a size does. */
const empties = new Map<number, WeakRef<Float64Array>>();

function mixed(column: Column & { readonly kind: "number" | "instant" }): Column {
  const found = mixtures.get(column) ?? { kind: "value", values: valuesOfNumbers(column.values) };
  mixtures.set(column, found);
  return found;
}

const mixtures = new WeakMap<Column, Column>();

import type { Column, Columns } from "./cql2/columns.js";
import { wantColumn } from "./cql2/scalars.js";
import { InvalidRequestError } from "../core/errors.js";
import { plainName } from "./item-properties.js";

/** One property to sort by. Items without it come last, whichever way. */
export interface SortKey {
  readonly property: string;
  readonly descending: boolean;
}

/** A value to sort by; null for none. */
export type SortValue = string | number | boolean | null;

/** How rows compare by the asked keys; rows that are equal in all stand in the table's own order. */
export interface SortOrder {
  compare(a: number, b: number): number;
  /** True only where the first key alone puts `a` after `b`: quickly told of numbers, else false. */
  isLater(a: number, b: number): boolean;
  valuesOf(row: number): readonly SortValue[];
  /** Of a row against another one's values. */
  compareWith(row: number, values: readonly SortValue[]): number;
}

/** @throws InvalidRequestError for an unknown property or one that has no order. */
export function createSortOrder(keys: readonly SortKey[], columns: Columns): SortOrder {
  const readers = keys.map(({ property, descending }) => ({
    read: reader(property, wantColumn(plainName(property), columns)),
    sign: descending ? -1 : 1,
  }));
  const [first] = keys;
  const column = first === undefined ? undefined : columns.column(plainName(first.property));
  const compareValues = (a: SortValue, b: SortValue, sign: number): number => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (typeof a === typeof b ? (a < b ? -1 : Number(a > b)) : rankOf(a) - rankOf(b));
  };
  return {
    isLater: laterOf(column, first?.descending === true),
    compare(a, b) {
      for (const { read, sign } of readers) {
        const order = compareValues(read(a), read(b), sign);
        if (order !== 0) return order;
      }
      return 0;
    },
    valuesOf: (row) => readers.map(({ read }) => read(row)),
    compareWith(row, values) {
      for (let i = 0; i < readers.length; i++) {
        const { read, sign } = readers[i] ?? { read: () => null, sign: 1 };
        const order = compareValues(read(row), values[i] ?? null, sign);
        if (order !== 0) return order;
      }
      return 0;
    },
  };
}

function laterOf(column: Column | undefined, descending: boolean): SortOrder["isLater"] {
  if (column === undefined || column.kind === "value" || column.kind === "geometry") return () => false;
  const { values } = column;
  if (descending) return (a, b) => (values[a] ?? 0) < (values[b] ?? 0);
  return (a, b) => (values[a] ?? 0) > (values[b] ?? 0);
}

/** Numbers before text before the rest. */
const rankOf = (value: SortValue): number => (typeof value === "number" ? 0 : typeof value === "string" ? 1 : 2);

function reader(name: string, column: Column): (row: number) => SortValue {
  if (column.kind === "geometry")
    throw new InvalidRequestError(`sortby is ${name}, which has no order; wanted another property`);
  if (column.kind !== "value")
    return (row) => {
      const value = column.values[row] ?? Number.NaN;
      return Number.isNaN(value) ? null : value;
    };
  return (row) => {
    const value = column.values[row];
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
    return value === undefined || value === null ? null : JSON.stringify(value);
  };
}

import { InvalidRequestError } from "../../core/errors.js";
import type { Column, Columns } from "./columns.js";
import { ARITHMETIC, isOperation, isProperty, type Operand, type Operation } from "./expression.js";
import { instantMs, parseInstant } from "./instants.js";
import { foldAccents, foldCase } from "./patterns.js";

/** Text, numbers (instants too, in milliseconds), booleans; undefined where an item has none. */
export type Scalar = string | number | boolean | undefined;

export interface ScalarReader {
  readonly kind: "number" | "instant" | "text" | "boolean" | "any";
  readonly read: (row: number) => Scalar;
  /** Where it is the same in every row. */
  readonly constant?: Scalar;
  /** Where it is a column of values, of which some may be arrays. */
  readonly raw?: readonly unknown[];
  /** Where it is a column of numbers, NaN for none. */
  readonly values?: Float64Array;
}

/** `condition` evaluates what is a condition within a comparison. */
export function scalarReader(
  operand: Operand,
  columns: Columns,
  condition: (operation: Operation) => (row: number) => boolean | undefined,
): ScalarReader {
  const recur = (one: Operand | undefined): ScalarReader => scalarReader(one ?? "", columns, condition);
  if (typeof operand === "string") return constant("text", operand);
  if (typeof operand === "number") return constant("number", operand);
  if (typeof operand === "boolean") return constant("boolean", operand);
  if (isProperty(operand)) return columnReader(operand.property, wantColumn(operand.property, columns));
  if (isOperation(operand)) {
    const { op, args } = operand;
    if (op === "casei" || op === "accenti") return folded(recur(args[0]), op === "casei" ? foldCase : foldAccents);
    if ((ARITHMETIC as readonly string[]).includes(op)) return arithmetic(op, recur(args[0]), recur(args[1]));
    return { kind: "boolean", read: condition(operand) };
  }
  if ("date" in operand || "timestamp" in operand) return constant("instant", instantMs(operand));
  throw new InvalidRequestError("filter compares what is neither text, a number, a boolean nor an instant");
}

/** Makes both sides comparable: where one is an instant, the other one's text is read as one. */
export function comparable(a: ScalarReader, b: ScalarReader): readonly [ScalarReader, ScalarReader] {
  if (a.kind === "instant" && b.kind !== "instant") return [a, asInstant(b)];
  if (b.kind === "instant" && a.kind !== "instant") return [asInstant(a), b];
  // Clients that know no types ('20' from a form) mean the number.
  if (a.kind === "number" && b.kind === "text") return [a, asNumber(b)];
  if (b.kind === "number" && a.kind === "text") return [asNumber(a), b];
  const known = a.kind !== "any" && b.kind !== "any";
  if (known && a.kind !== b.kind)
    throw new InvalidRequestError(`filter compares ${describe(a)} with ${describe(b)}; wanted values of one kind`);
  return [a, b];
}

/** The column of a property. @throws InvalidRequestError for an unknown one. */
export function wantColumn(name: string, columns: Columns): Column {
  const column = columns.column(name);
  if (column !== undefined) return column;
  const near = columns.names.filter((known) => known.includes(name) || name.includes(known));
  const told = near.length > 0 ? `; did you mean ${near.slice(0, 3).join(" or ")}?` : "";
  throw new InvalidRequestError(
    `"${name.slice(0, 80)}" is not a property that items here have${told} /queryables lists them all`,
  );
}

function constant(kind: ScalarReader["kind"], value: Scalar): ScalarReader {
  return { kind, constant: value, read: () => value };
}

function columnReader(name: string, column: Column): ScalarReader {
  if (column.kind === "geometry")
    throw new InvalidRequestError(
      `filter compares the geometry ${name} as if it were a value; wanted s_intersects or the like`,
    );
  const { values } = column;
  if (column.kind === "value")
    return {
      kind: "any",
      raw: column.values,
      read: (row) => {
        const value = values[row];
        return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
      },
    };
  return {
    kind: column.kind,
    values: column.values,
    read: (row) => {
      const value = column.values[row] ?? Number.NaN;
      return Number.isNaN(value) ? undefined : value;
    },
  };
}

function folded(inner: ScalarReader, fold: (text: string) => string): ScalarReader {
  if (typeof inner.constant === "string") return constant("text", fold(inner.constant));
  return {
    kind: inner.kind === "any" ? "any" : "text",
    read: (row) => {
      const value = inner.read(row);
      return typeof value === "string" ? fold(value) : undefined;
    },
  };
}

function arithmetic(op: string, a: ScalarReader, b: ScalarReader): ScalarReader {
  for (const side of [a, b])
    if (side.kind !== "number" && side.kind !== "any")
      throw new InvalidRequestError(`filter calculates with ${describe(side)}; wanted numbers`);
  const work = OPERATORS[op] ?? (() => Number.NaN);
  return {
    kind: "number",
    read: (row) => {
      const [x, y] = [a.read(row), b.read(row)];
      if (typeof x !== "number" || typeof y !== "number") return undefined;
      const result = work(x, y);
      // Division by zero gives no number, as in SQL.
      return Number.isFinite(result) ? result : undefined;
    },
  };
}

const OPERATORS: Readonly<Record<string, (x: number, y: number) => number>> = {
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "/": (x, y) => x / y,
  "%": (x, y) => x % y,
  div: (x, y) => Math.trunc(x / y),
  "^": (x, y) => x ** y,
};

/** The number that a constant text spells; other text as it is. */
function asNumber(reader: ScalarReader): ScalarReader {
  const text = reader.constant;
  const isNumber = typeof text === "string" && text.trim() !== "" && Number.isFinite(Number(text));
  if (isNumber) return constant("number", Number(text));
  throw new InvalidRequestError(`filter compares a number with ${describe(reader)}; wanted values of one kind`);
}

function asInstant(reader: ScalarReader): ScalarReader {
  if (reader.kind === "text" && typeof reader.constant === "string") {
    const ms = parseInstant(reader.constant);
    if (ms === undefined)
      throw new InvalidRequestError(
        `filter compares an instant with "${reader.constant.slice(0, 40)}"; wanted RFC 3339, such as 2024-05-01T10:00:00Z`,
      );
    return constant("instant", ms);
  }
  if (reader.kind !== "any" && reader.kind !== "text")
    throw new InvalidRequestError(`filter compares an instant with ${describe(reader)}`);
  return {
    kind: "instant",
    read: (row) => {
      const value = reader.read(row);
      return typeof value === "string" ? parseInstant(value) : undefined;
    },
  };
}

const describe = ({ kind, constant: value }: ScalarReader): string =>
  value === undefined ? `a property of kind ${kind}` : JSON.stringify(value).slice(0, 40);

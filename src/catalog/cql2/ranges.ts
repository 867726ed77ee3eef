import type { Columns } from "./columns.js";
import { isOperation, isProperty, type Expression, type Operand } from "./expression.js";
import { instantMs, parseInstant } from "./instants.js";

/** A closed range of a column of numbers: what lies outside, or isn't there, can't pass the filter. */
export interface Range {
  readonly values: Float64Array;
  readonly least: number;
  readonly most: number;
}

/**
 * Ranges that a filter asks of columns of numbers, from those of its conditions that must all hold: they spare most rows the evaluation.
 * The filter itself still tells what passes.
 */
export function rangesOf(expression: Expression | Operand, columns: Columns): readonly Range[] {
  if (typeof expression !== "object" || !isOperation(expression)) return [];
  const { op, args } = expression;
  if (op === "and") return args.flatMap((arg) => rangesOf(arg, columns));
  const [a = "", b = "", c = ""] = args;
  if (op === "between") return rangeOf(a, b, c, columns);
  if (op === "<" || op === "<=")
    return isProperty(a) ? rangeOf(a, -Infinity, b, columns) : rangeOf(b, a, Infinity, columns);
  if (op === ">" || op === ">=")
    return isProperty(a) ? rangeOf(a, b, Infinity, columns) : rangeOf(b, -Infinity, a, columns);
  if (op === "=") return isProperty(a) ? rangeOf(a, b, b, columns) : rangeOf(b, a, a, columns);
  return [];
}

function rangeOf(property: Operand, low: Operand, high: Operand, columns: Columns): readonly Range[] {
  if (!isProperty(property)) return [];
  const column = columns.column(property.property);
  if (column === undefined || column.kind === "value" || column.kind === "geometry") return [];
  const [least, most] = [low, high].map((end) => numberOf(end, column.kind === "instant"));
  return least === undefined || most === undefined ? [] : [{ values: column.values, least, most }];
}

function numberOf(operand: Operand, isInstant: boolean): number | undefined {
  if (typeof operand === "number") return operand;
  if (!isInstant) return undefined;
  if (typeof operand === "string") return parseInstant(operand);
  return typeof operand === "object" && ("date" in operand || "timestamp" in operand) ? instantMs(operand) : undefined;
}

import { InvalidRequestError } from "../../core/errors.js";
import type { Columns } from "./columns.js";
import { isProperty, type Operand, type TEMPORAL } from "./expression.js";
import { instantMs, lastMs, parseInstant } from "./instants.js";

/** Closed, milliseconds; an instant's ends are equal. */
export type Span = readonly [fromMs: number, toMs: number];

type Relation = (a: Span, b: Span) => boolean;

const before: Relation = ([, to], [from]) => to < from;
const within: Relation = ([a, b], [c, d]) => a > c && b < d;
const finishes: Relation = ([a, b], [c, d]) => a > c && b === d;
const meets: Relation = ([, b], [c]) => b === c;
const overlaps: Relation = ([a, b], [c, d]) => a < c && b > c && b < d;
const starts: Relation = ([a, b], [c, d]) => a === c && b < d;
const disjoint: Relation = (a, b) => before(a, b) || before(b, a);
const turned =
  (relation: Relation): Relation =>
  (a, b) =>
    relation(b, a);

/** Allen's relations as CQL2 names them (OGC 21-065r2, 7.9). A day is all of it, so that an instant may be during it. */
export const RELATIONS: Readonly<Record<(typeof TEMPORAL)[number], Relation>> = {
  t_after: turned(before),
  t_before: before,
  t_contains: turned(within),
  t_disjoint: disjoint,
  t_during: within,
  t_equals: ([a, b], [c, d]) => a === c && b === d,
  t_finishedBy: turned(finishes),
  t_finishes: finishes,
  t_intersects: (a, b) => !disjoint(a, b),
  t_meets: meets,
  t_metBy: turned(meets),
  t_overlappedBy: turned(overlaps),
  t_overlaps: overlaps,
  t_startedBy: turned(starts),
  t_starts: starts,
};

/** Reads an operand's span in a row; undefined where it has none. */
export function spanReader(operand: Operand, columns: Columns): (row: number) => Span | undefined {
  if (isProperty(operand)) return propertySpan(operand.property, columns);
  if (typeof operand === "object" && "date" in operand) {
    const ms = instantMs(operand);
    const span: Span = [ms, lastMs(operand.date, ms)];
    return () => span;
  }
  if (typeof operand === "object" && "timestamp" in operand) {
    const ms = instantMs(operand);
    return () => [ms, ms];
  }
  if (typeof operand !== "object" || !("interval" in operand))
    throw new InvalidRequestError("filter compares times with something that is none");
  const [first, last] = operand.interval;
  const from = endReader(first, columns, -Infinity);
  const to = endReader(last, columns, Infinity);
  return (row) => {
    const [a, b] = [from(row)?.[0], to(row)?.[1]];
    return a === undefined || b === undefined ? undefined : [a, b];
  };
}

function endReader(
  end: string | { readonly property: string },
  columns: Columns,
  open: number,
): (row: number) => Span | undefined {
  if (typeof end !== "string") return propertySpan(end.property, columns);
  const span = end === ".." ? ([open, open] as const) : spanOfText(end);
  return () => span;
}

function propertySpan(name: string, columns: Columns): (row: number) => Span | undefined {
  const column = columns.column(name);
  if (column?.kind === "instant")
    return (row) => {
      const ms = column.values[row] ?? Number.NaN;
      return Number.isNaN(ms) ? undefined : [ms, ms];
    };
  if (column?.kind !== "value") throw new InvalidRequestError(`filter takes ${name} for a time, which it isn't`);
  return (row) => {
    const value = column.values[row];
    return typeof value === "string" ? spanOfText(value) : undefined;
  };
}

function spanOfText(text: string): Span | undefined {
  const ms = parseInstant(text);
  return ms === undefined ? undefined : [ms, lastMs(text, ms)];
}

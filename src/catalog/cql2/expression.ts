import type { Geometry } from "../geometry.js";

/**
 * A CQL2 expression (OGC 21-065r2) in the shape of its JSON encoding: what `parseCql2Text` and `parseCql2Json` both give, checked.
 */
export type Expression = boolean | Operation;

/** `op` as the standard spells it (`t_finishedBy`, `isNull`); each has as many `args` of such kinds as it takes. */
export interface Operation {
  readonly op: string;
  readonly args: readonly Operand[];
}

export interface PropertyRef {
  readonly property: string;
}

/** A day, or an instant: RFC 3339, UTC. */
export type Instant = { readonly date: string } | { readonly timestamp: string };

/** Two instants, days, properties or ".." for an open end. */
export interface Interval {
  readonly interval: readonly [string | PropertyRef, string | PropertyRef];
}

/** WGS84 degrees; west > east crosses the antimeridian. */
export interface Box {
  readonly bbox: readonly number[];
}

export type Operand =
  | string
  | number
  | boolean
  | PropertyRef
  | Instant
  | Interval
  | Box
  | Geometry
  | Operation
  | readonly Operand[];

export const isOperation = (operand: Operand): operand is Operation => typeof operand === "object" && "op" in operand;
export const isProperty = (operand: Operand): operand is PropertyRef =>
  typeof operand === "object" && "property" in operand;

/** What an operand must be; a property may be of any kind. */
export type Kind =
  | "boolean"
  | "scalar"
  | "number"
  | "ordered"
  | "text"
  | "pattern"
  | "geometry"
  | "time"
  | "array"
  | "list"
  | "any";

const twice = (kind: Kind): readonly Kind[] => [kind, kind];
const all = (ops: readonly string[], kinds: readonly Kind[]): readonly (readonly [string, readonly Kind[]])[] =>
  ops.map((op) => [op, kinds]);

export const SPATIAL = [
  "s_intersects",
  "s_disjoint",
  "s_equals",
  "s_touches",
  "s_within",
  "s_overlaps",
  "s_crosses",
  "s_contains",
] as const;

export const TEMPORAL = [
  "t_after",
  "t_before",
  "t_contains",
  "t_disjoint",
  "t_during",
  "t_equals",
  "t_finishedBy",
  "t_finishes",
  "t_intersects",
  "t_meets",
  "t_metBy",
  "t_overlappedBy",
  "t_overlaps",
  "t_startedBy",
  "t_starts",
] as const;

export const ARRAY = ["a_equals", "a_contains", "a_containedBy", "a_overlaps"] as const;
export const COMPARISON = ["=", "<>", "<", ">", "<=", ">="] as const;
export const ARITHMETIC = ["+", "-", "*", "/", "%", "div", "^"] as const;

/** The kinds of each operator's arguments; "and" and "or" take two or more. */
export const SIGNATURES: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
  ["and", twice("boolean")],
  ["or", twice("boolean")],
  ["not", ["boolean"]],
  ...all(COMPARISON, twice("scalar")),
  ["like", ["text", "pattern"]],
  ["between", ["ordered", "ordered", "ordered"]],
  ["in", ["scalar", "list"]],
  ["isNull", ["any"]],
  ["casei", ["text"]],
  ["accenti", ["text"]],
  ...all(ARITHMETIC, twice("number")),
  ...all(SPATIAL, twice("geometry")),
  ...all(TEMPORAL, twice("time")),
  ...all(ARRAY, twice("array")),
]);

/** Names of all properties that an expression speaks of. */
export function propertiesOf(expression: Operand): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (operand: unknown): void => {
    if (typeof operand !== "object" || operand === null) return;
    if (Array.isArray(operand)) for (const one of operand as readonly unknown[]) visit(one);
    else if ("property" in operand) found.add(String(operand.property));
    else if ("args" in operand) visit(operand.args);
    else if ("interval" in operand) visit(operand.interval);
  };
  visit(expression);
  return found;
}

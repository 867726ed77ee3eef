import { InvalidRequestError } from "../../core/errors.js";
import { parseBounds } from "../footprint.js";
import { parseGeometry } from "../geometry.js";
import { SIGNATURES, type Expression, type Instant, type Kind } from "./expression.js";
import { instantMs } from "./instants.js";

/** Deeper than any question that a person or a program asks; far below where recursion overflows the stack. */
export const MAX_DEPTH = 100;
/** Operands in all, so that no filter holds the server up. */
const MAX_OPERANDS = 10_000;

/**
 * A filter in CQL2 JSON, checked: operators, numbers and kinds of their arguments, instants, geometries.
 *
 * @throws InvalidRequestError that says what is wrong and what was wanted.
 */
export function parseCql2Json(json: unknown): Expression {
  const check = new Checker();
  const given = modern(json, 0);
  check.operand(given, "boolean", 0);
  // As it was given: every part of it has been looked at.
  return given as Expression;
}

/** BETWEEN with its ends in an array of their own, as drafts of CQL2 had it and STAC's clients still send it, in today's form. */
function modern(json: unknown, depth: number): unknown {
  if (typeof json !== "object" || json === null || !("op" in json) || !("args" in json) || depth > MAX_DEPTH)
    return json;
  const { args } = json;
  if (!Array.isArray(args)) return json;
  const [value, ends] = args as readonly unknown[];
  if (json.op === "between" && args.length === 2 && Array.isArray(ends))
    return { ...json, args: [value, ...(ends as readonly unknown[])] };
  return { ...json, args: args.map((one) => modern(one, depth + 1)) };
}

class Checker {
  private operands = 0;

  operand(value: unknown, kind: Kind, depth: number): void {
    if (depth > MAX_DEPTH) throw new InvalidRequestError(`filter is nested more than ${MAX_DEPTH} deep; wanted less`);
    if (++this.operands > MAX_OPERANDS)
      throw new InvalidRequestError(`filter has more than ${MAX_OPERANDS} operands; wanted fewer`);
    const found = this.kindOf(value, depth);
    if (!ACCEPTS[kind].has(found)) fail(value, `wanted ${WANTED[kind]}`);
  }

  /** Of a value that is looked at to its leaves. */
  private kindOf(value: unknown, depth: number): Found {
    if (typeof value === "string") return "string";
    if (typeof value === "boolean") return "boolean";
    if (typeof value === "number" && Number.isFinite(value)) return "number";
    if (Array.isArray(value)) {
      for (const one of value as readonly unknown[]) this.operand(one, "any", depth + 1);
      return "array";
    }
    if (typeof value !== "object" || value === null) return fail(value, "wanted a CQL2 expression");
    if ("op" in value) return this.operation(value, depth);
    if ("property" in value) {
      if (typeof value.property !== "string" || value.property === "") fail(value, "wanted a property's name");
      return "property";
    }
    if ("date" in value || "timestamp" in value) return instant(value);
    if ("interval" in value) return interval(value);
    if ("bbox" in value && !("type" in value)) {
      const { bbox } = value;
      if (!Array.isArray(bbox) || !bbox.every((one) => typeof one === "number")) fail(value, "wanted 4 or 6 numbers");
      parseBounds(bbox, "bbox of filter");
      return "geometry";
    }
    if ("type" in value && ("coordinates" in value || "geometries" in value)) {
      parseGeometry(value, "filter");
      return "geometry";
    }
    return fail(value, 'wanted an object with "op", "property", "date", "timestamp", "interval", "bbox" or a geometry');
  }

  private operation(value: { readonly op: unknown }, depth: number): Found {
    const { op } = value;
    const args: unknown = "args" in value ? value.args : undefined;
    if (typeof op !== "string") fail(value, 'wanted "op" to be text');
    if (!Array.isArray(args)) fail(value, `wanted an array "args" for ${op}`);
    const kinds = SIGNATURES.get(op);
    if (kinds === undefined)
      throw new InvalidRequestError(
        `filter uses "${op.slice(0, 40)}", which is no function or operator here; /api lists those of CQL2 that are`,
      );
    const isChain = op === "and" || op === "or";
    if (isChain ? args.length < 2 : args.length !== kinds.length)
      fail(value, `${op} has ${args.length} arguments; wanted ${isChain ? "2 or more" : kinds.length}`);
    args.forEach((arg, i) => this.operand(arg, kinds[Math.min(i, kinds.length - 1)] ?? "any", depth + 1));
    if (op === "casei" || op === "accenti") return "text";
    return kinds[0] === "number" ? "arithmetic" : "predicate";
  }
}

type Found =
  | "string"
  | "text"
  | "boolean"
  | "number"
  | "arithmetic"
  | "predicate"
  | "array"
  | "property"
  | "instant"
  | "interval"
  | "geometry";

const set = (...found: Found[]): ReadonlySet<Found> => new Set(found);
const SCALARS: readonly Found[] = [
  "string",
  "text",
  "boolean",
  "number",
  "arithmetic",
  "predicate",
  "property",
  "instant",
];

const ACCEPTS: Readonly<Record<Kind, ReadonlySet<Found>>> = {
  boolean: set("boolean", "predicate", "property"),
  scalar: set(...SCALARS),
  number: set("number", "arithmetic", "property"),
  // Between is for numbers, but instants are what STAC clients ask for with it.
  ordered: set("number", "arithmetic", "property", "instant", "string"),
  text: set("string", "text", "property"),
  pattern: set("string", "text"),
  geometry: set("geometry", "property"),
  time: set("instant", "interval", "property"),
  array: set("array", "property"),
  list: set("array"),
  any: set(...SCALARS, "array", "interval", "geometry"),
};

const WANTED: Readonly<Record<Kind, string>> = {
  boolean: "a condition",
  scalar: "text, a number, a boolean, an instant or a property",
  number: "a number or a property",
  ordered: "a number, an instant or a property",
  text: "text or a property",
  pattern: "a pattern as text",
  geometry: "a geometry, a bbox or a property",
  time: "a date, a timestamp, an interval or a property",
  array: "an array or a property",
  list: "a list of values",
  any: "a value",
};

function instant(value: object): Found {
  const [key, text]: [string, unknown] =
    "date" in value ? ["date", value.date] : ["timestamp", (value as Partial<Record<string, unknown>>)["timestamp"]];
  if (typeof text !== "string") fail(value, `wanted ${key} as text`);
  instantMs({ [key]: text } as Instant);
  return "instant";
}

function interval(value: { readonly interval: unknown }): Found {
  const ends = value.interval;
  if (!Array.isArray(ends) || ends.length !== 2) fail(value, "wanted an interval of two ends");
  const [from, to] = (ends as readonly unknown[]).map((end) => {
    if (typeof end === "string") return end === ".." ? undefined : instantMs({ timestamp: end });
    if (typeof end === "object" && end !== null && "property" in end && typeof end.property === "string")
      return undefined;
    return fail(value, 'wanted ends that are instants, days, properties or ".."');
  });
  if (from !== undefined && to !== undefined && from > to) fail(value, "which ends before it begins");
  return "interval";
}

function fail(value: unknown, wanted: string): never {
  const text = JSON.stringify(value) ?? String(value);
  throw new InvalidRequestError(`filter has ${text.length > 80 ? `${text.slice(0, 77)}...` : text}: ${wanted}`);
}

import { z } from "zod";
import type { Expression, Operand } from "../catalog/cql2/expression.js";
import { InvalidRequestError } from "../core/errors.js";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const schema = z.record(
  z.string(),
  z.strictObject({
    eq: scalar.optional(),
    neq: scalar.optional(),
    lt: scalar.optional(),
    lte: scalar.optional(),
    gt: scalar.optional(),
    gte: scalar.optional(),
    startsWith: z.string().optional(),
    endsWith: z.string().optional(),
    contains: z.string().optional(),
    in: z.array(scalar).optional(),
  }),
);

const COMPARISONS: ReadonlyMap<string, string> = new Map([
  ["eq", "="],
  ["neq", "<>"],
  ["lt", "<"],
  ["lte", "<="],
  ["gt", ">"],
  ["gte", ">="],
]);

/**
 * The conditions of STAC's query extension in CQL2; all hold at once.
 *
 * @throws InvalidRequestError
 */
export function queryFilter(query: unknown): readonly Expression[] {
  const parsed = schema.safeParse(typeof query === "string" ? parseJson(query) : query);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidRequestError(
      `query is wrong at ${issue?.path.join(".") || "its beginning"}: ${issue?.message ?? "unreadable"}; wanted {"eo:cloud_cover":{"lt":20}} or the like`,
    );
  }
  return Object.entries(parsed.data).flatMap(([property, conditions]) =>
    Object.entries(conditions).flatMap(([operator, value]) =>
      value === undefined ? [] : condition({ property }, operator, value),
    ),
  );
}

function condition(property: { readonly property: string }, operator: string, value: Operand): Expression {
  const comparison = COMPARISONS.get(operator);
  if (comparison !== undefined) return { op: comparison, args: [property, value] };
  if (operator === "in") return { op: "in", args: [property, value] };
  const text = (typeof value === "string" ? value : "").replaceAll(/[\\%_]/g, "\\$&");
  const [before, after] = [operator === "startsWith" ? "" : "%", operator === "endsWith" ? "" : "%"];
  return { op: "like", args: [property, before + text + after] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new InvalidRequestError(`query is "${text.slice(0, 40)}"; wanted JSON`, { cause });
  }
}

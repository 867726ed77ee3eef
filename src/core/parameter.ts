import { z } from "zod";
import { InvalidRequestError } from "./errors.js";

/** A parameter of requests: declared once, it is read, checked and described by that. */
export interface Parameter<T = unknown> {
  readonly name: string;
  readonly description: string;
  /** A text that is taken. */
  readonly example: string;
  /** What a client gives, as OpenAPI tells it. */
  readonly schema: z.ZodType;
  /** Whatever the case of its name (WMTS by key and value). */
  readonly anyCase: boolean;
  /** A list with commas between. */
  readonly commas: boolean;
  /** A text that nobody gives differently twice. */
  readonly once: boolean;
  /**
   * Of a query: undefined where it isn't given or is empty.
   *
   * @throws InvalidRequestError naming the parameter, what it is and what is wanted.
   */
  of(query: URLSearchParams): T | undefined;
}

export interface Declaration<T> {
  readonly name: string;
  readonly description: string;
  readonly example: string;
  /** Numbers, booleans and lists of them are read from text first; a transform may make something else of them. */
  readonly schema: z.ZodType<T>;
  /** For the error; by default what the schema says of enums, numbers and booleans. */
  readonly wanted?: string;
  /** Of a list: a text that nobody gives differently twice; others than lists are never. */
  readonly once?: true;
  readonly anyCase?: true;
  /** Of a list: its members have commas between. It may be given several times either way. */
  readonly commas?: true;
}

export function parameter<T>({ schema, once, anyCase, commas, ...told }: Declaration<T>): Parameter<T> {
  const base = baseOf(schema);
  const wanted = told.wanted ?? wantedOf(base);
  return {
    ...told,
    schema,
    anyCase: anyCase === true,
    commas: commas === true,
    once: once === true,
    of(query) {
      const names = anyCase === true ? [...query.keys()].filter((key) => key.toLowerCase() === told.name) : [told.name];
      const texts = names.flatMap((name) => query.getAll(name)).filter((text) => text.trim() !== "");
      const [text] = texts;
      if (text === undefined) return undefined;
      if ((once === true || !(base instanceof z.ZodArray)) && new Set(texts).size > 1)
        throw new InvalidRequestError(`${told.name} is given twice, differently; wanted it once`);
      const parts = commas === true ? texts.join(",").split(",") : texts;
      const given =
        base instanceof z.ZodArray ? parts.map((part) => valueOf(part, baseOf(base.element))) : valueOf(text, base);
      const parsed = schema.safeParse(given);
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      const member = typeof issue?.path[0] === "number" ? parts[issue.path[0]] : undefined;
      const got = member === undefined ? `is "${texts.join(",").slice(0, 60)}"` : `holds "${member.slice(0, 40)}"`;
      throw new InvalidRequestError(`${told.name} ${got}; wanted ${wanted ?? issue?.message ?? "another"}`);
    },
  };
}

/** What a request says of one thing in several places, each named: one value, or none. @throws InvalidRequestError where they differ. */
export function agreed<T>(...said: readonly (readonly [name: string, value: T | undefined])[]): T | undefined {
  const [first, ...others] = said.filter(([, value]) => value !== undefined);
  const other = others.find(([, value]) => value !== first?.[1]);
  if (first === undefined || other === undefined) return first?.[1];
  throw new InvalidRequestError(
    `${first[0]} is ${String(first[1])} and ${other[0]} ${String(other[1])}; wanted one of them`,
  );
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const WHOLE = /^\s*[+-]?\d{1,15}\s*$/;
const YES = ["true", "1", "yes", "on"];
const NO = ["false", "0", "no", "off"];

/** A text in the schema's terms; what doesn't fit stays a text, which the schema then refuses. */
function valueOf(text: string, base: unknown): unknown {
  if (base instanceof z.ZodNumber) return (base.isInt ? WHOLE : NUMBER).test(text) ? Number(text) : text;
  if (!(base instanceof z.ZodBoolean)) return text;
  const word = text.toLowerCase();
  return YES.includes(word) ? true : NO.includes(word) ? false : text;
}

/** What is given, before any transform. */
function baseOf(schema: unknown): unknown {
  return schema instanceof z.ZodPipe ? baseOf(schema.in) : schema;
}

function wantedOf(base: unknown): string | undefined {
  if (base instanceof z.ZodBoolean) return "true or false";
  if (base instanceof z.ZodEnum) return `one of ${base.options.join(", ")}`;
  if (!(base instanceof z.ZodNumber)) return undefined;
  const { minValue, maxValue, isInt } = base;
  const whole = isInt ? "a whole number" : "a number";
  if (minValue === null || Math.abs(minValue) >= Number.MAX_SAFE_INTEGER) return whole;
  return maxValue === null || maxValue >= Number.MAX_SAFE_INTEGER
    ? `${whole} from ${minValue} up`
    : `${whole} from ${minValue} to ${maxValue}`;
}

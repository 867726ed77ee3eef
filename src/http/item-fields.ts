import { z } from "zod";
import type { StacJson } from "../catalog/types.js";
import { InvalidRequestError } from "../core/errors.js";

/** Which members of an item are sent, as paths: ["properties", "eo:cloud_cover"]. */
export interface Fields {
  /** Where none is named: all members, or the extension's default set. */
  readonly otherwise: "all" | "default";
  readonly include: readonly (readonly string[])[];
  /** Not what `include` names too. */
  readonly exclude: readonly (readonly string[])[];
}

/** Without these no answer is an item. */
const ALWAYS = [["type"], ["stac_version"], ["id"], ["collection"]] as const;
/** What the extension recommends where fields are asked for but none is named. */
const DEFAULT = [...ALWAYS, ["geometry"], ["bbox"], ["links"], ["assets"], ["properties", "datetime"]] as const;
const MEMBERS = new Set([
  "type",
  "stac_version",
  "stac_extensions",
  "id",
  "collection",
  "geometry",
  "bbox",
  "properties",
  "links",
  "assets",
]);

const schema = z.strictObject({
  include: z.array(z.string().min(1)).nullish(),
  exclude: z.array(z.string().min(1)).nullish(),
});

/** STAC's fields extension: a text "a,-b", or { include, exclude }. @throws InvalidRequestError */
export function parseFields(fields: unknown): Fields {
  if (typeof fields === "string") {
    const names = fields.split(",").map((name) => name.trim());
    const isOut = (name: string): boolean => name.startsWith("-");
    return {
      otherwise: names.some(isOut) ? "all" : "default",
      include: names.filter((name) => name !== "" && !isOut(name)).map((name) => pathOf(name.replace(/^\+/, ""))),
      exclude: names.filter(isOut).map((name) => pathOf(name.slice(1))),
    };
  }
  const parsed = schema.safeParse(fields);
  if (!parsed.success)
    throw new InvalidRequestError(
      `fields is ${JSON.stringify(fields).slice(0, 60)}; wanted {"include":[...],"exclude":[...]} of names`,
    );
  const { include, exclude } = parsed.data;
  const isOnlyExcluding = include === undefined && exclude !== undefined && exclude !== null && exclude.length > 0;
  return {
    otherwise: isOnlyExcluding ? "all" : "default",
    include: (include ?? []).map(pathOf),
    exclude: (exclude ?? []).map(pathOf),
  };
}

/** An item with the asked members only. */
export function withFields(item: StacJson, { otherwise, include, exclude }: Fields): StacJson {
  const wanted = include.length === 0 ? DEFAULT : [...ALWAYS, ...include];
  const kept =
    include.length === 0 && otherwise === "all" ? item : wanted.reduce((sum, path) => copy(item, path, sum), {});
  const isWanted = (path: readonly string[]): boolean =>
    include.some((other) => path.every((name, i) => other[i] === name));
  return exclude.filter((path) => !isWanted(path)).reduce((rest: StacJson, path) => without(rest, path), kept);
}

/** Names of properties may have dots no more than members may: "properties.eo:cloud_cover", "assets.tec.href", "eo:cloud_cover". */
function pathOf(name: string): readonly string[] {
  const path = name.split(".");
  return MEMBERS.has(path[0] ?? "") ? path : ["properties", ...path];
}

const isObject = (value: unknown): value is StacJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function copy(from: StacJson, [name = "", ...rest]: readonly string[], into: StacJson): StacJson {
  if (!Object.hasOwn(from, name)) return into;
  const value = from[name];
  if (rest.length === 0 || !isObject(value)) return { ...into, [name]: value };
  const old = into[name];
  return { ...into, [name]: copy(value, rest, isObject(old) ? old : {}) };
}

function without(from: StacJson, [name = "", ...rest]: readonly string[]): StacJson {
  const value = from[name];
  if (!Object.hasOwn(from, name)) return from;
  if (rest.length > 0) return isObject(value) ? { ...from, [name]: without(value, rest) } : from;
  return Object.fromEntries(Object.entries(from).filter(([key]) => key !== name));
}

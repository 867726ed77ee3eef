import type { StatisticsOptions } from "../app/statistics.js";
import { InvalidRequestError } from "../core/errors.js";
import { parseNumber } from "./params.js";

const MAX_PERCENTILES = 50;
const MAX_BINS = 1000;
const MAX_CATEGORIES = 1000;

/** Reads `p`, `histogram_bins`, `histogram_range`, `categorical` and `c` as TiTiler does. @throws InvalidRequestError */
export function parseStatistics(query: URLSearchParams): StatisticsOptions {
  const range = parseRange(query.get("histogram_range") ?? "");
  const categories = parseCategories(query);
  return {
    percentiles: parsePercentiles(query),
    bins: parseBins(query.get("histogram_bins") ?? ""),
    ...(range === undefined ? {} : { range }),
    ...(categories === undefined ? {} : { categories }),
  };
}

/** `max_size`: the side, in pixels, of what is read. @throws InvalidRequestError */
export function parseMaxSize(
  query: URLSearchParams,
  { usual, most }: { readonly usual: number; readonly most: number },
): number {
  const text = query.get("max_size") ?? "";
  if (text === "") return usual;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new InvalidRequestError(`max_size is "${text.slice(0, 20)}"; wanted 1 to ${most} pixels`);
}

function parsePercentiles(query: URLSearchParams): readonly number[] {
  const given = numbers("p", query.getAll("p"));
  if (given.length === 0) return [2, 98];
  const wrong = given.find((p) => p < 0 || p > 100);
  if (wrong !== undefined) throw new InvalidRequestError(`p is ${wrong}; wanted 0 to 100`);
  if (given.length > MAX_PERCENTILES)
    throw new InvalidRequestError(`p has ${given.length} values; wanted at most ${MAX_PERCENTILES}`);
  return given;
}

/** A number of bins, or their edges. */
function parseBins(text: string): StatisticsOptions["bins"] {
  if (text === "") return 10;
  const given = numbers("histogram_bins", [text]);
  const [only = 0] = given;
  const isCount = given.length === 1 && Number.isInteger(only) && only >= 1 && only <= MAX_BINS;
  if (isCount) return only;
  const ascends = given.every((edge, i) => i === 0 || edge > (given[i - 1] ?? 0));
  if (given.length >= 2 && given.length <= MAX_BINS + 1 && ascends) return given;
  throw new InvalidRequestError(
    `histogram_bins is "${text.slice(0, 60)}"; wanted a number of bins from 1 to ${MAX_BINS}, or their edges in ascending order`,
  );
}

function parseRange(text: string): readonly [number, number] | undefined {
  if (text === "") return undefined;
  const [low, high, more] = numbers("histogram_range", [text]);
  if (low !== undefined && high !== undefined && more === undefined && low < high) return [low, high];
  throw new InvalidRequestError(`histogram_range is "${text.slice(0, 60)}"; wanted MIN,MAX with MIN below MAX`);
}

function parseCategories(query: URLSearchParams): readonly number[] | undefined {
  const categories = numbers("c", query.getAll("c"));
  if (categories.length > MAX_CATEGORIES)
    throw new InvalidRequestError(`c has ${categories.length} values; wanted at most ${MAX_CATEGORIES}`);
  const text = (query.get("categorical") ?? "").toLowerCase();
  if (["true", "1", "yes", "on"].includes(text)) return categories;
  // As rio-tiler: categories that are listed are counted whether or not `categorical` says so.
  if (["false", "0", "no", "off", ""].includes(text)) return categories.length === 0 ? undefined : categories;
  throw new InvalidRequestError(`categorical is "${text.slice(0, 40)}"; wanted true or false`);
}

function numbers(name: string, values: readonly string[]): readonly number[] {
  return values
    .flatMap((value) => value.split(","))
    .filter((part) => part.trim() !== "")
    .map((part) => parseNumber(part, name));
}

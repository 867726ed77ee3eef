import { z } from "zod";
import type { StatisticsOptions } from "../app/statistics.js";
import { InvalidRequestError } from "../core/errors.js";
import { parameter, type Parameter } from "../core/parameter.js";
import { MAX_SIZE } from "./crop-params.js";
import { parseNumber } from "./params.js";

const MAX_PERCENTILES = 50;
const MAX_BINS = 1000;
const MAX_CATEGORIES = 1000;

const P = parameter({
  name: "p",
  description: "Percentiles, with commas between or once each; default 2,98",
  example: "5",
  schema: z.array(z.string()).transform(parsePercentiles),
});
const HISTOGRAM_BINS = parameter({
  name: "histogram_bins",
  description: "How many bins (default 10), or their edges in ascending order",
  example: "3",
  schema: z.string().transform(parseBins),
});
const HISTOGRAM_RANGE = parameter({
  name: "histogram_range",
  description: "MIN,MAX of the histogram; default those of the values",
  example: "0,100",
  schema: z.string().transform(parseRange),
});
const CATEGORICAL = parameter({
  name: "categorical",
  description: "true: the histogram counts each value",
  example: "true",
  schema: z.boolean(),
});
const C = parameter({
  name: "c",
  description: "Values to count, with commas between or once each",
  example: "1",
  schema: z.array(z.string()).transform(parseCategories),
});

export const STATISTICS_PARAMETERS: readonly Parameter[] = [CATEGORICAL, C, P, HISTOGRAM_BINS, HISTOGRAM_RANGE];

/** What figures a query asks for, as TiTiler does. @throws InvalidRequestError */
export function parseStatistics(query: URLSearchParams): StatisticsOptions {
  const range = HISTOGRAM_RANGE.of(query);
  // As rio-tiler: categories that are listed are counted whether or not `categorical` says so.
  const isCategorical = CATEGORICAL.of(query) ?? false;
  const categories = C.of(query) ?? (isCategorical ? [] : undefined);
  return {
    percentiles: P.of(query) ?? [2, 98],
    bins: HISTOGRAM_BINS.of(query) ?? 10,
    ...(range === undefined ? {} : { range }),
    ...(categories === undefined ? {} : { categories }),
  };
}

/** `max_size`: the side, in pixels, of what is read. @throws InvalidRequestError */
export function parseMaxSize(
  query: URLSearchParams,
  { usual, most }: { readonly usual: number; readonly most: number },
): number {
  const value = MAX_SIZE.of(query) ?? usual;
  if (value <= most) return value;
  throw new InvalidRequestError(`max_size is "${value}"; wanted 1 to ${most} pixels`);
}

function parsePercentiles(texts: readonly string[]): readonly number[] {
  const given = numbers("p", texts);
  const wrong = given.find((p) => p < 0 || p > 100);
  if (wrong !== undefined) throw new InvalidRequestError(`p is ${wrong}; wanted 0 to 100`);
  if (given.length > MAX_PERCENTILES)
    throw new InvalidRequestError(`p has ${given.length} values; wanted at most ${MAX_PERCENTILES}`);
  return given;
}

/** A number of bins, or their edges. */
function parseBins(text: string): StatisticsOptions["bins"] {
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

function parseRange(text: string): readonly [number, number] {
  const [low, high, more] = numbers("histogram_range", [text]);
  if (low !== undefined && high !== undefined && more === undefined && low < high) return [low, high];
  throw new InvalidRequestError(`histogram_range is "${text.slice(0, 60)}"; wanted MIN,MAX with MIN below MAX`);
}

function parseCategories(texts: readonly string[]): readonly number[] {
  const categories = numbers("c", texts);
  if (categories.length <= MAX_CATEGORIES) return categories;
  throw new InvalidRequestError(`c has ${categories.length} values; wanted at most ${MAX_CATEGORIES}`);
}

function numbers(name: string, values: readonly string[]): readonly number[] {
  return values
    .flatMap((value) => value.split(","))
    .filter((part) => part.trim() !== "")
    .map((part) => parseNumber(part, name));
}

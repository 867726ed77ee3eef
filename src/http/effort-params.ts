import { z } from "zod";
import { parameter, type Parameter } from "../core/parameter.js";
import type { Effort } from "../tile/mosaic/effort.js";

const MOST_SECONDS = 3600;

const count = (name: string, description: string) =>
  parameter({
    name,
    description,
    example: "2",
    schema: z.int().min(1).max(999_999),
    wanted: "a whole number from 1 up",
  });
const ITEMS_LIMIT = count("items_limit", "Items at most, the newest or those that sortby puts first");
const SCAN_LIMIT = count("scan_limit", "Items at most that are looked at, with those that are passed over");
const TIME_LIMIT = parameter({
  name: "time_limit",
  description: "Seconds after which no more items are looked for; 503 where none is found by then",
  example: "5",
  schema: z.int().min(1).max(MOST_SECONDS),
  wanted: `a whole number of seconds from 1 to ${MOST_SECONDS}`,
});
const EXITWHENFULL = parameter({
  name: "exitwhenfull",
  description:
    "true: no more items are looked for once footprints cover the place. Changes no picture in which the first valid pixel wins",
  example: "true",
  schema: z.boolean(),
});
const SKIPCOVERED = parameter({
  name: "skipcovered",
  description: "true: as exitwhenfull, and items that lie under others altogether are passed over",
  example: "true",
  schema: z.boolean(),
});

/** How hard items are looked for: titiler-pgstac's. */
export const EFFORT_PARAMETERS: readonly Parameter[] = [ITEMS_LIMIT, SCAN_LIMIT, TIME_LIMIT, EXITWHENFULL, SKIPCOVERED];

/** @throws InvalidRequestError */
export function parseEffort(query: URLSearchParams): Effort {
  const [mostItems, mostScanned, seconds] = [ITEMS_LIMIT, SCAN_LIMIT, TIME_LIMIT].map((one) => one.of(query));
  return {
    ...(mostItems === undefined ? {} : { mostItems }),
    ...(mostScanned === undefined ? {} : { mostScanned }),
    ...(seconds === undefined ? {} : { timeLimitMs: 1000 * seconds }),
    untilFull: EXITWHENFULL.of(query) ?? false,
    skipCovered: SKIPCOVERED.of(query) ?? false,
  };
}

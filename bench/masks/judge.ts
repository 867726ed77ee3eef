import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "../support/report.js";
import type { Series } from "./series.js";

/** Of each series: date, row and column of a point, what an eye says of it, and how many pixels it stands for. */
const judgedSchema = z.record(
  z.string(),
  z.array(z.tuple([z.string(), z.int(), z.int(), z.enum(["hidden", "clear", "unsure"]), z.number()])),
);
export type Judged = z.infer<typeof judgedSchema>;

export async function readJudged(): Promise<Judged> {
  return judgedSchema.parse(JSON.parse(await readFile(join(ROOT, "bench/masks/judged.json"), "utf8")));
}

export interface Scores {
  readonly F1: string;
  readonly "hidden found, %": string;
  readonly "clear lost, %": string;
}

/** How a mask (1 hidden) fares at points that stand for all pixels. */
export function judge({ days, block }: Series, mask: readonly Uint8Array[], points: Judged[string]): Scores {
  const counts = { hidden: [0, 0], clear: [0, 0] };
  for (const [day, row, column, says, weight] of points) {
    if (says === "unsure") continue;
    const told = mask[days.indexOf(day)]?.[row * block.width + column] ?? 0;
    counts[says][told] = (counts[says][told] ?? 0) + weight;
  }
  const [misses = 0, hits = 0] = counts.hidden;
  const [right = 0, alarms = 0] = counts.clear;
  return scores(hits, misses, alarms, right);
}

export function scores(hits: number, misses: number, alarms: number, right: number): Scores {
  return {
    F1: ((2 * hits) / (2 * hits + misses + alarms)).toFixed(3),
    "hidden found, %": ((100 * hits) / (hits + misses)).toFixed(1),
    "clear lost, %": ((100 * alarms) / (alarms + right)).toFixed(1),
  };
}

import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** The repository's root, from a compiled file in build/bench/support. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Middle value; the mean of both where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The value below which a share `q` of all lie. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** Median, smallest and largest: what a table shows of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: round(median(values)), min: round(Math.min(...values)), max: round(Math.max(...values)) };
}

/** Four significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** A repeatable stream of numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Shuffles in place. */
export function shuffle<T>(values: T[], random: () => number): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [values[i], values[j]];
    if (a === undefined || b === undefined) continue;
    values[i] = b;
    values[j] = a;
  }
  return values;
}

export type Row = Readonly<Record<string, string | number>>;

/** Prints rows as a Markdown table; the first row names the columns. */
export function printTable(rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [
    columns,
    columns.map(() => "---"),
    ...rows.map((row) => columns.map((name) => String(row[name] ?? ""))),
  ];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of lines)
    process.stdout.write(`| ${line.map((text, i) => text.padEnd(widths[i] ?? 0)).join(" | ")} |\n`);
}

/** Other work on the machine when this process began: its run queue over the last minute. */
const LOAD_BEFORE = round(loadavg()[0] ?? 0);

/** Where a figure was measured. */
export function machine(): Readonly<Record<string, string | number>> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadBefore: LOAD_BEFORE,
  };
}

/** Writes bench/results/<name>.json: the machine, the day and the figures. */
export function writeResult(name: string, figures: object): void {
  const folder = `${ROOT}bench/results`;
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${name}.json`;
  const result = { name, date: new Date().toISOString().slice(0, 10), machine: machine(), ...figures };
  writeFileSync(path, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`\nwritten to bench/results/${name}.json\n`);
}

/** Number options of the command line, `--tiles 200`, with their defaults. */
export function numberOptions<K extends string>(defaults: Readonly<Record<K, number>>): Readonly<Record<K, number>> {
  const options = Object.fromEntries(Object.keys(defaults).map((key) => [key, { type: "string" as const }]));
  const { values } = parseArgs({ options });
  const chosen: Record<K, number> = { ...defaults };
  for (const key of Object.keys(defaults) as K[]) {
    const text = values[key];
    if (typeof text === "string") chosen[key] = Number(text);
  }
  return chosen;
}

import { foldAccents, foldCase } from "./cql2/patterns.js";
import type { Columns } from "./cql2/columns.js";
import type { StacJson } from "./types.js";

/** Where words are looked for. */
export const FREE_TEXT_PROPERTIES = ["title", "description", "keywords"] as const;

const fold = (text: string): string => foldCase(foldAccents(text));

/** Whether one of the phrases is in an item's title, description or keywords, whatever case and accents. */
export function freeTextTest(phrases: readonly string[], columns: Columns): (row: number) => boolean {
  const wanted = phrases.map(fold);
  const read = FREE_TEXT_PROPERTIES.map((name) => {
    const column = columns.column(name);
    return (row: number): unknown => (column?.kind === "value" ? column.values[row] : undefined);
  });
  return (row) => read.some((value) => holds(value(row), wanted));
}

/** The same of a document. */
export function hasText(document: StacJson, phrases: readonly string[]): boolean {
  const wanted = phrases.map(fold);
  return [document["id"], ...FREE_TEXT_PROPERTIES.map((name) => document[name])].some((value) => holds(value, wanted));
}

function holds(value: unknown, wanted: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((one) => holds(one, wanted));
  if (typeof value !== "string") return false;
  const folded = fold(value);
  return wanted.some((phrase) => folded.includes(phrase));
}

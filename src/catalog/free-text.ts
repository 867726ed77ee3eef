import { foldAccents, foldCase } from "./cql2/patterns.js";
import type { Columns } from "./cql2/columns.js";
import type { StacJson } from "./types.js";

/** Where words are looked for. */
export const FREE_TEXT_PROPERTIES = ["title", "description", "keywords"] as const;

const fold = (text: string): string => foldCase(foldAccents(text));

/** Whether one of the phrases is in an item's title, description or keywords, whatever case and accents. */
export function freeTextTest(phrases: readonly string[], columns: Columns): (row: number) => boolean {
  const wanted = phrases.map(fold);
  const read = FREE_TEXT_PROPERTIES.flatMap((name) => {
    const column = columns.column(name);
    return column?.kind === "value" ? [foldedReader(column.values)] : [];
  });
  return (row) => read.some((textOf) => hasPhrase(textOf(row), wanted));
}

/** Folding takes longer than looking, so each value is folded once: as long as its column is kept. */
function foldedReader(values: readonly unknown[]): (row: number) => string {
  const known = FOLDED.get(values) ?? new Array<string | undefined>(values.length);
  FOLDED.set(values, known);
  return (row) => (known[row] ??= fold(textsOf(values[row]).join(BETWEEN)));
}

const FOLDED = new WeakMap<readonly unknown[], (string | undefined)[]>();
/** In no phrase. */
const BETWEEN = "\0";

function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === "string" ? [value] : [];
}

/** The same of a document. */
export function hasText(document: StacJson, phrases: readonly string[]): boolean {
  const wanted = phrases.map(fold);
  return [document["id"], ...FREE_TEXT_PROPERTIES.map((name) => document[name])]
    .flatMap(textsOf)
    .some((text) => hasPhrase(fold(text), wanted));
}

const hasPhrase = (folded: string, wanted: readonly string[]): boolean =>
  wanted.some((phrase) => folded.includes(phrase));

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

const DOCUMENT = "docs/titiler.md";
const END = "<!-- end -->";

/** Fields of JSON that TiTiler answers otherwise, and why; "itself": all of a list. */
export type Difference = readonly [operations: readonly string[], fields: readonly string[], why: string];

/** What a comparison found: fields by operation. */
export type Differing = Readonly<Record<string, readonly string[]>>;

const isIn = (field: string, fields: readonly string[]): boolean =>
  fields.some((one) => field === one || field.endsWith(`.${one}`));

/** Whatever differs is told, and whatever is told differs. */
export function checkDifferences(differences: readonly Difference[], differing: Differing): void {
  const isTold = (operation: string, field: string): boolean =>
    differences.some(([operations, fields]) => operations.includes(operation) && isIn(field, fields));
  const untold = Object.entries(differing).flatMap(([operation, fields]) =>
    fields.filter((field) => !isTold(operation, field)).map((field) => `${operation}: ${field}`),
  );
  assert.deepEqual(untold, []);
  const gone = differences.flatMap(([operations, fields]) =>
    fields.filter(
      (one) => !operations.some((operation) => differing[operation]?.some((field) => isIn(field, [one])) === true),
    ),
  );
  assert.deepEqual(gone, [], "told as different, and the same");
}

/** docs/titiler.md has them as a table between a line that names `test` and the next that ends one; UPDATE_GOLDEN=1 writes it. */
export function checkTable(differences: readonly Difference[], test: string): void {
  const begin = `<!-- made by ${test} -->`;
  const text = readFileSync(DOCUMENT, "utf8");
  const code = (words: readonly string[]): string => words.map((one) => `\`${one}\``).join(" ");
  const rows = differences.map(
    ([operations, fields, why]) =>
      `| ${code(operations)} | ${fields.length === 1 && fields[0] === "itself" ? "the list" : code(fields)} | ${why} |`,
  );
  const made = `${begin}\n| operation | field | here |\n| --- | --- | --- |\n${rows.join("\n")}\n${END}`;
  const at = text.indexOf(begin);
  const end = text.indexOf(END, at);
  assert.ok(at > 0 && end > at);
  const whole = text.slice(0, at) + made + text.slice(end + END.length);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(DOCUMENT, whole);
  assert.equal(text, whole);
}

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { messageOf } from "../core/assert.js";
import { InvalidRequestError, NotFoundError } from "../core/errors.js";
import { fileNameOf } from "../store/location.js";
import { datetimeFromText } from "./source-datetime.js";

/** Instants by file name, RFC 3339 UTC. */
export type DatesTable = ReadonlyMap<string, string>;

/**
 * A CSV whose lines are a file's name or path and a date, by comma, semicolon or tab; a first line without a date is a head.
 *
 * @throws NotFoundError, InvalidRequestError for a line without a date.
 */
export async function readDates(path: string | undefined): Promise<DatesTable> {
  const dates = new Map<string, string>();
  if (path === undefined) return dates;
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new NotFoundError(`${path} can't be read: ${messageOf(cause)}`, { cause });
  });
  for (const [i, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const fields = line.split(/[,;\t]/).map((field) => field.trim().replace(/^"(.*)"$/, "$1"));
    const instant = fields.slice(1).flatMap((field) => datetimeFromText(field) ?? [])[0];
    if (instant !== undefined) dates.set(basename(fields[0] ?? ""), instant);
    else if (i > 0)
      throw new InvalidRequestError(
        `Line ${i + 1} of ${path} has no date: "${line.slice(0, 80)}"; wanted NAME,2024-05-01T10:00:00Z`,
      );
  }
  return dates;
}

/** By the file's name, with or without its extension. */
export function dateIn(dates: DatesTable, location: string): string | undefined {
  const name = fileNameOf(location);
  return dates.get(name) ?? dates.get(name.replace(/\.\w+$/, ""));
}

import { createSlices } from "../core/slices.js";
import type { Column } from "./cql2/columns.js";
import { isInstant } from "./item-properties.js";
import { columnOfValues } from "./property-columns.js";
import type { SectionFile, SectionWriter } from "./section-file.js";

/** Beyond it a value is none that one looks for: its column isn't kept. */
const MOST_CHARACTERS = 1024;
/** The same of all of a column's different values together. */
const MOST_TOGETHER = 2 ** 28;

/** How a property's values are kept: numbers (instants in milliseconds), numbers of a list of values, or not but in the items' texts. */
export const COLUMN_KINDS = ["number", "instant", "value", "long"] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];

/** Writes a property's values, instants as milliseconds, in the order of rows. Undefined where there are none. */
export async function writeColumn(
  writer: SectionWriter,
  name: string,
  values: Iterable<unknown>,
  size: number,
): Promise<ColumnKind | undefined> {
  const slices = createSlices();
  const isTime = isInstant(name);
  // What makes instants of texts isn't asked again.
  const gathered = columnOfValues(isTime ? "" : name, size);
  let row = 0;
  for (const value of values) {
    gathered.set(row++, value);
    if (row % 4096 === 0 && slices.isOver()) await slices.pause();
  }
  const column = gathered.column();
  if (column === undefined || column.kind === "geometry") return undefined;
  if (column.kind !== "value") {
    await writer.section(`column ${name}`, [bytesOf(column.values)]);
    return isTime ? "instant" : "number";
  }
  const texts = new Map<string, number>();
  const codes = new Uint32Array(size);
  let together = 0;
  for (const [i, value] of column.values.entries()) {
    if (value === undefined) continue;
    const text = JSON.stringify(value);
    const code = texts.get(text) ?? texts.size + 1;
    if (code > texts.size) {
      texts.set(text, code);
      together += text.length;
    }
    if (text.length > MOST_CHARACTERS || together > MOST_TOGETHER) return "long";
    codes[i] = code;
    if (i % 4096 === 0 && slices.isOver()) await slices.pause();
  }
  await writer.section(`column ${name}`, [bytesOf(codes)]);
  await writer.section(`values ${name}`, linesOf(texts.keys()));
  return "value";
}

/** @throws CorruptDataError */
export async function readColumn(file: SectionFile, name: string, kind: Exclude<ColumnKind, "long">): Promise<Column> {
  const bytes = await file.section(`column ${name}`);
  if (kind !== "value") return { kind, values: new Float64Array(bytes.buffer) };
  const known = await parsedLines(await file.section(`values ${name}`));
  const slices = createSlices();
  const codes = new Uint32Array(bytes.buffer);
  const values: unknown[] = [];
  for (const code of codes) {
    values.push(known[code - 1]);
    if (values.length % 4096 === 0 && slices.isOver()) await slices.pause();
  }
  return { kind: "value", values };
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function* linesOf(texts: Iterable<string>): Generator<Uint8Array> {
  let lines: string[] = [];
  for (const text of texts) {
    if (lines.push(`${text}\n`) < 4096) continue;
    yield Buffer.from(lines.join(""));
    lines = [];
  }
  yield Buffer.from(lines.join(""));
}

const NEWLINE = 10;

async function parsedLines(bytes: Buffer): Promise<unknown[]> {
  const slices = createSlices();
  const values: unknown[] = [];
  for (let at = 0, end = bytes.indexOf(NEWLINE); end >= 0; at = end + 1, end = bytes.indexOf(NEWLINE, at)) {
    values.push(JSON.parse(bytes.toString("utf8", at, end)));
    if (values.length % 1024 === 0 && slices.isOver()) await slices.pause();
  }
  return values;
}

import { z } from "zod";
import { CorruptDataError } from "../core/errors.js";
import type { SectionFile } from "./section-file.js";
import { COLUMN_KINDS } from "./stored-columns.js";
import { TextList } from "./text-list.js";

/** Of a sha2-256. */
export const CHECKSUM_BYTES = 32;

/** What a snapshot says of itself. */
export const aboutSchema = z.object({
  /** The collection's document, relative to the catalog's folder. */
  place: z.string(),
  collection: z.string(),
  size: z.int().nonnegative(),
  shared: z.array(z.unknown()),
  /** All properties that an item has. */
  columns: z.array(z.tuple([z.string(), z.enum(COLUMN_KINDS)])),
  /** JSON types of those that are told of. */
  types: z.array(z.tuple([z.string(), z.array(z.string())])),
});
export type SnapshotAbout = z.infer<typeof aboutSchema>;

/** What a snapshot has of each of its rows, but the texts themselves. */
export interface SnapshotSections {
  readonly timeMs: Float64Array;
  readonly boxes: Float64Array;
  readonly checksums: Buffer;
  readonly ids: TextList;
  /** Empty where it is what the id says. */
  readonly hrefs: TextList;
  readonly footprints: TextList;
  readonly textStarts: Float64Array;
  readonly textLengths: Uint32Array;
  readonly textChecksums: Uint32Array;
}

export const SHA256_PREFIX = "1220";

export const isSha256 = (checksum: string): boolean => /^1220[0-9a-f]{64}$/.test(checksum);

export const hrefOfId = (id: string): string => `./${id}/${id}.json`;

const LISTS = ["ids", "hrefs", "footprints"] as const;
/** The sections of these. */
export const READ_AT_START: ReadonlySet<string> = new Set([
  "times",
  "boxes",
  "checksums",
  "text starts",
  "text lengths",
  "text checksums",
  ...LISTS.flatMap((name) => [name, `${name} ends`]),
]);

/** @throws CorruptDataError */
export async function readSections(file: SectionFile, size: number): Promise<SnapshotSections> {
  const floats = async (name: string): Promise<Float64Array> => new Float64Array((await file.section(name)).buffer);
  const integers = async (name: string): Promise<Uint32Array> => new Uint32Array((await file.section(name)).buffer);
  const list = async (name: (typeof LISTS)[number]): Promise<TextList> =>
    new TextList(await file.section(name), await floats(`${name} ends`));
  const sections: SnapshotSections = {
    timeMs: await floats("times"),
    boxes: await floats("boxes"),
    checksums: await file.section("checksums"),
    ids: await list("ids"),
    hrefs: await list("hrefs"),
    footprints: await list("footprints"),
    textStarts: await floats("text starts"),
    textLengths: await integers("text lengths"),
    textChecksums: await integers("text checksums"),
  };
  const { timeMs, boxes, checksums, textStarts, textLengths, textChecksums } = sections;
  const sizes = [timeMs.length, boxes.length / 4, checksums.length / CHECKSUM_BYTES, textStarts.length];
  if ([...sizes, textLengths.length, textChecksums.length].every((one) => one === size)) return sections;
  throw new CorruptDataError("A snapshot of items", `its sections aren't of ${size} items`);
}

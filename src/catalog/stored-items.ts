import { crc32 } from "node:zlib";
import { messageOf } from "../core/assert.js";
import { CorruptDataError } from "../core/errors.js";
import { SharedCache } from "../core/shared-cache.js";
import { createSlices } from "../core/slices.js";
import { createBoxGrid, type BoxGrid } from "./box-grid.js";
import type { Column } from "./cql2/columns.js";
import type { Geometry } from "./geometry.js";
import type { ItemTable, PropertyTypes } from "./item-table.js";
import { itemOfText, type SharedValues } from "./item-text.js";
import { propertyOf } from "./item-properties.js";
import { columnOfValues } from "./property-columns.js";
import { createRowTable, hashOfBytes, type RowTable } from "./row-table.js";
import { SectionFile } from "./section-file.js";
import {
  aboutSchema,
  CHECKSUM_BYTES,
  hrefOfId,
  isSha256,
  READ_AT_START,
  readSections,
  SHA256_PREFIX,
  type SnapshotAbout,
  type SnapshotSections,
} from "./snapshot-sections.js";
import { readColumn, type ColumnKind } from "./stored-columns.js";
import type { CatalogItem } from "./types.js";

/** Of texts of items that were parsed; several times as much as objects. */
const PARSED_BYTES = 8 * 2 ** 20;
/** Read at once where all items' texts are gone through. */
const READ_BYTES = 4 * 2 ** 20;

export interface StoredItemsOptions {
  /** Absolute; the collection's document in it. */
  readonly folder: string;
  readonly place: string;
  /** Of what is wanted to be kept once. */
  readonly intern: (value: unknown) => unknown;
  /** Reads an item from its document, by its link's href: where its text is damaged. */
  readonly readItem: (href: string) => Promise<CatalogItem>;
  /** Something of the file turned out to be damaged after it was opened: once. */
  readonly onDamage: (problem: string) => void;
}

/**
 * A collection's items as they were parsed, in one file: reading a million documents takes many minutes. It is a cache of them, each found
 * again by its link's checksum, and may be removed at any time. What searches look at is in typed arrays, which opening reads and checks; properties'
 * columns are read when they are asked for, and the items' own texts (fields and document) from the open file when somebody wants them.
 */
export class StoredItems implements ItemTable {
  readonly size: number;
  readonly timeMs: Float64Array;
  readonly boxes: Float64Array;
  readonly collection: Uint32Array;
  readonly collections: readonly string[];
  readonly grid: BoxGrid;
  readonly about: SnapshotAbout;
  readonly columnKinds: ReadonlyMap<string, ColumnKind>;
  private readonly file: SectionFile;
  private readonly sections: SnapshotSections;
  private readonly shared: SharedValues;
  private readonly options: StoredItemsOptions;
  private readonly byId: RowTable;
  private readonly byChecksum: RowTable;
  private isClosed = false;
  private isDamaged = false;
  private readonly built = new Map<string, Promise<Column | undefined>>();
  private readonly parsed = new SharedCache<ParsedItem>({ maxBytes: PARSED_BYTES, sizeOf: ({ bytes }) => bytes });

  private constructor(
    { file, about, options }: { file: SectionFile; about: SnapshotAbout; options: StoredItemsOptions },
    sections: SnapshotSections,
    made: { readonly grid: BoxGrid; readonly byId: RowTable; readonly byChecksum: RowTable },
  ) {
    this.file = file;
    this.about = about;
    this.options = options;
    this.sections = sections;
    this.size = about.size;
    this.columnKinds = new Map(about.columns);
    this.timeMs = sections.timeMs;
    this.boxes = sections.boxes;
    this.collection = new Uint32Array(about.size);
    this.collections = [about.collection];
    this.grid = made.grid;
    this.byId = made.byId;
    this.byChecksum = made.byChecksum;
    this.shared = { values: about.shared.map(options.intern), folder: options.folder };
  }

  /** @throws CorruptDataError for what is damaged, cut off, another version's or of another place; what the disk says where it isn't there. */
  static async open(path: string, options: StoredItemsOptions): Promise<StoredItems> {
    const file = await SectionFile.open(path);
    try {
      const about = aboutSchema.parse(file.about);
      if (about.place !== options.place) throw new CorruptDataError(options.place, `its snapshot is of ${about.place}`);
      const sections = await readSections(file, about.size);
      await file.verify(READ_AT_START);
      const { ids, checksums } = sections;
      const made = {
        grid: await createBoxGrid(sections.boxes),
        byId: await createRowTable(about.size, (row) => hashOfBytes(ids.bytes, ...ids.range(row))),
        byChecksum: await createRowTable(about.size, (row) => checksums.readUInt32LE(row * CHECKSUM_BYTES)),
      };
      return new StoredItems({ file, about, options }, sections, made);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** What texts have a number for. */
  get sharedValues(): readonly unknown[] {
    return this.shared.values;
  }

  id(row: number): string {
    return this.sections.ids.at(row);
  }

  /** Of the link that named it. */
  href(row: number): string {
    return this.sections.hrefs.at(row) || hrefOfId(this.id(row));
  }

  /** Multihash of its document, hexadecimal. */
  checksum(row: number): string {
    const at = row * CHECKSUM_BYTES;
    return SHA256_PREFIX + this.sections.checksums.toString("hex", at, at + CHECKSUM_BYTES);
  }

  find(collection: string, id: string): number | undefined {
    if (collection !== this.about.collection) return undefined;
    const bytes = Buffer.from(id);
    return this.byId.find(hashOfBytes(bytes, 0, bytes.length), (row) => this.sections.ids.is(row, bytes));
  }

  /** The item that a link names, where its document is the one that was read. */
  findLinked(href: string, checksum: string): number | undefined {
    if (!isSha256(checksum)) return undefined;
    const wanted = Buffer.from(checksum.slice(SHA256_PREFIX.length), "hex");
    const { checksums } = this.sections;
    return this.byChecksum.find(wanted.readUInt32LE(0), (row) => {
      const at = row * CHECKSUM_BYTES;
      return checksums.compare(wanted, 0, CHECKSUM_BYTES, at, at + CHECKSUM_BYTES) === 0 && this.href(row) === href;
    });
  }

  footprint(row: number): Geometry {
    return JSON.parse(this.sections.footprints.at(row)) as Geometry;
  }

  footprintText(row: number): Uint8Array {
    return this.sections.footprints.piece(row);
  }

  async item(row: number): Promise<CatalogItem> {
    return (await this.parsed.get(String(row), () => this.read(row))).item;
  }

  column(name: string): Promise<Column | undefined> {
    const found = this.built.get(name) ?? this.makeColumn(name);
    this.built.set(name, found);
    return found;
  }

  async types(collection = this.about.collection): Promise<PropertyTypes> {
    const types = collection === this.about.collection ? this.about.types : [];
    return new Map(types.map(([name, found]) => [name, new Set(found)]));
  }

  /** The property's column, which isn't kept for others. */
  async makeColumn(name: string): Promise<Column | undefined> {
    if (name === "id") return { kind: "value", values: await this.ids() };
    if (name === "collection")
      return { kind: "value", values: new Array<unknown>(this.size).fill(this.about.collection) };
    const kind = this.columnKinds.get(name);
    if (kind === undefined) return undefined;
    try {
      if (kind !== "long") return await readColumn(this.file, name, kind);
    } catch (error) {
      this.tell(error);
    }
    const values = columnOfValues(name, this.size);
    const slices = createSlices();
    for await (const [row, text] of this.texts()) {
      const item = this.parseIfGood(row, text) ?? (await this.item(row).catch(() => undefined));
      if (item !== undefined) values.set(row, propertyOf(item, name));
      if (slices.isOver()) await slices.pause();
    }
    return values.column();
  }

  /** The text of each row, in order; undefined for one that is damaged. */
  async *texts(): AsyncGenerator<readonly [row: number, text: Buffer | undefined]> {
    const { textStarts, textLengths } = this.sections;
    const startOf = (row: number): number => textStarts[row] ?? 0;
    const endOf = (row: number): number => startOf(row) + (textLengths[row] ?? 0);
    for (let row = 0; row < this.size;) {
      const from = startOf(row);
      let end = row + 1;
      while (end < this.size && endOf(end) - from <= READ_BYTES) end++;
      const bytes = await this.file.bytes(from, endOf(end - 1) - from).catch(() => undefined);
      for (; row < end; row++) {
        const text = bytes?.subarray(startOf(row) - from, endOf(row) - from);
        yield [row, text !== undefined && this.isWhole(row, text) ? text : undefined];
      }
    }
  }

  /** Items are read from their documents then. */
  close(): Promise<void> {
    this.isClosed = true;
    return this.file.close();
  }

  private async ids(): Promise<readonly string[]> {
    const slices = createSlices();
    const ids: string[] = [];
    for (let row = 0; row < this.size; row++) {
      ids.push(this.id(row));
      if (row % 1024 === 0 && slices.isOver()) await slices.pause();
    }
    return ids;
  }

  private async read(row: number): Promise<ParsedItem> {
    const { textStarts, textLengths } = this.sections;
    try {
      const text = await this.file.bytes(textStarts[row] ?? 0, textLengths[row] ?? 0);
      if (!this.isWhole(row, text))
        throw new CorruptDataError(this.options.place, `the text of item ${row} is damaged`);
      return { item: this.parse(row, text), bytes: text.length };
    } catch (error) {
      this.tell(error);
      const item = await this.options.readItem(this.href(row));
      if (item.id === this.id(row)) return { item, bytes: 1 };
      throw new CorruptDataError(this.options.place, `item ${this.id(row)} is called ${item.id} by now`, {
        cause: error,
      });
    }
  }

  private tell(error: unknown): void {
    if (!this.isClosed && !this.isDamaged) this.options.onDamage(messageOf(error));
    this.isDamaged = true;
  }

  private parseIfGood(row: number, text: Buffer | undefined): CatalogItem | undefined {
    try {
      return text === undefined ? undefined : this.parse(row, text);
    } catch {
      return undefined;
    }
  }

  private isWhole(row: number, text: Uint8Array): boolean {
    return crc32(text) === this.sections.textChecksums[row];
  }

  private parse(row: number, text: Buffer): CatalogItem {
    return itemOfText(text, () => this.footprint(row), this.shared);
  }
}

interface ParsedItem {
  readonly item: CatalogItem;
  readonly bytes: number;
}

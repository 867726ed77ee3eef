import { resolve } from "node:path";
import { createSlices } from "../core/slices.js";
import type { StacLink } from "./collection.js";
import type { TablePart } from "./search-index.js";
import type { StoredItems } from "./stored-items.js";
import type { CatalogItem } from "./types.js";
import type { LinkedItem } from "./write-snapshot.js";

/** Item files read at once. */
const CONCURRENCY = 16;
/** Gone items told at once. */
const BATCH = 1000;

/** The items that a collection's document links: rows of its snapshot, and those that were read from their documents. */
export interface LinkedItems {
  readonly size: number;
  readonly base:
    | { readonly items: StoredItems; /** 1 for rows that aren't linked. */ readonly hidden: Uint8Array | undefined }
    | undefined;
  /** By the documents' paths. */
  readonly fresh: ReadonlyMap<string, LinkedItem>;
  /** The snapshot's rows, to be searched. */
  readonly part: TablePart | undefined;
}

/** Finds what a collection links among what is known already. */
export class LinkGatherer {
  private readonly folder: string;
  private readonly base: StoredItems | undefined;
  private readonly old: LinkedItems | undefined;
  private readonly hidden: Uint8Array;
  private hiddenCount: number;
  private readonly fresh = new Map<string, LinkedItem | Pick<LinkedItem, "href" | "checksum">>();

  /** `folder`: the document's. */
  constructor(folder: string, base: StoredItems | undefined, old: LinkedItems | undefined) {
    this.folder = folder;
    this.base = base;
    this.old = old;
    this.hiddenCount = base?.size ?? 0;
    this.hidden = new Uint8Array(this.hiddenCount).fill(1);
  }

  add({ href, "file:checksum": checksum }: StacLink): void {
    const row = checksum === undefined ? undefined : this.base?.findLinked(href, checksum);
    if (row !== undefined) {
      this.hiddenCount -= this.hidden[row] ?? 0;
      this.hidden[row] = 0;
      return;
    }
    const path = resolve(this.folder, href);
    const known = this.old?.fresh.get(path);
    this.fresh.delete(path);
    this.fresh.set(
      path,
      known !== undefined && checksum !== undefined && known.checksum === checksum ? known : { href, checksum },
    );
  }

  /** `read` gives undefined for an item that is to be left out. */
  async gather(read: (path: string) => Promise<CatalogItem | undefined>): Promise<LinkedItems> {
    const slices = createSlices();
    const found = new Map<string, LinkedItem>();
    await forEachOf([...this.fresh], CONCURRENCY, async ([path, link]) => {
      if (slices.isOver()) await slices.pause();
      const item = "item" in link ? link.item : await read(path);
      if (item !== undefined) found.set(path, "item" in link ? link : { ...link, item });
    });
    // In the order of the links.
    const fresh = new Map([...this.fresh.keys()].flatMap((path) => pairOf(path, found.get(path))));
    const { base, hiddenCount } = this;
    const hidden = hiddenCount === 0 ? undefined : this.hidden;
    return {
      size: fresh.size + (base?.size ?? 0) - hiddenCount,
      base: base === undefined ? undefined : { items: base, hidden },
      fresh,
      part: base === undefined ? undefined : { table: base, hidden },
    };
  }
}

const pairOf = <T>(path: string, value: T | undefined): readonly (readonly [string, T])[] =>
  value === undefined ? [] : [[path, value]];

/** Items of an earlier state, by their collections' documents, that aren't the same ones now, each as it was; some at a time. */
export async function* goneItems(
  before: ReadonlyMap<string, { readonly items: LinkedItems }>,
  after: ReadonlyMap<string, { readonly items: LinkedItems }>,
): AsyncGenerator<readonly CatalogItem[]> {
  const slices = createSlices();
  let gone: CatalogItem[] = [];
  for (const [path, { items: old }] of before) {
    const now = after.get(path)?.items;
    if (now === old) continue;
    for await (const item of goneOf(old, now)) {
      gone.push(item);
      if (gone.length < BATCH) continue;
      yield gone;
      gone = [];
      if (slices.isOver()) await slices.pause();
    }
  }
  if (gone.length > 0) yield gone;
}

async function* goneOf(old: LinkedItems, now: LinkedItems | undefined): AsyncGenerator<CatalogItem> {
  for (const [path, linked] of old.fresh) if (!isThere(linked, now?.fresh.get(path), now)) yield linked.item;
  if (old.base === undefined) return;
  const { items, hidden } = old.base;
  const isSame = now?.base?.items === items;
  const slices = createSlices();
  for (let row = 0; row < items.size; row++) {
    if (row % 1024 === 0 && slices.isOver()) await slices.pause();
    if (isHidden(hidden, row) || (isSame && !isHidden(now.base?.hidden, row))) continue;
    if (!isSame && isThere({ href: items.href(row), checksum: items.checksum(row) }, undefined, now)) continue;
    const item = await items.item(row).catch(() => undefined);
    if (item !== undefined) yield item;
  }
}

const isHidden = (hidden: Uint8Array | undefined, row: number): boolean => (hidden?.[row] ?? 0) !== 0;

/** Whether an item is among others: `fresh` is theirs of its path. */
function isThere(
  { item, href, checksum }: Pick<LinkedItem, "href" | "checksum"> & Partial<LinkedItem>,
  fresh: LinkedItem | undefined,
  now: LinkedItems | undefined,
): boolean {
  if (item !== undefined && fresh?.item === item) return true;
  const row = checksum === undefined ? undefined : now?.base?.items.findLinked(href, checksum);
  return row !== undefined && !isHidden(now?.base?.hidden, row);
}

async function forEachOf<T>(values: readonly T[], workers: number, work: (value: T) => Promise<void>): Promise<void> {
  const queue = values.values();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const value of queue) await work(value);
    }),
  );
}

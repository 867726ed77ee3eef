import { LRUCache } from "lru-cache";
import type { CatalogItem } from "../catalog/types.js";
import type { MosaicItem } from "../tile/plan.js";
import { fileIdentity } from "../store/file-source.js";
import { parseLocation } from "../store/location.js";

/** Tells items whose files were replaced apart from what they were before, whatever their documents say. */
export interface Stamps {
  /**
   * The same items, the checksum of each followed by what its file and those that it leans on look like now (time and size): so an ETag,
   * and what is kept of an open file, end with the file. Files at URLs, and those that aren't there, are left to their checksum.
   */
  stamp(items: readonly MosaicItem[]): Promise<readonly MosaicItem[]>;
}

/** A file is looked at again after so long, as the catalog is. */
const FRESH_MS = 1000;
const MAX_FILES = 10_000;

export function createStamps(): Stamps {
  const known = new LRUCache<string, Promise<string>>({ max: MAX_FILES, ttl: FRESH_MS });
  const identityOf = (href: string): Promise<string> => {
    const location = parseLocation(href);
    if (location.kind !== "file") return Promise.resolve("");
    const found = known.get(href) ?? fileIdentity(location.path).catch(() => "");
    known.set(href, found, { noUpdateTTL: true });
    return found;
  };
  async function stampOne<T extends CatalogItem>(item: T): Promise<T> {
    const parts = await Promise.all([item.href, ...item.referenceHrefs].map(identityOf));
    const stamp = parts.join("+");
    return stamp === "" ? item : { ...item, checksum: `${item.checksum}@${stamp}` };
  }
  return {
    stamp: (items) =>
      Promise.all(
        items.map(async (item) => {
          const { fillFrom } = item;
          const stamped = await stampOne(item);
          return fillFrom === undefined ? stamped : { ...stamped, fillFrom: await Promise.all(fillFrom.map(stampOne)) };
        }),
      ),
  };
}

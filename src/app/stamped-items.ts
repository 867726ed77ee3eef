import { LRUCache } from "lru-cache";
import type { CatalogItem } from "../catalog/types.js";
import type { MosaicItem } from "../tile/plan.js";
import { fileIdentity } from "../store/file-source.js";
import { parseLocation } from "../store/location.js";

/** Tells items whose files were replaced, or that are decoded by something else, apart from what they were before, whatever their documents say. */
export interface Stamps {
  /**
   * The same items, the checksum of each followed by what its file and those that it leans on look like now (time and size), and by what
   * decodes it: so an ETag, and what is kept of an open file, end with the file, the weights or the provider. Files at URLs, and those
   * that aren't there, are left to their checksum.
   */
  stamp(items: readonly MosaicItem[]): Promise<readonly MosaicItem[]>;
}

/** A file is looked at again after so long, as the catalog is. */
const FRESH_MS = 1000;
const MAX_FILES = 10_000;

/**
 * `engineOf` names what decodes a model's latents: the provider, since a GPU's pixels differ from the CPU's in the last digit, and the
 * installed weights, which need not be those that encoded.
 */
export function createStamps(engineOf: (model: string) => Promise<string>): Stamps {
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
    const engine = await engineOf(item.model).catch(() => "none");
    return { ...item, checksum: `${item.checksum}@${parts.join("+")}~${engine}` };
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

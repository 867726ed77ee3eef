import { LRUCache } from "lru-cache";
import type { CatalogItem, SearchFilter } from "../catalog/types.js";
import { UnsupportedError } from "../core/errors.js";
import { cubesOf, type Cube } from "../tile/cube.js";
import type { Services } from "./services.js";

/** Finds what a search's items stack up to; kept for a moment, since a client asks for one chunk after the other. */
export interface Cubes {
  of(search: SearchFilter, signal?: AbortSignal): Promise<readonly Cube[]>;
}

/** Items are looked for again after so long, as the catalog looks at its files. */
const FRESH_MS = 1000;
const PAGE = 1000;
/** Of one cube's search. */
const MAX_ITEMS = 50_000;

export function createCubes(catalog: Services["catalog"]): Cubes {
  const known = new LRUCache<string, Promise<readonly Cube[]>>({ max: 64, ttl: FRESH_MS });
  return {
    of(search, signal) {
      const key = JSON.stringify(search);
      const found = known.get(key) ?? findAll(catalog, search).then(cubesOf);
      if (!known.has(key)) known.set(key, found);
      found.catch(() => known.delete(key));
      signal?.throwIfAborted();
      return found;
    },
  };
}

/** @throws UnsupportedError for more than a cube can be of. */
async function findAll(catalog: Services["catalog"], search: SearchFilter): Promise<readonly CatalogItem[]> {
  const items: CatalogItem[] = [];
  let token: string | undefined;
  do {
    const page = await catalog.search({ ...search, limit: PAGE, ...(token === undefined ? {} : { token }) });
    if (page.matched > MAX_ITEMS)
      throw new UnsupportedError(
        `${page.matched} items are too many for a cube; wanted ${MAX_ITEMS} at most: register a search for some of them`,
      );
    items.push(...page.items);
    token = page.next;
  } while (token !== undefined);
  return items;
}

import type { Catalog } from "../catalog/types.js";
import { NotFoundError } from "../core/errors.js";

/**
 * Runs work that reads files of items which the catalog told of. Where one of them is gone, an item was removed or replaced since: the
 * catalog is looked at again and the work done once more.
 */
export async function withFreshCatalog<T>(catalog: Pick<Catalog, "refresh">, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (catalog.refresh === undefined || !isAboutMissing(error)) throw error;
    await catalog.refresh();
    return work();
  }
}

/** A file that isn't there, or that another one leans on in vain. */
function isAboutMissing(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof NotFoundError) return true;
  return false;
}

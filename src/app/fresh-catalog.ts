import type { Catalog } from "../catalog/types.js";
import { ChangedFileError, NotFoundError } from "../core/errors.js";

/**
 * Runs work that reads files of items which the catalog told of. Where one of them is gone or another one by now, an item was removed or
 * replaced since: the catalog is looked at again and the work done once more.
 */
export async function withFreshCatalog<T>(catalog: Pick<Catalog, "refresh">, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isGone = hasCause(error, NotFoundError) && catalog.refresh !== undefined;
    if (!isGone && !hasCause(error, ChangedFileError)) throw error;
    await catalog.refresh?.();
    return work();
  }
}

/** Of a file that isn't there or has changed, or that another one leans on in vain. */
function hasCause(error: unknown, kind: typeof NotFoundError | typeof ChangedFileError): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof kind) return true;
  return false;
}

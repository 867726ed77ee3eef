import type { CatalogItem } from "../catalog/types.js";
import { CorruptDataError } from "../core/errors.js";
import type { ChunkReader, OpenContainer } from "./chunk-reader.js";

/** Opens an item's container. @throws CorruptDataError where it has another size than the item says. */
export async function openItem(
  { id, href, checksum, grid }: CatalogItem,
  reader: ChunkReader,
  signal?: AbortSignal,
): Promise<OpenContainer> {
  const container = await reader.open(href, checksum, signal);
  const [full] = container.cog.levels;
  if (full?.width === grid.width && full.height === grid.height) return container;
  throw new CorruptDataError(
    container.cog.location,
    `${full?.width} x ${full?.height} pixels, ${grid.width} x ${grid.height} in item ${id}`,
  );
}

import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import type { CatalogItem } from "../../src/catalog/types.js";
import { ROOT } from "./report.js";

/** Where bench/titiler/setup.sh puts things. */
export const CACHE = `${ROOT}.cache`;
export const SCENE_CATALOG = `${CACHE}/titiler-catalog`;

/** The scene of 4096 x 4096 px, as Tectile ingested it. */
export async function sceneItem(): Promise<CatalogItem> {
  try {
    const catalog = await openFileCatalog(SCENE_CATALOG);
    const item = await catalog.item("bench", "scene");
    await catalog.close();
    return item;
  } catch (cause) {
    throw new Error("The scene is missing: run bench/titiler/setup.sh first", { cause });
  }
}

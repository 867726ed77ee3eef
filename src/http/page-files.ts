import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Of a page that scripts/build-page.mjs has made. */
export function pageFile(name: string): string {
  return fileURLToPath(new URL(`../viewer/page/${name}`, import.meta.url));
}

/** "index.html" or "api.html". */
export async function readPage(name: string): Promise<string> {
  return readFile(pageFile(name), "utf8");
}

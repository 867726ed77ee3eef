import type { CatalogItem } from "./types.js";

/** Dangling `tec:references` and cycles among the items of one collection, each at the item where it shows. */
export function referenceProblems(
  items: readonly CatalogItem[],
): readonly { readonly item: CatalogItem; readonly problem: string }[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const dangling = items.flatMap((item) =>
    item.references
      .filter((id) => !byId.has(id))
      .map((id) => ({ item, problem: `tec:references names item "${id}", which isn't in the collection` })),
  );
  return [...dangling, ...cycles(byId)];
}

/** Depth-first, without recursion: a chain of references may be as long as a series. */
function cycles(byId: ReadonlyMap<string, CatalogItem>): { item: CatalogItem; problem: string }[] {
  const done = new Set<string>();
  const found: { item: CatalogItem; problem: string }[] = [];
  for (const start of byId.values()) {
    const path: string[] = [];
    const stack: (string | undefined)[] = [start.id];
    while (stack.length > 0) {
      const id = stack.pop();
      if (id === undefined) {
        const left = path.pop();
        if (left !== undefined) done.add(left);
        continue;
      }
      const item = byId.get(id);
      if (item === undefined || done.has(id)) continue;
      const at = path.indexOf(id);
      if (at >= 0) {
        found.push({ item, problem: `tec:references go in a circle: ${[...path.slice(at), id].join(" -> ")}` });
        continue;
      }
      path.push(id);
      stack.push(undefined, ...item.references);
    }
  }
  return found;
}

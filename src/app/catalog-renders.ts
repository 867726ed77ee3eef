import { z } from "zod";
import type { Catalog, CatalogItem, StacJson } from "../catalog/types.js";
import { toStacRenders, type RenderPreset } from "../core/render-presets.js";

/** The same catalog whose documents also list these renders, so that clients and the viewer offer them. */
export function withRenders(catalog: Catalog, presets: Readonly<Record<string, RenderPreset>>): Catalog {
  if (Object.keys(presets).length === 0) return catalog;
  const added = toStacRenders("tec", presets);
  const listed = (document: StacJson): StacJson => ({
    ...document,
    renders: { ...anyRecord.safeParse(document["renders"]).data, ...added },
  });
  const listedItem = (item: CatalogItem): CatalogItem => ({
    ...item,
    json: { ...item.json, properties: listed(anyRecord.parse(item.json["properties"])) },
  });
  return {
    root: () => catalog.root(),
    collections: async () => (await catalog.collections()).map(listed),
    collection: async (id) => listed(await catalog.collection(id)),
    item: async (collection, id) => listedItem(await catalog.item(collection, id)),
    async search(query, signal) {
      const page = await catalog.search(query, signal);
      return { ...page, items: page.items.map(listedItem) };
    },
    refresh: async () => catalog.refresh?.(),
    queryables: (collection) => catalog.queryables(collection),
    aggregate: (filter, asked, signal) => catalog.aggregate(filter, asked, signal),
    close: () => catalog.close(),
  };
}

const anyRecord = z.record(z.string(), z.unknown());

import type { Request } from "express";
import type { CatalogItem } from "../catalog/types.js";

/** Where the routes of the item that a request is about lie. */
export interface ItemPlace {
  /** Below the base, without slashes around: "collections/c/items/i". */
  readonly path: string;
  /** What every link to them has in its query. */
  readonly query: URLSearchParams;
}

const PLACES = new WeakMap<Request, ItemPlace>();

/** For an item that isn't the catalog's. */
export function setItemPlace(request: Request, place: ItemPlace): void {
  PLACES.set(request, place);
}

export function itemPlace(request: Request, { collection, id }: Pick<CatalogItem, "collection" | "id">): ItemPlace {
  const path = `collections/${encodeURIComponent(collection)}/items/${encodeURIComponent(id)}`;
  return PLACES.get(request) ?? { path, query: new URLSearchParams() };
}

/** "?a=b", or nothing where there is no parameter. */
export function queryText(query: URLSearchParams): string {
  return query.size === 0 ? "" : `?${query}`;
}

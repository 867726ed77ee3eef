import { basename, dirname, resolve } from "node:path";
import type { CatalogItem } from "../catalog/types.js";
import { AppError } from "../core/errors.js";
import { isRemote, resolveHref } from "../store/location.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import { checkReference } from "../tile/chunk-references.js";
import type { Decoder } from "./services.js";

/**
 * What is wrong with the files that one leans on, a sentence each: one that can't be read, lies where it may not,
 * is of another grid, model, quality or of a later date, was replaced by another date, leans on others itself, or closes a circle.
 */
export async function* verifyReferences(
  container: OpenContainer,
  { reader }: Pick<Decoder, "reader">,
): AsyncGenerator<string> {
  for (const k of (container.cog.metadata.references ?? []).keys()) {
    try {
      const other = await reader.openReference(container, k);
      const circle = await circleThrough(container, other, reader);
      if (circle === undefined) checkReference(container, k, other);
      else yield `${container.cog.location}: references go in a circle: ${circle.join(" -> ")}`;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      yield error.message;
    }
  }
}

/** One sentence where an item tells other references than its file. */
export function referencesMismatch(item: CatalogItem, { cog, href }: OpenContainer): readonly string[] {
  const collection = dirname(dirname(resolve(href)));
  const found = (cog.metadata.references ?? []).map((named) => {
    const place = resolveHref(href, named.href);
    const isOurs = !isRemote(place) && dirname(dirname(place)) === collection;
    return isOurs ? basename(dirname(place)) : named.href;
  });
  const told = item.references;
  if (told.length === found.length && told.every((id, i) => id === found[i])) return [];
  const list = (ids: readonly string[]): string => (ids.length === 0 ? "none" : ids.join(", "));
  return [`tec:references of item ${item.id}: ${list(told)}; the file leans on ${list(found)}`];
}

/** The names of the files on a circle from `start` over `next` back to `start`. */
async function circleThrough(
  start: OpenContainer,
  next: OpenContainer,
  reader: Decoder["reader"],
): Promise<readonly string[] | undefined> {
  const goal = placeOf(start.href);
  const seen = new Set<string>();
  const open: { readonly at: OpenContainer; readonly path: readonly string[] }[] = [{ at: next, path: [start.href] }];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { at, path } = one;
    if (placeOf(at.href) === goal) return [...path, at.href].map((href) => basename(href));
    if (seen.has(placeOf(at.href))) continue;
    seen.add(placeOf(at.href));
    for (const k of (at.cog.metadata.references ?? []).keys()) {
      const further = await reader.openReference(at, k).catch(() => undefined);
      if (further !== undefined) open.push({ at: further, path: [...path, at.href] });
    }
  }
  return undefined;
}

const placeOf = (href: string): string => (isRemote(href) ? href : resolve(href));

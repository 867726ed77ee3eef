import { isSame, type Picture } from "./pictures.js";
import type { Operation } from "./places.js";

/** All items that an operation finds or makes, "collection/item". */
export function itemsOfBoth({ before, after }: Operation): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])];
}

/**
 * What is wrong with what a server shows of an item, while an operation runs, after it was stopped, or (`done` all) after its end: it must
 * be as it was or as it is to be, there if it was and stays, and as it is to be once the command said so. Undefined: nothing.
 */
export function wrongWith(
  { before, after, isExact }: Operation,
  key: string,
  { got, done }: { readonly got: Picture | undefined; readonly done: "all" | ReadonlySet<string> },
): string | undefined {
  const [was, will] = [before.get(key), after.get(key)];
  const [asWas, asWill] = [isSame(got, was, isExact), isSame(got, will, isExact)];
  const isDone = done === "all" || (will !== undefined && done.has(key.slice(key.indexOf("/") + 1)));
  if (isDone && !asWill) return `${key} was reported as done and is ${asWas ? "as before" : textOf(got)}`;
  if (!asWas && !asWill) return `${key} is neither as before nor as it is to be: ${textOf(got)}`;
  return undefined;
}

const textOf = (picture: Picture | undefined): string => picture?.text ?? "not there";

/** What the holder of a catalog's lock is about to do: stands in the lock file, so that the next holder can finish it. */
export interface Intent {
  readonly kind: "add" | "remove";
  readonly collection: string;
  /** Undefined: the whole collection. */
  readonly id: string | undefined;
}

const REMOVE = "remove ";

export function intentText({ kind, collection, id }: Intent): string {
  return `${kind === "remove" ? REMOVE : ""}${collection}${id === undefined ? "" : `/${id}`}`;
}

export function parseIntent(text: string): Intent {
  const kind = text.startsWith(REMOVE) ? "remove" : "add";
  const [collection = "", id] = (kind === "remove" ? text.slice(REMOVE.length) : text).split("/");
  return { kind, collection, id };
}

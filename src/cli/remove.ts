import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { readConfig } from "../app/config.js";
import { catalogWriter, type CatalogWriter } from "../catalog/catalog-writer.js";
import { few, withDependents } from "../catalog/removal.js";
import type { CatalogItem } from "../catalog/types.js";
import { InvalidRequestError, NotFoundError } from "../core/errors.js";
import { flagOption, textOption, type Command, type CommandInput } from "./arguments.js";
import { instantBefore } from "./age.js";

/** More items than this are removed only after a yes. */
const MANY = 10;
/** Items taken out of the index at once: the lock is let go in between, so that an ingest beside gets on. */
const BATCH = 2000;

const HELP = `
Usage: tectile remove COLLECTION [ITEM...] [OPTIONS]

Removes items, or a whole collection, with their files. A running server stops serving them within about a second. An item that others
can't be decoded without (tec:references) is refused, and then nothing is removed. Stopped at any moment, the catalog is whole: what was begun is
finished by the next command that writes.

  --catalog DIR     the catalog's folder (default data/catalog)
  --older-than AGE  items acquired before a date (2023-01-01) or longer ago than 90d, 12w, 6m or 2y
  --all             the whole collection
  --cascade         take along what leans on the items
  --keep-needed     leave items that others, which stay, lean on
  --dry-run         tell what would go, and change nothing
  --yes             don't ask; needed without a terminal for a collection, for more than ${MANY} items and for --cascade
  --config FILE     a JSON file of settings (config/default.json lists them)
`;

export const removeCommand: Command = {
  name: "remove",
  summary: "Remove items or a collection from a catalog",
  help: HELP,
  options: {
    catalog: { type: "string" },
    config: { type: "string" },
    "older-than": { type: "string" },
    all: { type: "boolean" },
    cascade: { type: "boolean" },
    "keep-needed": { type: "boolean" },
    "dry-run": { type: "boolean" },
    yes: { type: "boolean", short: "y" },
  },
  run: remove,
};

async function remove(input: CommandInput): Promise<number> {
  const [collection, ...ids] = input.positionals;
  const age = textOption(input, "older-than");
  const all = flagOption(input, "all");
  if (collection === undefined)
    throw new InvalidRequestError("tectile remove wants a COLLECTION; see tectile remove --help");
  if ([ids.length > 0, age !== undefined, all].filter(Boolean).length !== 1)
    throw new InvalidRequestError(
      "tectile remove wants ids of items, --older-than or --all, one of them; see tectile remove --help",
    );
  const before = age === undefined ? undefined : instantBefore(age);
  const { catalog } = await readConfig(
    { file: textOption(input, "config"), catalog: textOption(input, "catalog") },
    process.env,
  );
  if ((await stat(join(catalog, "catalog.json")).catch(() => undefined)) === undefined)
    throw new NotFoundError(`${catalog} is no catalog: it has no catalog.json`);
  const writer = await catalogWriter(catalog);
  const { listed, torn } = await writer.list(collection);
  const items = listed.map(({ item }) => item);
  if (all) return removeAll(input, writer, { collection, items });
  for (const { id, problem } of torn) if (!ids.includes(id)) say(`item ${id} can't be read: ${problem}`);
  const wanted = before === undefined ? ids : items.filter((item) => item.datetimeMs < before).map(({ id }) => id);
  const chosen = choose(input, wanted, items);
  if (chosen.length === 0) {
    say("nothing to remove");
    return 0;
  }
  const asked = new Set(wanted);
  const along = chosen.filter((id) => !asked.has(id));
  const going = new Set(chosen);
  const text = `${describe(
    items.filter(({ id }) => going.has(id)),
    chosen,
  )} of collection ${collection}${along.length === 0 ? "" : `, ${along.length} of them because they lean on others (${few(along)})`}`;
  if (flagOption(input, "dry-run")) return tell(text, chosen);
  if (chosen.length > MANY || along.length > 0) await confirm(input, text);
  for (let i = 0; i < chosen.length; i += BATCH) await writer.removeItems(collection, chosen.slice(i, i + BATCH));
  say(`removed ${text}`);
  return 0;
}

async function removeAll(
  input: CommandInput,
  writer: CatalogWriter,
  { collection, items }: { readonly collection: string; readonly items: readonly CatalogItem[] },
): Promise<number> {
  const ids = items.map(({ id }) => id);
  const text = `collection ${collection} with ${describe(items, ids)}`;
  if (flagOption(input, "dry-run")) return tell(text, ids);
  await confirm(input, text);
  await writer.removeCollection(collection);
  say(`removed ${text}`);
  return 0;
}

/** Ids in an order in which any beginning can go. Those that can't be read come first: nothing else can go while they are there. */
function choose(input: CommandInput, ids: readonly string[], items: readonly CatalogItem[]): readonly string[] {
  const [cascade, keepNeeded] = [flagOption(input, "cascade"), flagOption(input, "keep-needed")];
  if (cascade && keepNeeded)
    throw new InvalidRequestError("--cascade and --keep-needed were given; wanted one of them");
  const wanted = new Set(ids);
  const known = new Set(items.map(({ id }) => id));
  const withAll = withDependents(items, ids).map(({ id }) => id);
  const unread = ids.filter((id) => !known.has(id));
  if (cascade) return [...unread, ...withAll];
  if (!keepNeeded) return [...unread, ...withAll.filter((id) => wanted.has(id))];
  const staying = items.filter(({ id }) => !wanted.has(id));
  const needed = new Set<string>();
  // What stays may lean on what leans on others.
  for (const { references } of staying) for (const id of references) if (wanted.has(id)) needed.add(id);
  for (const id of needed)
    for (const one of items.find((item) => item.id === id)?.references ?? []) if (wanted.has(one)) needed.add(one);
  if (needed.size > 0) say(`${needed.size} items stay, because others lean on them: ${few([...needed])}`);
  return [...unread, ...withAll.filter((id) => wanted.has(id) && !needed.has(id))];
}

function describe(items: readonly CatalogItem[], ids: readonly string[]): string {
  const bytes = items.reduce((sum, item) => sum + sizeOf(item), 0);
  return `${ids.length} ${ids.length === 1 ? "item" : "items"} (${(bytes / 2 ** 20).toFixed(1)} MiB)`;
}

function sizeOf({ json }: CatalogItem): number {
  const { tec } = (json["assets"] ?? {}) as { readonly tec?: Readonly<Record<string, unknown>> };
  const size = tec?.["file:size"];
  return typeof size === "number" ? size : 0;
}

function tell(text: string, ids: readonly string[]): number {
  for (const id of ids) process.stdout.write(`${id}\n`);
  say(`would remove ${text}`);
  return 0;
}

/** @throws InvalidRequestError without a yes. */
async function confirm(input: CommandInput, text: string): Promise<void> {
  if (flagOption(input, "yes")) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new InvalidRequestError(`This would remove ${text}; say --yes, or --dry-run to see which`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`Remove ${text}? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new InvalidRequestError("Nothing was removed");
  } finally {
    lines.close();
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

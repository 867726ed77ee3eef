import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { writeMosaicDates } from "../../test/support/mosaic-dates.js";
import { runCli, type Workspace } from "../../test/support/workspace.js";
import { readPictures, type Pictures } from "./pictures.js";

/** What is done to a catalog while something goes wrong. */
export interface Operation {
  readonly name: string;
  /** The catalog as it is before. */
  readonly base: string;
  /** False where an interruption may make a date lean on others, so that its bytes are others too. */
  readonly isExact: boolean;
  /** The command's words. */
  args(catalog: string): readonly string[];
  /** Of the catalog before, and after the command went through undisturbed. */
  readonly before: Pictures;
  readonly after: Pictures;
  /** How long it takes undisturbed, milliseconds, from the process's start. */
  readonly ms: number;
  /** Files of the catalog after it, relative. */
  readonly files: ReadonlySet<string>;
}

const DATES = ["2024-01-05", "2024-01-20", "2024-02-10"];
const NEW_DATES = ["2024-05-05", "2024-06-01"];
const PLACE = ["--collection", "place", "--provider", "cpu", "--quality", "1", "--masks", "given"];

/** Bases and commands, each run once undisturbed to know what is right. `names`: which of them. */
export async function makeOperations(
  files: Workspace,
  names: readonly string[] = NAMES,
): Promise<readonly Operation[]> {
  await writeMosaicDates(files, "dates", DATES);
  await writeMosaicDates(files, "new", NEW_DATES, { all: [...DATES, ...NEW_DATES] });
  // The same names and grid, other pixels: another light, other clouds.
  await writeMosaicDates(files, "others", DATES, { all: ["x", ...DATES] });
  const [alone, leaning] = [files.path("alone"), files.path("leaning")];
  const ingest = (folder: string, catalog: string, ...more: string[]): readonly string[] => [
    "ingest",
    files.path(folder),
    "--catalog",
    catalog,
    ...PLACE,
    ...more,
  ];
  const commands: Readonly<Record<(typeof NAMES)[number], readonly [base: string, args: Operation["args"]]>> = {
    ingest: [alone, (catalog) => ingest("new", catalog)],
    "ingest leaning": [leaning, (catalog) => ingest("new", catalog, "--entropy", "tt")],
    remove: [leaning, (catalog) => ["remove", "place", "place_2024-01-05", "--cascade", "--yes", "--catalog", catalog]],
    replace: [alone, (catalog) => ingest("others", catalog, "--overwrite")],
    "replace leaning": [leaning, (catalog) => ingest("others", catalog, "--overwrite", "--entropy", "tt")],
    mosaic: [
      alone,
      (catalog) => ["mosaic", "--collection", "place", "--every", "month", "--quality", "1", "--catalog", catalog],
    ],
  };
  const wanted = NAMES.filter((one) => names.includes(one));
  const bases = new Set(wanted.map((name) => commands[name][0]));
  if (bases.has(alone)) await done(ingest("dates", alone));
  if (bases.has(leaning)) await done(ingest("dates", leaning, "--entropy", "tt"));
  const operations: Operation[] = [];
  for (const name of wanted) {
    const [base, args] = commands[name];
    const whole = files.path("whole");
    await cp(base, whole, { recursive: true });
    const start = performance.now();
    await done(args(whole));
    const ms = performance.now() - start;
    const [before, after] = [await readPictures(base), await readPictures(whole)];
    operations.push({ name, base, isExact: base === alone, args, before, after, ms, files: await listFiles(whole) });
    await rm(whole, { recursive: true });
  }
  return operations;
}

/** All operations. */
export const NAMES = ["ingest", "ingest leaning", "remove", "replace", "replace leaning", "mosaic"] as const;

/** A fresh copy of an operation's base, in place of what was there. */
export async function freshCopy(base: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(base, folder, { recursive: true });
}

/** Files below a folder, hidden ones too, relative to it. */
export async function listFiles(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return new Set(
    entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => relative(folder, join(parentPath, name))),
  );
}

async function done(args: readonly string[]): Promise<void> {
  const { code, stderr } = await runCli(args);
  if (code !== 0) throw new Error(`tectile ${args.join(" ")} ended with ${code}: ${stderr}`);
}

/** Names of what a run said it had finished: "2/4 place_2024-01-20.tif: 19 KiB, ..." or "2024-01-...: 2 dates, ...". */
export function toldDone(stderr: string): readonly string[] {
  const ids: string[] = [];
  for (const line of stderr.split("\n")) {
    const ingested = /^\d+\/\d+ (.+)\.tif: \d+ KiB/.exec(line)?.[1];
    const merged = /^(\S+): \d+ dates?, .* KiB/.exec(line)?.[1];
    const id = ingested ?? merged;
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import type { Decoder } from "../../src/app/services.js";
import { verifyPath } from "../../src/app/verify-path.js";
import { startServer, type TestServer } from "../../test/support/server.js";
import { runCli, type Workspace } from "../../test/support/workspace.js";
import { freshCopy, listFiles, toldDone, type Operation } from "./places.js";
import { itemsOfBoth, wrongWith } from "./judge.js";
import { itemsOf, readPicture } from "./pictures.js";

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

/** What went wrong, a sentence each. */
export interface KillReport {
  readonly problems: readonly string[];
  /** How often the process was killed before its end. */
  readonly killed: number;
  /** Pictures looked at. */
  readonly pictures: number;
}

export interface KillUse {
  readonly files: Workspace;
  /** For `verify`. */
  readonly decoder: Decoder;
  /** 0..1. */
  random(): number;
}

/**
 * Runs an operation `kills` times in a row under a server that is being asked, and kills it at random moments; after each the catalog is
 * read back by that server and `verify`, in the end by a fresh server too. Then the operation runs whole.
 */
export async function killInARow(
  operation: Operation,
  kills: number,
  { files, decoder, random }: KillUse,
): Promise<KillReport> {
  const folder = files.path("killed");
  await freshCopy(operation.base, folder);
  const problems: string[] = [];
  const moments: string[] = [];
  const watcher = await createWatcher(operation, folder, problems);
  let killed = 0;
  const done = new Set<string>();
  for (let i = 0; i < kills; i++) {
    const run = await runAndKill(operation, folder, random, watcher);
    killed += Number(run.killed);
    moments.push(run.moment);
    for (const id of toldDone(run.stderr)) done.add(id);
    await watcher.check(`after kill ${i + 1}`, done);
    await verified(folder, decoder, `after kill ${i + 1}`, problems);
  }
  const fresh = await createWatcher(operation, folder, problems);
  await fresh.check("after the kills, a fresh server", done);
  await fresh.close();

  const again = await runCli(operation.args(folder));
  // What a removal had already taken can't be named again; what it left undone stays for the next writer.
  const isGone = operation.name === "remove" && /isn't in the catalog|nothing to remove/.test(again.stderr);
  if (again.code !== 0 && !isGone) problems.push(`the whole run ended with ${again.code}: ${again.stderr}`);
  await verified(folder, decoder, "after the whole run", problems);
  await watcher.check("after the whole run", "all");
  await watcher.close();
  const left = [...(await listFiles(folder))].filter((name) => !operation.files.has(name) && !LOCK_PART.test(name));
  if (left.length > 0 && !isGone) problems.push(`files that an undisturbed run doesn't leave: ${left.join(", ")}`);
  return {
    problems: problems.map((problem) => `${operation.name}, killed ${moments.join("; ")}: ${problem}`),
    killed,
    pictures: watcher.pictures() + fresh.pictures(),
  };
}

/** Of a lock that was being made: writers remove it when it is a minute old. */
const LOCK_PART = /^\.\.lock\.[^/]*\.tmp$/;

interface KilledRun {
  readonly stderr: string;
  readonly killed: boolean;
  readonly moment: string;
}

/** Half the moments are anywhere in its time, half within milliseconds of something it did in the catalog. */
async function runAndKill(
  { args, ms }: Operation,
  folder: string,
  random: () => number,
  watcher: Watcher,
): Promise<KilledRun> {
  const child = spawn(process.execPath, [MAIN, ...args(folder)], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  let isOver = false;
  const over = new Promise<void>((resolve) =>
    child.once("close", () => {
      isOver = true;
      resolve();
    }),
  );
  const [anywhere, afterMs] = [random() < 0.5, random() * 12];
  const [atMs, event] = [random() * ms, 1 + Math.floor(random() * 12)];
  const reading = watcher.readOn(() => isOver);
  if (anywhere) await Promise.race([over, sleep(atMs)]);
  else {
    await Promise.race([over, nthEvent(folder, event)]);
    await sleep(afterMs);
  }
  const killed = !isOver && child.kill("SIGKILL");
  await over;
  await reading;
  const moment = anywhere ? `after ${atMs.toFixed(0)} ms` : `${afterMs.toFixed(1)} ms after change ${event}`;
  return { stderr, killed, moment };
}

/** Resolves with the n-th change in the catalog's folder itself: its lock comes and goes with every item. */
function nthEvent(folder: string, n: number): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const events = watch(folder, () => {
      if (++count < n) return;
      events.close();
      resolve();
    });
    events.unref();
  });
}

/** Ids that were reported as done. */
type Done = "all" | ReadonlySet<string>;

interface Watcher {
  /** Asks for one item after the other until it is over. */
  readOn(isOver: () => boolean): Promise<void>;
  /** All items: those that were there and weren't to go, and those that were reported as done, must be as they should. */
  check(when: string, done: Done): Promise<void>;
  pictures(): number;
  close(): Promise<void>;
}

/** A server over the folder that is asked; whatever is wrong goes into `problems`. */
async function createWatcher(operation: Operation, folder: string, problems: string[]): Promise<Watcher> {
  const server: TestServer = await startServer({ catalog: folder, sessions: 1, pixelThreads: 1 });
  let count = 0;
  const keys = itemsOfBoth(operation);
  const look = async (key: string, when: string, done: Done): Promise<boolean> => {
    const got = await readPicture(server, key);
    count++;
    const wrong = wrongWith(operation, key, { got, done });
    if (wrong !== undefined) problems.push(`${when}: ${wrong}`);
    return got.status !== 404;
  };
  return {
    async readOn(isOver) {
      for (let i = 0; !isOver(); i++) {
        await look(keys[i % keys.length] ?? "", "while it ran", new Set());
        await sleep(150);
      }
    },
    async check(when, done) {
      // Readers look at the catalog once a second.
      await sleep(1050);
      const listed = new Set(await itemsOf(server));
      for (const key of keys) {
        const isThere = await look(key, when, done);
        if (listed.has(key) !== isThere) problems.push(`${when}: ${key} is ${isThere ? "not listed" : "listed"}`);
      }
      for (const key of listed) if (!keys.includes(key)) problems.push(`${when}: ${key} is nobody's item`);
    },
    pictures: () => count,
    close: () => server.close(),
  };
}

/** `tectile verify`, without a process of its own. */
async function verified(folder: string, decoder: Decoder, when: string, problems: string[]): Promise<void> {
  for (const problem of await verifyPath(folder, decoder)) problems.push(`${when}, verify: ${problem}`);
}

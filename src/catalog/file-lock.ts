import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { InvalidRequestError, NotFoundError, UpstreamError } from "../core/errors.js";
import { onDisk } from "../core/on-disk.js";
import { temporaryName } from "./atomic-file.js";

const HEARTBEAT_MS = 2_000;
/** A lock whose holder hasn't touched it for so long is taken over, whatever its host. */
const STALE_MS = 15_000;
const TIMEOUT_MS = 60_000;
const POLL_MS = 15;
/** In place of a pid: the holder failed and let go. */
const NOBODY = 0;

const contentSchema = z.object({
  pid: z.int(),
  host: z.string(),
  token: z.string(),
  /** What the holder works on, and what dead holders before it left undone. */
  intents: z.array(z.string()),
});
type LockContent = z.infer<typeof contentSchema>;

/**
 * Runs `work` while no other process holds the lock file.
 *
 * The lock names what its holder is about to change. Where a holder died, the next one's `repair` gets the dead one's intents to finish or
 * undo first; they stay in the lock file until that is done. InvalidRequestError and NotFoundError mean that `work` changed nothing.
 *
 * @throws UpstreamError when the lock isn't free within a minute, or the disk doesn't take it.
 */
export async function withLock<T>(
  path: string,
  intents: readonly string[],
  { repair, work }: { readonly repair: (interrupted: readonly string[]) => Promise<void>; work(): Promise<T> },
): Promise<T> {
  const taken = await onDisk(path, () => acquire(path, intents));
  let held = taken.content;
  let isRepaired = taken.interrupted.length === 0;
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    if (!isRepaired) {
      await repair(taken.interrupted);
      held = { ...held, intents: [...intents] };
      if ((await readLock(path))?.token === held.token) await replace(path, held);
      isRepaired = true;
    }
    const result = await work();
    await release(path, held.token);
    return result;
  } catch (error) {
    // What failed halfway is left to the next holder, like what was killed. A refusal comes before anything is changed.
    const refused = error instanceof InvalidRequestError || error instanceof NotFoundError;
    await (refused && isRepaired ? release(path, held.token) : abandon(path, held));
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/** What a live or dead holder of the lock is, or was, working on; empty without a lock. */
export async function lockIntents(path: string): Promise<readonly string[]> {
  return (await readLock(path))?.intents ?? [];
}

/** Whether a lock is there whose holder has died or let go with something undone. */
export async function isLeftBehind(path: string): Promise<boolean> {
  return (await readLock(path)) !== undefined && (await isStale(path));
}

interface Acquired {
  readonly content: LockContent;
  /** What dead holders left undone. */
  readonly interrupted: readonly string[];
}

async function acquire(path: string, intents: readonly string[]): Promise<Acquired> {
  const mine = { pid: process.pid, host: hostname(), token: randomUUID(), intents: [...intents] };
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    if (await create(path, mine)) return { content: mine, interrupted: [] };
    const taken = (await isStale(path)) ? await takeOver(path, mine) : undefined;
    if (taken !== undefined) return taken;
    if (Date.now() > deadline) {
      const holder = await readLock(path);
      throw new UpstreamError(
        `The catalog's lock is held by process ${holder?.pid ?? "?"} on ${holder?.host ?? "?"} for over ${TIMEOUT_MS / 1000} s; wanted it free`,
      );
    }
    await sleep(POLL_MS * (1 + Math.random()));
  }
}

/** The file shows under its name only with its content: link() fails where the name exists, and needs no second step. */
async function create(path: string, content: LockContent): Promise<boolean> {
  const temporary = temporaryName(path);
  try {
    await writeFile(temporary, JSON.stringify(content));
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    if (hasCode(error, "EPERM") || hasCode(error, "ENOTSUP")) return createWithoutLinks(path, content);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** For file systems without hard links; a process killed in between leaves a torn lock, which counts as stale once it is old. */
async function createWithoutLinks(path: string, content: LockContent): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(content), { flag: "wx" });
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/**
 * Replaces a dead holder's lock by ours, with its intents first. Only the process that made the `.break` file may, so that nobody
 * replaces a lock which somebody else has just taken over.
 */
async function takeOver(path: string, mine: LockContent): Promise<Acquired | undefined> {
  const breaker = `${path}.break`;
  if (!(await create(breaker, mine))) {
    if (await isOlderThan(breaker, STALE_MS)) await rm(breaker, { force: true });
    return undefined;
  }
  try {
    if (!(await isStale(path))) return undefined;
    const dead = await readLock(path);
    const interrupted = dead?.intents ?? [];
    const content = { ...mine, intents: [...new Set([...interrupted, ...mine.intents])] };
    await replace(path, content);
    return { content, interrupted };
  } finally {
    await rm(breaker, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  const content = await readLock(path);
  if (content === undefined) return isOlderThan(path, STALE_MS);
  if (content.pid === NOBODY) return true;
  return (content.host === hostname() && !isAlive(content.pid)) || (await isOlderThan(path, STALE_MS));
}

async function release(path: string, token: string): Promise<void> {
  if ((await readLock(path))?.token === token) await rm(path, { force: true });
}

async function abandon(path: string, held: LockContent): Promise<void> {
  if ((await readLock(path))?.token !== held.token) return;
  // On a full disk: what nobody has touched for long is nobody's either.
  await replace(path, { ...held, pid: NOBODY }).catch(() => utimes(path, 0, 0));
}

async function replace(path: string, content: LockContent): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await writeFile(temporary, JSON.stringify(content));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Undefined where there is no lock, or it is being written or torn. */
async function readLock(path: string): Promise<LockContent | undefined> {
  try {
    return contentSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > ageMs;
  } catch {
    return false;
  }
}

/** True while a process of this host runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

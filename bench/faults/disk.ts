import { execFile } from "node:child_process";
import { cp, mkdir, statfs } from "node:fs/promises";
import { promisify } from "node:util";
import type { Decoder } from "../../src/app/services.js";
import { verifyPath } from "../../src/app/verify-path.js";
import { startServer } from "../../test/support/server.js";
import { runCli, type Workspace } from "../../test/support/workspace.js";
import { itemsOfBoth, wrongWith } from "./judge.js";
import { readPictures } from "./pictures.js";
import { listFiles, toldDone, type Operation } from "./places.js";

const run = promisify(execFile);
const ROOMY_KIB = 65_536;

export interface DiskReport {
  readonly points: number;
  /** Points at which the disk was full before the end. */
  readonly full: number;
  readonly problems: readonly string[];
}

export interface DiskUse {
  readonly files: Workspace;
  /** For `verify`. */
  readonly decoder: Decoder;
}

/** A disk of a size that can be changed while it is used (Linux's tmpfs); undefined where this process may not mount. */
async function mountDisk(folder: string): Promise<Disk | undefined> {
  await mkdir(folder, { recursive: true });
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${ROOMY_KIB}k`, "tmpfs", folder]);
  } catch {
    return undefined;
  }
  return {
    folder: `${folder}/catalog`,
    resize: async (kib) => void (await run("mount", ["-o", `remount,size=${kib}k`, folder])),
    async usedKib() {
      const { bsize, blocks, bfree } = await statfs(folder);
      return ((blocks - bfree) * bsize) / 1024;
    },
    unmount: async () => void (await run("umount", ["-l", folder])),
  };
}

interface Disk {
  readonly folder: string;
  resize(kib: number): Promise<void>;
  usedKib(): Promise<number>;
  unmount(): Promise<void>;
}

/**
 * Runs an operation on disks that are full at `points` places between what the catalog takes before it and what the operation takes at
 * most. Each must end with a clear error and a whole catalog that has lost nothing, and go through once there is room.
 */
export async function fillDisk(
  operation: Operation,
  points: number,
  { files, decoder }: DiskUse,
): Promise<DiskReport | "can't mount"> {
  const problems: string[] = [];
  let full = 0;
  const room = await roomFor(operation, files);
  if (room === undefined) return "can't mount";
  for (let point = 0; point < points; point++) {
    const disk = await mountDisk(files.path("disk"));
    if (disk === undefined) return "can't mount";
    try {
      await cp(operation.base, disk.folder, { recursive: true });
      const extraKib = Math.floor(((room.peakKib - room.baseKib) * point) / points / 4) * 4;
      const report = (problem: string): void =>
        void problems.push(`${operation.name}, ${extraKib} KiB left: ${problem}`);
      await disk.resize((await disk.usedKib()) + extraKib);
      full += await runOnDisk(operation, disk, { decoder, report });
    } finally {
      await disk.unmount();
    }
  }
  return { points, full, problems };
}

/** KiB that the catalog takes before an undisturbed run, and at most during it. */
async function roomFor(
  { base, args }: Operation,
  files: Workspace,
): Promise<{ readonly baseKib: number; readonly peakKib: number } | undefined> {
  const disk = await mountDisk(files.path("disk"));
  if (disk === undefined) return undefined;
  try {
    await cp(base, disk.folder, { recursive: true });
    const baseKib = await disk.usedKib();
    let peakKib = baseKib;
    const timer = setInterval(() => {
      void disk.usedKib().then((kib) => (peakKib = Math.max(peakKib, kib)));
    }, 2);
    await runCli(args(disk.folder));
    clearInterval(timer);
    return { baseKib, peakKib: Math.max(peakKib, await disk.usedKib(), baseKib + 8) };
  } finally {
    await disk.unmount();
  }
}

/** 1 where the disk was too small. */
async function runOnDisk(
  operation: Operation,
  disk: Disk,
  { decoder, report }: { readonly decoder: Decoder; readonly report: (problem: string) => void },
): Promise<number> {
  const { args } = operation;
  const { code, stderr } = await runCli(args(disk.folder));
  if (code !== 0) {
    const errors = stderr.split("\n").filter((line) => /full|ENOSPC/.test(line));
    if (errors.length === 0) report(`ended with ${code} and no word of the disk: ${stderr}`);
    if (/unexpected|^\s+at /m.test(stderr)) report(`the error isn't a sentence: ${stderr}`);
  }
  await register(disk.folder, report);
  const done = new Set(toldDone(stderr));
  const pictures = await readPictures(disk.folder);
  for (const key of itemsOfBoth(operation)) {
    const wrong = wrongWith(operation, key, { got: pictures.get(key), done: code === 0 ? "all" : done });
    if (wrong !== undefined) report(wrong);
  }
  await verified(disk.folder, decoder, { when: "on the full disk", report });
  await disk.resize(ROOMY_KIB);
  const again = await runCli(args(disk.folder));
  const isGone = operation.name === "remove" && /isn't in the catalog/.test(again.stderr);
  if (again.code !== 0 && !isGone) report(`with room it ended with ${again.code}: ${again.stderr}`);
  await verified(disk.folder, decoder, { when: "with room", report });
  const last = await readPictures(disk.folder);
  for (const key of itemsOfBoth(operation)) {
    const wrong = wrongWith(operation, key, { got: last.get(key), done: "all" });
    if (wrong !== undefined) report(`with room: ${wrong}`);
  }
  const searches = /^\.searches\//;
  const left = [...(await listFiles(disk.folder))].filter((name) => !operation.files.has(name) && !searches.test(name));
  if (left.length > 0 && !isGone) report(`files that an undisturbed run doesn't leave: ${left.join(", ")}`);
  return Number(code !== 0);
}

/** A server on the disk keeps a search or says that it can't, and goes on. */
async function register(folder: string, report: (problem: string) => void): Promise<void> {
  const server = await startServer({ catalog: folder, sessions: 1, pixelThreads: 1 });
  try {
    const body = JSON.stringify({ collections: ["place"], metadata: { name: "x".repeat(6000) } });
    const headers = { "content-type": "application/json" };
    const { status } = await fetch(`${server.url}/searches/register`, { method: "POST", headers, body });
    if (status !== 200 && status !== 502 && status !== 507) report(`/searches/register answers ${status}`);
    const { status: ready } = await fetch(`${server.url}/search`);
    if (ready !== 200) report(`/search answers ${ready}`);
  } finally {
    await server.close();
  }
}

async function verified(
  folder: string,
  decoder: Decoder,
  { when, report }: { readonly when: string; readonly report: (problem: string) => void },
): Promise<void> {
  for (const problem of await verifyPath(folder, decoder)) report(`${when}, verify: ${problem}`);
}

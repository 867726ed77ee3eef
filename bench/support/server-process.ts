import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleepMs } from "node:timers/promises";

/** A server started for a benchmark, in a process of its own. */
export interface ServerProcess {
  readonly port: number;
  /** Processor time of the server and the processes it started so far, milliseconds; undefined where /proc is missing. */
  cpuMs(): number | undefined;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: (port: number) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Answers 200 once the server is up. */
  readonly ready: string;
}

/** Starts a server on a free port and waits until it answers. */
export async function startServer({ command, args, env, ready }: ServerCommand): Promise<ServerProcess> {
  const port = await freePort();
  const child = spawn(command, args(port), { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "inherit"] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  await waitUntilReady(child, `http://127.0.0.1:${port}${ready}`);
  return {
    port,
    cpuMs: () => cpuOfTree(child.pid ?? 0),
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const timer = setTimeout(kill, 10_000);
      await ended;
      clearTimeout(timer);
      process.off("exit", kill);
    },
  };
}

async function waitUntilReady(child: ChildProcess, url: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(" ")} ended with ${child.exitCode}`);
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok === true) return;
    await sleepMs(200);
  }
  throw new Error(`${url} did not answer within two minutes`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Linux counts in ticks of 10 ms. */
const TICK_MS = 10;

function cpuOfTree(root: number): number | undefined {
  const parents = new Map<number, { readonly parent: number; readonly ms: number }>();
  for (const name of listProcesses()) {
    // After the command's closing bracket: state, parent, ..., utime and stime as the 12th and 13th.
    const fields = readStat(name)?.split(") ").at(-1)?.split(" ") ?? [];
    const [, parent = "0"] = fields;
    parents.set(Number(name), { parent: Number(parent), ms: TICK_MS * (Number(fields[11]) + Number(fields[12])) });
  }
  if (!parents.has(root)) return undefined;
  let total = 0;
  for (const [pid, { ms }] of parents) {
    for (let at = pid; at > 1; at = parents.get(at)?.parent ?? 0) if (at === root) total += ms;
  }
  return total;
}

function listProcesses(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Undefined where the process has ended in between. */
function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
}

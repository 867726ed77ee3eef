import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

/** `tectile serve` in a process of its own. */
export interface ServeProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has logged so far. */
  log(): string;
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  /** Ends it at once, whatever it does. */
  kill(): Promise<void>;
}

export async function startProcess(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ServeProcess> {
  const child = spawn(
    process.execPath,
    [MAIN, "serve", "--port", "0", "--host", "127.0.0.1", "--provider", "cpu", ...args],
    { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let text = "";
  const exited = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? -1));
  });
  const url = await new Promise<string>((resolve, reject) => {
    const read = (piece: Buffer): void => {
      text += piece.toString();
      const found = /http:\/\/localhost:(\d+)\//.exec(text);
      if (found !== null) resolve(`http://127.0.0.1:${found[1]}`);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void exited.then((code) => reject(new Error(`serve ended with ${code}: ${text}`)));
  });
  return {
    url,
    child,
    exited,
    log: () => text,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

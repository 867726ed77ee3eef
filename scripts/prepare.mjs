// Makes a checkout ready to run, with Node's built-ins alone: installs packages where they are missing or older than the lock file,
// and compiles where a source is newer than the build. Quick when there is nothing to do.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../", import.meta.url));

export function prepare() {
  const installed = `${root}node_modules/.package-lock.json`;
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(`${root}package-lock.json`).mtimeMs - 1000) {
    say("installing packages (npm ci)");
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { ONNXRUNTIME_NODE_INSTALL: "skip" });
  }
  const stamp = `${root}build/.stamp`;
  if (
    !existsSync(stamp) ||
    newest(["src", "plugins", "test", "bench", "tsconfig.json", "scripts/build.mjs", "scripts/build-page.mjs"]) >
      statSync(stamp).mtimeMs
  ) {
    say("compiling");
    run(process.execPath, [`${root}scripts/build.mjs`]);
  }
}

export function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, ...env },
    shell: process.platform === "win32",
  });
  if (result.status === 0) return;
  say(`${command} ${args.join(" ")} failed${result.error === undefined ? "" : `: ${result.error.message}`}`);
  process.exit(result.status ?? 1);
}

export function say(text) {
  process.stderr.write(`tectile: ${text}\n`);
}

/** Latest change below some paths, milliseconds. */
function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const full = `${root}${path}`;
    if (!existsSync(full)) continue;
    latest = Math.max(latest, statSync(full).mtimeMs);
    if (!statSync(full).isDirectory()) continue;
    for (const entry of readdirSync(full, { recursive: true, withFileTypes: true })) {
      if (entry.isFile())
        latest = Math.max(latest, statSync(`${entry.parentPath ?? entry.path}/${entry.name}`).mtimeMs);
    }
  }
  return latest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepare();

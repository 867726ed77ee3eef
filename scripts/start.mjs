// The main job on a fresh machine: installs, builds, makes the demo catalog where it isn't there yet, serves it.
// PORT or --port (default 8080); --catalog DIR serves your own catalog instead; other options go to `tectile serve`.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { prepare, root, say } from "./prepare.mjs";

const options = process.argv.slice(2);
prepare();
const main = `${root}build/src/cli/main.js`;
const own = options.some((option) => /^(--catalog|--config|-c|--help|-h)(=|$)/.test(option));
const demo = `${root}data/demo`;
if (!own) {
  if (!existsSync(`${demo}/catalog.json`)) say("making the demo catalog, about a minute on two cores");
  const made = spawnSync(process.execPath, [main, "demo", "--catalog", demo], { stdio: "inherit" });
  if (made.status !== 0) process.exit(made.status ?? 1);
}
const child = spawn(process.execPath, [main, "serve", ...(own ? [] : ["--catalog", demo]), ...options], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 0));

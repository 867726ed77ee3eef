// The command from a checkout: `npm run -s tectile -- COMMAND`. Installs and builds first where that is needed.
import { spawn } from "node:child_process";
import { prepare, root } from "./prepare.mjs";

prepare();
const child = spawn(process.execPath, [`${root}build/src/cli/main.js`, ...process.argv.slice(2)], {
  stdio: "inherit",
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));

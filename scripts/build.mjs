// Compiles with tsc into build/ and copies what tsc leaves behind: the viewer's page and style.
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
rmSync(`${root}build`, { recursive: true, force: true });
const tsc = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", root], { stdio: "inherit" });
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
for (const name of readdirSync(`${root}src/viewer`)) {
  if (!name.endsWith(".ts"))
    cpSync(`${root}src/viewer/${name}`, `${root}build/src/viewer/${name}`, { recursive: true });
}
writeFileSync(`${root}build/.stamp`, "");

// node build/bench/faults/main.js [--what kills,disk,stores] [--kills 200] [--points 20] [--seed 1]
//   [--operations "ingest,ingest leaning,remove,replace,replace leaning,mosaic"]
// What goes wrong outside, and whether the catalog and the tiles are whole after it:
//   kills  SIGKILL at random moments of ingest, remove, replace and mosaic; read back by servers and verify; the command again
//   disk   the disk full at that many points of the same; wants to mount a tmpfs, which takes root
//   stores 36 ways in which an HTTP store that holds an item's file may misbehave, always, now and then, and no more
// A line of JSON a kind: how many, how many wrong. Exit code 1 where anything was.
import { parseArgs } from "node:util";
import { parseConfig } from "../../src/app/config.js";
import { createDecoder } from "../../src/app/services.js";
import { createWorkspace } from "../../test/support/workspace.js";
import { seededRandom } from "../support/report.js";
import { fillDisk } from "./disk.js";
import { killInARow } from "./kills.js";
import { tryStores, type StoreReport } from "./stores.js";
import { makeOperations, NAMES, type Operation } from "./places.js";

const { values } = parseArgs({
  options: {
    what: { type: "string", default: "kills,disk,stores" },
    kills: { type: "string", default: "200" },
    points: { type: "string", default: "20" },
    operations: { type: "string", default: NAMES.join(",") },
    misbehaviours: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const MOST_IN_A_ROW = 4;
const MAX_TOLD = 10;

const what = new Set(values.what.split(","));
const files = await createWorkspace();
const decoder = await createDecoder(parseConfig({ provider: "cpu", sessions: 1, pixelThreads: 1 }));
try {
  if (what.has("stores")) stores(await tryStores(files, values.misbehaviours?.split(",")));
  const operations =
    what.has("kills") || what.has("disk") ? await makeOperations(files, values.operations.split(",")) : [];
  if (what.has("kills")) await kills(operations);
  if (what.has("disk")) await disk(operations);
} finally {
  await decoder.close();
  await files.close();
}

async function kills(operations: readonly Operation[]): Promise<void> {
  const random = seededRandom(Number(values.seed));
  const problems: string[] = [];
  let [runs, killed, pictures] = [0, 0, 0];
  const total = Number(values.kills);
  const inARow = Math.min(MOST_IN_A_ROW, Math.ceil(total / operations.length));
  for (let i = 0; runs < total; i++) {
    const operation = operations[i % operations.length];
    if (operation === undefined) break;
    const count = Math.min(inARow, total - runs);
    const report = await killInARow(operation, count, { files, decoder, random });
    problems.push(...report.problems);
    for (const problem of report.problems) process.stderr.write(`${problem}\n`);
    runs += count;
    killed += report.killed;
    pictures += report.pictures;
    process.stderr.write(`${runs} of ${total} runs, ${killed} killed, ${problems.length} problems\n`);
  }
  tell("kills", { runs, killed, pictures }, problems);
}

async function disk(operations: readonly Operation[]): Promise<void> {
  const problems: string[] = [];
  let [points, full] = [0, 0];
  const each = Math.ceil(Number(values.points) / operations.length);
  for (const operation of operations) {
    const report = await fillDisk(operation, each, { files, decoder });
    if (report === "can't mount") return void process.stdout.write('{"what":"disk","skipped":"mounting takes root"}\n');
    problems.push(...report.problems);
    for (const problem of report.problems) process.stderr.write(`${problem}\n`);
    points += report.points;
    full += report.full;
    process.stderr.write(`${operation.name}: ${report.full} of ${report.points} points full\n`);
  }
  tell("disk", { points, full }, problems);
}

function stores({ problems, ...counts }: StoreReport): void {
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  tell("stores", counts, problems);
}

function tell(kind: string, counts: Readonly<Record<string, number>>, problems: readonly string[]): void {
  const report = { what: kind, ...counts, wrong: problems.length, problems: problems.slice(0, MAX_TOLD) };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  if (problems.length > 0) process.exitCode = 1;
}

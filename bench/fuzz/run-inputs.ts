// timeout 600 node build/bench/fuzz/run-inputs.js [INPUTS] [SEED] [TARGET...]: inputs of ingest, so many a target. A line of JSON a target; exit code 1
// where anything failed. The slowest input tells of hangs; one that never ends leaves its seed on standard error.
import { jp2, safe, stacItem, tiff, vrt } from "./inputs.js";

const [inputs = "1000", first = "1", ...names] = process.argv.slice(2);
const targets = [tiff, jp2, safe, stacItem, vrt].filter(({ name }) => names.length === 0 || names.includes(name));
for (const target of targets) {
  const failures: string[] = [];
  let [refused, slowest, told] = [0, 0, performance.now()];
  await target.run(Number(first)).catch(() => undefined);
  for (let seed = Number(first); seed < Number(first) + Number(inputs); seed++) {
    if (performance.now() - told > 10_000) {
      process.stderr.write(`${target.name} at seed ${seed}, ${failures.length} failures\n`);
      told = performance.now();
    }
    const start = performance.now();
    try {
      if ((await target.run(seed)) === "refused") refused++;
    } catch (error) {
      if (failures.length < 10)
        failures.push(
          `${seed}: ${error instanceof Error ? (error.stack ?? error.message).slice(0, 600) : String(error)}`,
        );
      process.exitCode = 1;
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  process.stdout.write(
    `${JSON.stringify({ target: target.name, inputs: Number(inputs), refused, slowestMs: Math.round(slowest), failures })}\n`,
  );
}

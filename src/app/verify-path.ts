import { stat } from "node:fs/promises";
import { join } from "node:path";
import { verifyCatalog } from "../catalog/verify-catalog.js";
import { verifyFile } from "./inspect.js";
import type { Decoder } from "./services.js";

/** Everything that is broken in a TEC-COG or a catalog folder, a sentence each: checksums of all latents, files, references, links. */
export async function verifyPath(path: string, decoder: Pick<Decoder, "reader">): Promise<readonly string[]> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory() !== true) return collect(verifyFile(path, decoder));
  const report = await verifyCatalog(path, { deep: (file) => collect(verifyFile(file, decoder)) });
  return report.problems.map(({ path: where, problem }) => `${join(path, where)}: ${problem}`);
}

async function collect(problems: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const problem of problems) found.push(problem);
  return found;
}

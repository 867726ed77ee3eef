import { stat } from "node:fs/promises";
import { join } from "node:path";
import { verifyCatalog } from "../catalog/verify-catalog.js";
import type { CatalogItem } from "../catalog/types.js";
import { findSection, parseChunk, SECTION } from "../container/chunk.js";
import { readChunkBytes } from "../container/tec-cog-reader.js";
import { chunkName } from "../container/tec-cog.js";
import { messageOf } from "../core/assert.js";
import { AppError } from "../core/errors.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import type { Decoder } from "./services.js";
import { referencesMismatch, verifyReferences } from "./verify-references.js";

/** Everything that is broken in a TEC-COG or a catalog folder, a sentence each: checksums of all latents, files, references, links. */
export async function verifyPath(path: string, decoder: Pick<Decoder, "reader">): Promise<readonly string[]> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory() !== true) return collect(verifyFile(path, decoder));
  const report = await verifyCatalog(path, { deep: (file, item) => collect(verifyFile(file, decoder, item)) });
  return report.problems.map(({ path: where, problem }) => `${join(path, where)}: ${problem}`);
}

/**
 * Decodes every chunk of a file as far as its checksums; yields one sentence for each that is damaged. Where a reference is wrong,
 * that is said once, and the chunks that lean on references are left alone.
 */
async function* verifyFile(
  path: string,
  { reader }: Pick<Decoder, "reader">,
  item?: CatalogItem,
): AsyncGenerator<string> {
  try {
    const container = await reader.open(path, `verify ${Date.now()}`);
    if (item !== undefined) yield* referencesMismatch(item, container);
    if (item !== undefined) yield* masksMismatch(item, container);
    const wrong = await collect(verifyReferences(container, { reader }));
    yield* wrong;
    for (const [level, { offsets }] of container.cog.levels.entries()) {
      for (let index = 0; index < offsets.length; index++) {
        const problem = await checkChunk(container, { level, index, evenIfLeaning: wrong.length === 0 }, reader);
        if (problem !== undefined) yield problem;
      }
    }
  } catch (error) {
    yield problemText(error, path);
  }
}

/** An item that tells where its masks come from tells what its file does. */
function* masksMismatch({ id, maskSource }: CatalogItem, { cog }: OpenContainer): Generator<string> {
  const stored = cog.metadata.masks?.source ?? (cog.metadata.classes ? "scl" : undefined);
  if (maskSource !== undefined && maskSource !== stored)
    yield `${cog.location}: its masks are told by ${stored ?? "nothing"}; item ${id} states ${maskSource} (tectile masks mends it)`;
}

async function checkChunk(
  container: OpenContainer,
  { level, index, evenIfLeaning }: { readonly level: number; readonly index: number; readonly evenIfLeaning: boolean },
  reader: Decoder["reader"],
): Promise<string | undefined> {
  try {
    if (evenIfLeaning || !(await leans(container, level, index))) await reader.chunk(container, level, index);
    return undefined;
  } catch (error) {
    const columns = container.cog.levels[level]?.chunkColumns ?? 1;
    return problemText(error, chunkName(container.cog.location, level, Math.floor(index / columns), index % columns));
  }
}

async function leans({ cog, source }: OpenContainer, level: number, index: number): Promise<boolean> {
  const tiles = cog.levels[level];
  const bytes = tiles === undefined ? undefined : await readChunkBytes(source, tiles, index);
  if (bytes === undefined) return false;
  return (findSection(parseChunk(bytes, cog.location), SECTION.references)?.length ?? 0) > 0;
}

async function collect(problems: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const problem of problems) found.push(problem);
  return found;
}

/** An error that nothing foresaw must not keep the rest from being checked. */
function problemText(error: unknown, where: string): string {
  if (error instanceof AppError) return error.message;
  return `${where}: it can't be checked for an error that was not foreseen (${messageOf(error)})`;
}

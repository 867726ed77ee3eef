import { CorruptDataError } from "../../core/errors.js";
import type { Evaluate } from "../evaluate.js";
import { xxhash32 } from "../xxhash32.js";
import type { ContextCoder, ContextShape, ContextSymbols } from "./context-coder.js";
import type { ContextFile } from "./context-file.js";
import type { ChunkFrame, ReferenceChunk, StoredStreams } from "./context-tasks.js";
import type { Reference } from "./features.js";

/** Something that runs the networks. */
export interface Engine {
  /** For messages. */
  readonly name: string;
  readonly evaluate: Evaluate;
}

/** Chunks of one shape and step, and what decodes them. */
export interface CheckedTask {
  readonly coder: ContextCoder;
  readonly file: ContextFile;
  readonly tokens: boolean;
  readonly chunks: readonly StoredStreams[];
}

/**
 * Decodes chunks and checks their latents; what fails on the first engine is decoded once more on the plain one, in case the first is
 * not exact.
 *
 * @throws CorruptDataError naming the chunk, the engine that read it last and the one that wrote it.
 */
export async function decodeChecked(
  task: CheckedTask,
  { first, plain }: { readonly first: Engine; readonly plain: Engine | undefined },
): Promise<readonly ContextSymbols[]> {
  try {
    return await decodeOn(task, first);
  } catch (error) {
    if (plain === undefined || !(error instanceof CorruptDataError)) throw error;
    return decodeOn(task, plain);
  }
}

async function decodeOn(
  { coder, file, tokens, chunks }: CheckedTask,
  engine: Engine,
): Promise<readonly ContextSymbols[]> {
  const sources = chunks.map(({ frame, streams, location }) => ({ shape: shapeOf(frame, file), streams, location }));
  const found = await coder.decode(sources, tokens, engine.evaluate).catch((error: unknown) => {
    if (!(error instanceof CorruptDataError)) throw error;
    const chunk = chunks.find(({ location }) => location === error.location);
    throw corrupt(chunk, engine, error.message.slice(error.location.length + 2), error);
  });
  chunks.forEach((chunk, i) => {
    const symbols = found[i]?.symbols;
    if (chunk.checksum === undefined || symbols === undefined) return;
    const got = xxhash32(new Uint8Array(symbols.buffer, symbols.byteOffset, symbols.byteLength));
    if (got !== chunk.checksum)
      throw corrupt(chunk, engine, `its latents have checksum ${hex(got)}, ${hex(chunk.checksum)} expected`);
  });
  return found;
}

function corrupt(chunk: StoredStreams | undefined, engine: Engine, what: string, cause?: unknown): CorruptDataError {
  const { location = "chunk", writtenBy = "an unknown engine" } = chunk ?? {};
  return new CorruptDataError(location, `${what} (read with ${engine.name}, written by ${writtenBy})`, { cause });
}

/** A chunk's shape with its earlier dates spread over all channels; none where the model looks at none. */
export function shapeOf(
  { rows, columns, quality, channels, clear, references }: ChunkFrame,
  file: ContextFile,
): ContextShape {
  const used = file.temporal ? references.map((reference) => expand(reference, file.channels)) : [];
  return { rows, columns, quality, channels, clear, references: used };
}

function expand({ latents, clear }: ReferenceChunk, channels: number): Reference {
  const symbols = new Int16Array(channels * latents.rows * latents.columns);
  // A date of which some tokens were forecast has fractions; set() would cut them off.
  symbols.set(latents.symbols instanceof Float32Array ? latents.symbols.map(Math.round) : latents.symbols);
  return { symbols, clear, isSeen: clear.some((share) => share > 0) };
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");

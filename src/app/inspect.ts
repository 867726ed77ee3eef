import { findSection, parseChunk, SECTION } from "../container/chunk.js";
import type { TecCog } from "../container/tec-cog.js";
import { readChunkBytes, readTecCog } from "../container/tec-cog-reader.js";
import { AppError } from "../core/errors.js";
import { openByteSource, type OpenStore } from "../store/byte-source.js";
import type { Decoder } from "./services.js";

/** What `tectile inspect` tells of a file; headerBytes, quicklookBytes, maskBytes and the levels' bytes add up to fileBytes. */
export interface Inspection {
  readonly file: string;
  readonly fileBytes: number;
  readonly format: number;
  readonly model: string;
  readonly modelSha256: string;
  readonly quality: number;
  readonly entropy: string;
  readonly crs: string | undefined;
  readonly transform: readonly number[] | undefined;
  readonly datetime: string | undefined;
  readonly headerBytes: number;
  readonly quicklookBytes: number;
  /** Validity and scene classes of all levels. */
  readonly maskBytes: number;
  /** Full resolution first; latents with their chunk heads, without masks. */
  readonly levels: readonly {
    readonly width: number;
    readonly height: number;
    readonly bytes: number;
    readonly chunks: number;
  }[];
  /** Bits a pixel and band of the full resolution's latents. */
  readonly bitsPerPixel: number;
}

export async function inspectFile(path: string, openStore: OpenStore = openByteSource): Promise<Inspection> {
  const source = await openStore(path);
  try {
    const cog = await readTecCog(source);
    const levels = [];
    let maskBytes = 0;
    for (const level of cog.levels) {
      let [bytes, chunks] = [0, 0];
      for (let i = 0; i < level.offsets.length; i++) {
        const stored = await readChunkBytes(source, level, i);
        if (stored === undefined) continue;
        const chunk = parseChunk(stored, path);
        const masks =
          (findSection(chunk, SECTION.validity)?.length ?? 0) + (findSection(chunk, SECTION.classes)?.length ?? 0);
        maskBytes += masks;
        bytes += stored.length - masks;
        chunks++;
      }
      levels.push({ width: level.width, height: level.height, bytes, chunks });
    }
    const [full] = levels;
    return {
      ...describe(path, cog),
      maskBytes,
      levels,
      bitsPerPixel: full === undefined ? 0 : (8 * full.bytes) / (full.width * full.height * 12),
    };
  } finally {
    await source.close();
  }
}

function describe(path: string, cog: TecCog): Omit<Inspection, "maskBytes" | "levels" | "bitsPerPixel"> {
  const { metadata } = cog;
  return {
    file: path,
    fileBytes: cog.fileBytes,
    format: metadata.format,
    model: metadata.model.id,
    modelSha256: metadata.model.sha256,
    quality: metadata.quality,
    entropy: metadata.entropy,
    crs: cog.crs,
    transform: cog.transform,
    datetime: metadata.datetime,
    headerBytes: cog.headerBytes,
    quicklookBytes: cog.quicklook.bytes,
  };
}

/** Decodes every chunk of a file as far as its checksums; yields one sentence for each that is damaged. */
export async function* verifyFile(path: string, { reader }: Pick<Decoder, "reader">): AsyncGenerator<string> {
  try {
    const container = await reader.open(path, `verify ${Date.now()}`);
    for (const [level, { offsets }] of container.cog.levels.entries()) {
      for (let index = 0; index < offsets.length; index++) {
        const problem = await reader.chunk(container, level, index).then(() => undefined, problemText);
        if (problem !== undefined) yield problem;
      }
    }
  } catch (error) {
    yield problemText(error);
  }
}

function problemText(error: unknown): string {
  if (error instanceof AppError) return error.message;
  throw error;
}

import { createFactorizedCoder } from "../codec/factorized.js";
import { parseTables } from "../codec/tables.js";
import { findSection, parseChunk, SECTION } from "../container/chunk.js";
import type { TecCog } from "../container/tec-cog.js";
import { readChunkBytes, readTecCog } from "../container/tec-cog-reader.js";
import { AppError } from "../core/errors.js";
import { openByteSource, type ByteSource, type OpenStore } from "../store/byte-source.js";
import { readChunk, type OpenContainer } from "../tile/chunk-reader.js";
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
export async function* verifyFile(
  path: string,
  decoder: Pick<Decoder, "loadModel" | "openStore">,
): AsyncGenerator<string> {
  let source: ByteSource | undefined;
  try {
    source = await decoder.openStore(path);
    const cog = await readTecCog(source);
    const model = await decoder.loadModel(cog.metadata.model.id);
    if (model.sha256 !== cog.metadata.model.sha256)
      yield `${cog.location}: encoded with another version of model "${model.id}" than the one installed`;
    const coder = createFactorizedCoder(parseTables(model.tables, `tables of ${model.id}`), model.block);
    const container: OpenContainer = { key: path, source, cog, model };
    for (const [level, { offsets }] of cog.levels.entries()) {
      for (let index = 0; index < offsets.length; index++) {
        const problem = await readChunk(container, level, index, coder).then(() => undefined, problemText);
        if (problem !== undefined) yield problem;
      }
    }
  } catch (error) {
    yield problemText(error);
  } finally {
    await source?.close();
  }
}

function problemText(error: unknown): string {
  if (error instanceof AppError) return error.message;
  throw error;
}

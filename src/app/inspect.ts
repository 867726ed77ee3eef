import { bandsWithout } from "../core/bands.js";
import { findSection, parseChunk, SECTION } from "../container/chunk.js";
import { type CodecName } from "../core/codecs.js";
import type { TecCog, TecMetadata } from "../container/tec-cog.js";
import { readChunkBytes, readTecCog } from "../container/tec-cog-reader.js";
import { openByteSource, type OpenStore } from "../store/byte-source.js";

/** What `tectile inspect` tells of a file; headerBytes, quicklookBytes, maskBytes and the levels' bytes add up to fileBytes. */
export interface Inspection {
  readonly file: string;
  readonly fileBytes: number;
  readonly format: number;
  readonly model: string;
  readonly modelSha256: string;
  readonly quality: number;
  /** What each chunk was to reach instead of the quality's step. */
  readonly target: TecMetadata["target"];
  /** Whether cloud is kept coarser; undefined where the file doesn't know what is cloud. */
  readonly clouds: TecMetadata["clouds"];
  readonly entropy: string;
  /** Bands that its source lacked. */
  readonly absent: TecMetadata["absent"];
  /** Files that chunks lean on, as this one names them, and what ran the networks when they were encoded. */
  readonly references: readonly { readonly href: string; readonly datetime?: string | undefined }[];
  readonly engine: string | undefined;
  /** Of a mosaic, the dates that it was made from, as its provenance counts them. */
  readonly sources: TecMetadata["sources"];
  readonly crs: string | undefined;
  readonly transform: readonly number[] | undefined;
  readonly datetime: string | undefined;
  readonly headerBytes: number;
  readonly quicklookBytes: number;
  /** Where the masks of cloud come from, such as "scl+time"; undefined where nothing tells what is cloud. */
  readonly maskSource: string | undefined;
  /** Validity, scene classes, their corrections and provenance of all levels. */
  readonly maskBytes: number;
  /** Full resolution first; latents with their chunk heads, without masks. */
  readonly levels: readonly {
    readonly width: number;
    readonly height: number;
    readonly bytes: number;
    readonly chunks: number;
    /** Of these, by the entropy model of each chunk. */
    readonly entropy: Readonly<Partial<Record<CodecName, ChunkTotals>>>;
    /** Chunks that lean on other dates. */
    readonly leaning: number;
  }[];
  /** Bits a pixel and band of the full resolution's latents. */
  readonly bitsPerPixel: number;
}

interface ChunkTotals {
  readonly chunks: number;
  readonly bytes: number;
}

const MASKS = [SECTION.validity, SECTION.classes, SECTION.correction, SECTION.provenance];

export async function inspectFile(path: string, openStore: OpenStore = openByteSource): Promise<Inspection> {
  const source = await openStore(path);
  try {
    const cog = await readTecCog(source);
    const levels = [];
    let maskBytes = 0;
    for (const level of cog.levels) {
      let [bytes, chunks, leaning] = [0, 0, 0];
      const entropy: Partial<Record<CodecName, ChunkTotals>> = {};
      for (let i = 0; i < level.offsets.length; i++) {
        const stored = await readChunkBytes(source, level, i);
        if (stored === undefined) continue;
        const chunk = parseChunk(stored, path);
        const masks = MASKS.reduce((sum, kind) => sum + (findSection(chunk, kind)?.length ?? 0), 0);
        maskBytes += masks;
        bytes += stored.length - masks;
        chunks++;
        if ((findSection(chunk, SECTION.references)?.length ?? 0) > 0) leaning++;
        const before = entropy[chunk.codec] ?? { chunks: 0, bytes: 0 };
        entropy[chunk.codec] = { chunks: before.chunks + 1, bytes: before.bytes + stored.length - masks };
      }
      levels.push({ width: level.width, height: level.height, bytes, chunks, entropy, leaning });
    }
    const [full] = levels;
    return {
      ...describe(path, cog),
      maskBytes,
      levels,
      bitsPerPixel:
        full === undefined
          ? 0
          : (8 * full.bytes) / (full.width * full.height * bandsWithout(cog.metadata.absent).length),
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
    target: metadata.target,
    clouds: metadata.clouds,
    entropy: metadata.entropy,
    absent: metadata.absent,
    references: metadata.references ?? [],
    engine: metadata.engine,
    sources: metadata.sources,
    maskSource: metadata.masks?.source ?? (metadata.classes ? "scl" : undefined),
    crs: cog.crs,
    transform: cog.transform,
    datetime: metadata.datetime,
    headerBytes: cog.headerBytes,
    quicklookBytes: cog.quicklook.bytes,
  };
}

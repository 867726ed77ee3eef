import { BANDS } from "../core/bands.js";
import { scaleAffine } from "../geo/affine.js";
import { georeferenceTags, type Georeference } from "./georeference.js";
import { createPartFile } from "./part-file.js";
import { levelSizes, levelTransform, TEC_COMPRESSION, type TecMetadata } from "./tec-cog.js";
import { CHUNK_PX } from "../core/geometry.js";
import { encodeDirectories, sizeOfDirectories, TAG, type Tag } from "./tiff.js";

export interface TecCogPlan extends Georeference {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly metadata: TecMetadata;
  /** Most bytes that the chunks may take, to choose classic TIFF or BigTIFF before the first is written. */
  readonly expectedBytes: number;
}

/** The picture that stands first in the file. */
export interface Quicklook {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** A WebP image (TIFF compression 50001). */
  readonly webp: Uint8Array;
}

/**
 * Writes a TEC-COG under a temporary name beside `path`; `finish` puts it in place at once, so a killed writer leaves no half file.
 *
 * Chunks are appended in any order of levels, row-major within a level.
 */
export interface TecCogWriter {
  append(level: number, index: number, bytes: Uint8Array | undefined): Promise<void>;
  /** Bytes that the chunks of one level took. */
  levelBytes(level: number): number;
  /** Bytes from the start of the file to the end of the last chunk. */
  size(): number;
  finish(quicklook: Quicklook): Promise<{ readonly fileBytes: number; readonly headerBytes: number }>;
  abort(): Promise<void>;
}

export async function createTecCogWriter(path: string, plan: TecCogPlan): Promise<TecCogWriter> {
  const file = await createPartFile(path);
  const big = plan.expectedBytes > 4e9;
  const levels = levelSizes(plan.width, plan.height).map(({ width, height }) => {
    const count = Math.ceil(width / CHUNK_PX) * Math.ceil(height / CHUNK_PX);
    return { width, height, offsets: new Array<number>(count).fill(0), lengths: new Array<number>(count).fill(0) };
  });
  const headerBytes = sizeOfDirectories(directoriesOf(plan, levels, big), big);
  let at = headerBytes;

  return {
    async append(level, index, bytes) {
      const target = levels[level];
      if (bytes === undefined || target === undefined) return;
      target.offsets[index] = at;
      target.lengths[index] = bytes.length;
      await file.write(bytes, at);
      at += bytes.length;
    },
    levelBytes: (level) => levels[level]?.lengths.reduce((sum, length) => sum + length, 0) ?? 0,
    size: () => at,
    async finish(quicklook) {
      await file.write(quicklook.webp, at);
      const header = encodeDirectories(directoriesOf(plan, levels, big, { ...quicklook, offset: at }), big);
      await file.write(header, 0);
      await file.finish();
      return { fileBytes: at + quicklook.webp.length, headerBytes };
    },
    abort: () => file.abort(),
  };
}

interface LevelTable {
  readonly width: number;
  readonly height: number;
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

function directoriesOf(
  plan: TecCogPlan,
  levels: readonly LevelTable[],
  big: boolean,
  quicklook?: Quicklook & { readonly offset: number },
): Tag[][] {
  return [quicklookTags(plan, big, quicklook), ...levels.map((level, i) => levelTags(plan, level, i, big))];
}

function quicklookTags(
  plan: TecCogPlan,
  big: boolean,
  quicklook: (Quicklook & { readonly offset: number }) | undefined,
): Tag[] {
  const { width, height, webp, offset } = quicklook ?? { width: 1, height: 1, webp: new Uint8Array(), offset: 0 };
  const transform =
    plan.transform === undefined ? undefined : scaleAffine(plan.transform, plan.width / width, plan.height / height);
  const position = big ? "long8" : "long";
  return [
    { tag: TAG.newSubfileType, type: "long", values: [0] },
    { tag: TAG.imageWidth, type: "long", values: [width] },
    { tag: TAG.imageLength, type: "long", values: [height] },
    { tag: TAG.bitsPerSample, type: "short", values: [8, 8, 8] },
    { tag: TAG.compression, type: "short", values: [50001] },
    { tag: TAG.photometric, type: "short", values: [2] },
    { tag: TAG.stripOffsets, type: position, values: [offset] },
    { tag: TAG.samplesPerPixel, type: "short", values: [3] },
    { tag: TAG.rowsPerStrip, type: "long", values: [height] },
    { tag: TAG.stripByteCounts, type: position, values: [webp.length] },
    { tag: TAG.planarConfiguration, type: "short", values: [1] },
    ...georeferenceTags({ ...plan, transform }),
  ];
}

function levelTags(plan: TecCogPlan, level: LevelTable, index: number, big: boolean): Tag[] {
  const transform = plan.transform === undefined ? undefined : levelTransform(plan.transform, index);
  const position = big ? "long8" : "long";
  return [
    { tag: TAG.newSubfileType, type: "long", values: [0] },
    { tag: TAG.imageWidth, type: "long", values: [level.width] },
    { tag: TAG.imageLength, type: "long", values: [level.height] },
    { tag: TAG.bitsPerSample, type: "short", values: BANDS.map(() => 16) },
    { tag: TAG.compression, type: "short", values: [TEC_COMPRESSION] },
    { tag: TAG.photometric, type: "short", values: [1] },
    { tag: TAG.samplesPerPixel, type: "short", values: [BANDS.length] },
    { tag: TAG.planarConfiguration, type: "short", values: [1] },
    { tag: TAG.tileWidth, type: "short", values: [CHUNK_PX] },
    { tag: TAG.tileLength, type: "short", values: [CHUNK_PX] },
    { tag: TAG.tileOffsets, type: position, values: level.offsets },
    { tag: TAG.tileByteCounts, type: "long", values: level.lengths },
    { tag: TAG.extraSamples, type: "short", values: BANDS.slice(1).map(() => 0) },
    { tag: TAG.sampleFormat, type: "short", values: BANDS.map(() => 1) },
    ...georeferenceTags({ ...plan, transform }),
    ...(index === 0
      ? [{ tag: TAG.tecMetadata, type: "ascii", values: JSON.stringify(plan.metadata) } satisfies Tag]
      : []),
  ];
}

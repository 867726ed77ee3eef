import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import type { Affine } from "../geo/affine.js";
import type { ByteSource } from "../store/byte-source.js";
import { epsgFromKeys, transformFromTags } from "./georeference.js";
import {
  HEADER_REQUEST_BYTES,
  levelSizes,
  parseTecMetadata,
  TEC_COMPRESSION,
  type TecCog,
  type TecLevel,
} from "./tec-cog.js";
import { CHUNK_PX } from "../core/geometry.js";
import { parseDirectories, TAG, type Directory } from "./tiff.js";

/**
 * Reads a file's header: one request of 64 KB, a second one only when its directories are longer (scenes beyond some 15,000 px).
 *
 * @throws CorruptDataError, UnsupportedError naming the file and what is wrong with it.
 */
export async function readTecCog(source: ByteSource, signal?: AbortSignal): Promise<TecCog> {
  const { location } = source;
  let bytes: Uint8Array = await source.getRange(0, HEADER_REQUEST_BYTES, signal);
  let parsed = parseDirectories(bytes, location);
  while ("need" in parsed) {
    const wanted = Math.max(parsed.need, 2 * bytes.length);
    const longer = await source.getRange(0, wanted, signal);
    if (longer.length < parsed.need)
      throw new CorruptDataError(
        location,
        `truncated: its header needs ${parsed.need} bytes, ${longer.length} are there`,
      );
    bytes = longer;
    parsed = parseDirectories(bytes, location);
  }
  const [first, ...rest] = parsed.directories;
  const full = rest[0];
  const text = full?.text(TAG.tecMetadata);
  if (first === undefined || full === undefined || text === undefined) {
    throw new UnsupportedError(
      `${location} is a TIFF but not a TEC-COG: tag ${TAG.tecMetadata} is missing; encode it first`,
    );
  }
  const metadata = parseTecMetadata(text, location);
  const fileBytes = await source.size(signal);
  const levels = rest.map((directory, i) => parseLevel(directory, `level ${i} of ${location}`));
  checkLevels(levels, fileBytes, location);
  const geoKeyDirectory = full.numbers(TAG.geoKeyDirectory);
  return {
    location,
    identity: await source.identity(signal),
    fileBytes,
    headerBytes: parsed.end,
    quicklook: {
      width: first.number(TAG.imageWidth) ?? 0,
      height: first.number(TAG.imageLength) ?? 0,
      offset: first.number(TAG.stripOffsets) ?? 0,
      bytes: first.number(TAG.stripByteCounts) ?? 0,
    },
    metadata,
    levels,
    transform: transformOf(full),
    crs: metadata.crs ?? epsgFromKeys(geoKeyDirectory),
    geoKeys:
      geoKeyDirectory === undefined
        ? undefined
        : {
            directory: geoKeyDirectory,
            doubles: full.numbers(TAG.geoDoubleParams) ?? [],
            ascii: full.text(TAG.geoAsciiParams) ?? "",
          },
  };
}

/** Bytes of one chunk, or undefined where nothing is stored. */
export async function readChunkBytes(
  source: ByteSource,
  level: TecLevel,
  index: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const [offset = 0, length = 0] = [level.offsets[index], level.lengths[index]];
  if (length === 0) return undefined;
  const bytes = await source.getRange(offset, length, signal);
  if (bytes.length < length) {
    throw new CorruptDataError(
      source.location,
      `truncated: ${length} bytes expected at offset ${offset}, ${bytes.length} read`,
    );
  }
  return bytes;
}

function parseLevel(directory: Directory, location: string): TecLevel {
  const compression = directory.number(TAG.compression);
  if (compression !== TEC_COMPRESSION)
    throw new UnsupportedError(`${location} has TIFF compression ${compression}, ${TEC_COMPRESSION} expected`);
  const width = directory.number(TAG.imageWidth) ?? 0;
  const height = directory.number(TAG.imageLength) ?? 0;
  const side = directory.number(TAG.tileWidth);
  if (side !== CHUNK_PX || directory.number(TAG.tileLength) !== CHUNK_PX)
    throw new UnsupportedError(`${location} has chunks of ${side} px, ${CHUNK_PX} expected`);
  const [chunkColumns, chunkRows] = [Math.ceil(width / CHUNK_PX), Math.ceil(height / CHUNK_PX)];
  const offsets = directory.numbers(TAG.tileOffsets) ?? [];
  const lengths = directory.numbers(TAG.tileByteCounts) ?? [];
  if (offsets.length !== chunkColumns * chunkRows || lengths.length !== offsets.length || offsets.length === 0) {
    throw new CorruptDataError(
      location,
      `${offsets.length} chunk offsets and ${lengths.length} lengths, ${chunkColumns * chunkRows} expected`,
    );
  }
  return { width, height, chunkColumns, chunkRows, offsets, lengths };
}

function checkLevels(levels: readonly TecLevel[], fileBytes: number, location: string): void {
  const [full] = levels;
  const sizes = full === undefined ? [] : levelSizes(full.width, full.height);
  if (
    sizes.length !== levels.length ||
    sizes.some((size, i) => size.width !== levels[i]?.width || size.height !== levels[i]?.height)
  ) {
    throw new CorruptDataError(
      location,
      `its levels are ${levels.map((l) => `${l.width} x ${l.height}`).join(", ")}; each should halve the one before`,
    );
  }
  for (const level of levels) {
    level.offsets.forEach((offset, i) => {
      const end = offset + (level.lengths[i] ?? 0);
      if (end > fileBytes)
        throw new CorruptDataError(location, `truncated: a chunk ends at byte ${end}, the file has ${fileBytes}`);
    });
  }
}

function transformOf(directory: Directory): Affine | undefined {
  return transformFromTags({
    scale: directory.numbers(TAG.modelPixelScale),
    tiepoint: directory.numbers(TAG.modelTiepoint),
    matrix: directory.numbers(TAG.modelTransformation),
  });
}

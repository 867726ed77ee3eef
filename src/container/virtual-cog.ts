import { geoTiffTags, SAMPLE_BYTES, tileTags, type GeoTiffPlan } from "./geotiff-tags.js";
import { encodeDirectories, sizeOfDirectories, TAG, type Tag } from "./tiff.js";

/** Side of a tile, pixels: a chunk. */
export const COG_TILE_PX = 256;

/** Tiles begin at multiples of this, as do the reads of GDAL's /vsicurl: one that asks for a tile touches no other. */
const ALIGNMENT = 16_384;

/** Beyond this a classic TIFF's offsets end. */
const MAX_CLASSIC_BYTES = 2 ** 32 - ALIGNMENT;

/** One resolution of a virtual COG. */
export interface CogLevel {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
  /** Byte where its first tile begins; the others follow row by row, without gaps. */
  readonly offset: number;
}

/**
 * A Cloud Optimized GeoTIFF that nobody stored: its tiles are uncompressed and of one size, so where each begins is known before any is
 * decoded.
 *
 * Header and directories first, full resolution and then overviews; then the tiles, those of the smallest overview first, as GDAL's COG
 * driver orders them.
 */
export interface VirtualCog {
  /** Bytes before the first tile, padded. */
  readonly header: Uint8Array;
  /** Of every tile; those at the edges are padded with 0. */
  readonly tileBytes: number;
  readonly fileBytes: number;
  /** Full resolution first. */
  readonly levels: readonly CogLevel[];
}

/** A tile of a virtual COG, and the byte where it begins. */
export interface CogTile {
  readonly level: number;
  readonly row: number;
  readonly column: number;
  readonly offset: number;
}

/** Lays out a COG of a plan's full resolution and of overviews with these sizes (full resolution first, each half of the one before). */
export function layOutCog(
  plan: GeoTiffPlan,
  sizes: readonly { readonly width: number; readonly height: number }[],
): VirtualCog {
  const tileBytes = COG_TILE_PX * COG_TILE_PX * plan.bands.length * SAMPLE_BYTES[plan.dtype];
  const tiles = sizes.map(({ width, height }) => Math.ceil(width / COG_TILE_PX) * Math.ceil(height / COG_TILE_PX));
  const dataBytes = tiles.reduce((sum, count) => sum + count * tileBytes, 0);
  const blank = tiles.map((count) => new Array<number>(count).fill(0));
  const headerBytes = (big: boolean): number =>
    align(sizeOfDirectories(directoriesOf(plan, { sizes, offsets: blank, tileBytes, big }), big, NOTE));
  const big = headerBytes(false) + dataBytes > MAX_CLASSIC_BYTES;
  const start = headerBytes(big);

  const levels: CogLevel[] = [];
  let offset = start + dataBytes;
  for (const [i, { width, height }] of sizes.entries()) {
    offset -= (tiles[i] ?? 0) * tileBytes;
    const [columns, rows] = [Math.ceil(width / COG_TILE_PX), Math.ceil(height / COG_TILE_PX)];
    levels.push({ width, height, columns, rows, offset });
  }
  const offsets = levels.map((level, i) =>
    Array.from({ length: tiles[i] ?? 0 }, (_, k) => level.offset + k * tileBytes),
  );
  const header = new Uint8Array(start);
  header.set(encodeDirectories(directoriesOf(plan, { sizes, offsets, tileBytes, big }), big, NOTE));
  return { header, tileBytes, fileBytes: start + dataBytes, levels };
}

/** The tiles that bytes [from, to) of the file lie in, in the file's order. */
export function* tilesBetween(
  { levels, tileBytes }: Pick<VirtualCog, "levels" | "tileBytes">,
  from: number,
  to: number,
): Generator<CogTile> {
  for (let level = levels.length - 1; level >= 0; level--) {
    const { offset, columns, rows } = levels[level] ?? { offset: 0, columns: 0, rows: 0 };
    const first = Math.max(0, Math.floor((from - offset) / tileBytes));
    const end = Math.min(columns * rows, Math.ceil((to - offset) / tileBytes));
    for (let k = first; k < end; k++)
      yield { level, row: Math.floor(k / columns), column: k % columns, offset: offset + k * tileBytes };
  }
}

const PROMISES = "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nKNOWN_INCOMPATIBLE_EDITION=NO\n ";
/** GDAL's structural metadata (https://gdal.org/drivers/raster/cog.html, "Header ghost area"), without leaders and trailers of tiles. */
const NOTE = `GDAL_STRUCTURAL_METADATA_SIZE=${String(PROMISES.length).padStart(6, "0")} bytes\n${PROMISES}`;

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function directoriesOf(
  plan: GeoTiffPlan,
  storage: {
    readonly sizes: readonly { readonly width: number; readonly height: number }[];
    readonly offsets: readonly (readonly number[])[];
    readonly tileBytes: number;
    readonly big: boolean;
  },
): Tag[][] {
  const { sizes, offsets, tileBytes, big } = storage;
  return sizes.map(({ width, height }, level) => {
    const lengths = (offsets[level] ?? []).map(() => tileBytes);
    const blocks = tileTags(COG_TILE_PX, { offsets: offsets[level] ?? [], lengths, big });
    const where = { compression: 1, planar: 1, blocks } as const;
    if (level === 0) return geoTiffTags(plan, where);
    // An overview has its full resolution's place and names.
    const bare = { ...plan, width, height, transform: undefined, crs: undefined, geoKeys: undefined };
    const tags = geoTiffTags(bare, where).filter(({ tag }) => tag !== TAG.gdalMetadata);
    return [...tags, { tag: TAG.newSubfileType, type: "long", values: [1] }];
  });
}

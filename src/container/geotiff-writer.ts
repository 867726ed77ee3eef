import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { geoTiffTags, SAMPLE_BYTES, tileTags, type GeoTiffPlan } from "./geotiff-tags.js";
import type { StoredArray } from "../core/stored-numbers.js";
import { createPartFile } from "./part-file.js";
import { encodeDirectories, sizeOfDirectories, type Tag } from "./tiff.js";

const deflateAsync = promisify(deflate);
const TILE_PX = 256;

/** Writes an ordinary deflate GeoTIFF, 256 px tiles appended in row-major order, in place only once it is whole. */
export interface GeoTiffWriter {
  /** Pixel-interleaved samples of one full tile, `samples[(row * 256 + column) * bands + band]`. */
  append(samples: StoredArray): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

export async function createGeoTiffWriter(path: string, plan: GeoTiffPlan): Promise<GeoTiffWriter> {
  const file = await createPartFile(path);
  const tiles = Math.ceil(plan.width / TILE_PX) * Math.ceil(plan.height / TILE_PX);
  const big = plan.width * plan.height * plan.bands.length * SAMPLE_BYTES[plan.dtype] > 3.9e9;
  const offsets: number[] = [];
  const lengths: number[] = [];
  const blank = new Array<number>(tiles).fill(0);
  let at = sizeOfDirectories([tagsOf(plan, blank, blank, big)], big);

  return {
    async append(samples) {
      const bytes = await pack(samples);
      offsets.push(at);
      lengths.push(bytes.length);
      await file.write(bytes, at);
      at += bytes.length;
    },
    async finish() {
      await file.write(encodeDirectories([tagsOf(plan, offsets, lengths, big)], big), 0);
      await file.finish();
    },
    abort: () => file.abort(),
  };
}

/** The bytes of such a file, of one that fits in memory; samples [bands][height][width]. */
export async function encodeGeoTiff(plan: GeoTiffPlan, planes: StoredArray): Promise<Uint8Array> {
  const tiles: Promise<Uint8Array>[] = [];
  for (let y = 0; y < plan.height; y += TILE_PX)
    for (let x = 0; x < plan.width; x += TILE_PX) tiles.push(pack(cutTile(plan, planes, { x, y })));
  const packed = await Promise.all(tiles);
  const blank = packed.map(() => 0);
  let at = sizeOfDirectories([tagsOf(plan, blank, blank, false)], false);
  const offsets = packed.map(({ length }) => {
    at += length;
    return at - length;
  });
  const lengths = packed.map(({ length }) => length);
  return Buffer.concat([encodeDirectories([tagsOf(plan, offsets, lengths, false)], false), ...packed]);
}

/** One full tile, pixel-interleaved; beyond the image 0. */
function cutTile(
  { width, height, bands }: GeoTiffPlan,
  planes: StoredArray,
  { x, y }: { readonly x: number; readonly y: number },
): StoredArray {
  const count = bands.length;
  const tile = new (planes.constructor as new (length: number) => StoredArray)(TILE_PX * TILE_PX * count);
  const [columns, rows] = [Math.min(TILE_PX, width - x), Math.min(TILE_PX, height - y)];
  for (let b = 0; b < count; b++) {
    for (let r = 0; r < rows; r++) {
      const from = (b * height + y + r) * width + x;
      for (let c = 0; c < columns; c++) tile[(r * TILE_PX + c) * count + b] = planes[from + c] ?? 0;
    }
  }
  return tile;
}

function pack(samples: StoredArray): Promise<Uint8Array> {
  return deflateAsync(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), { level: 6 });
}

function tagsOf(plan: GeoTiffPlan, offsets: readonly number[], lengths: readonly number[], big: boolean): Tag[] {
  return geoTiffTags(plan, { compression: 8, planar: 1, blocks: tileTags(TILE_PX, { offsets, lengths, big }) });
}

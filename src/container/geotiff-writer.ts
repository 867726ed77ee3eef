import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { georeferenceTags, type Georeference } from "./georeference.js";
import { createPartFile } from "./part-file.js";
import { encodeDirectories, sizeOfDirectories, TAG, type Tag } from "./tiff.js";

const deflateAsync = promisify(deflate);
const TILE_PX = 256;

export type StoredArray = Uint8Array | Uint16Array | Int16Array | Float32Array;

export interface GeoTiffPlan extends Georeference {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly string[];
  readonly dtype: "uint8" | "uint16" | "int16" | "float32";
  readonly nodata: number | undefined;
  /** GDAL's per-band scale and offset items, written when they are not 1 and 0. */
  readonly scale?: number;
  readonly offset?: number;
  /** Position of the band that is the mask: 0 is a hole. */
  readonly alpha?: number | undefined;
}

/** Writes an ordinary deflate GeoTIFF, 256 px tiles appended in row-major order, in place only once it is whole. */
export interface GeoTiffWriter {
  /** Pixel-interleaved samples of one full tile, `samples[(row * 256 + column) * bands + band]`. */
  append(samples: StoredArray): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

const FORMAT = { uint8: [8, 1], uint16: [16, 1], int16: [16, 2], float32: [32, 3] } as const;

export async function createGeoTiffWriter(path: string, plan: GeoTiffPlan): Promise<GeoTiffWriter> {
  const file = await createPartFile(path);
  const tiles = Math.ceil(plan.width / TILE_PX) * Math.ceil(plan.height / TILE_PX);
  const big = plan.width * plan.height * plan.bands.length * (FORMAT[plan.dtype][0] / 8) > 3.9e9;
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
  const [bits, format] = FORMAT[plan.dtype];
  const count = plan.bands.length;
  const tags: Tag[] = [
    { tag: TAG.imageWidth, type: "long", values: [plan.width] },
    { tag: TAG.imageLength, type: "long", values: [plan.height] },
    { tag: TAG.bitsPerSample, type: "short", values: plan.bands.map(() => bits) },
    { tag: TAG.compression, type: "short", values: [8] },
    { tag: TAG.photometric, type: "short", values: [1] },
    { tag: TAG.samplesPerPixel, type: "short", values: [count] },
    { tag: TAG.planarConfiguration, type: "short", values: [1] },
    { tag: TAG.tileWidth, type: "short", values: [TILE_PX] },
    { tag: TAG.tileLength, type: "short", values: [TILE_PX] },
    { tag: TAG.tileOffsets, type: big ? "long8" : "long", values: offsets },
    { tag: TAG.tileByteCounts, type: "long", values: lengths },
    { tag: TAG.sampleFormat, type: "short", values: plan.bands.map(() => format) },
    { tag: TAG.gdalMetadata, type: "ascii", values: metadataXml(plan) },
    ...georeferenceTags(plan),
  ];
  if (count > 1) tags.push({ tag: TAG.extraSamples, type: "short", values: extraSamples(plan) });
  if (plan.nodata !== undefined) tags.push({ tag: TAG.gdalNodata, type: "ascii", values: String(plan.nodata) });
  return tags;
}

/** Of each band after the first: unspecified, or unassociated alpha. */
function extraSamples({ bands, alpha }: GeoTiffPlan): number[] {
  return bands.slice(1).map((_, i) => (i + 1 === alpha ? 2 : 0));
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function metadataXml(plan: GeoTiffPlan): string {
  const { scale = 1, offset = 0 } = plan;
  const items = plan.bands.flatMap((band, i) => [
    `<Item name="DESCRIPTION" sample="${i}" role="description">${escapeXml(band)}</Item>`,
    ...(scale === 1 && offset === 0
      ? []
      : [
          `<Item name="SCALE" sample="${i}" role="scale">${scale}</Item>`,
          `<Item name="OFFSET" sample="${i}" role="offset">${offset}</Item>`,
        ]),
  ]);
  return `<GDALMetadata>${items.join("")}</GDALMetadata>`;
}

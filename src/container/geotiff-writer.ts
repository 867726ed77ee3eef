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
      const bytes = await deflateAsync(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), {
        level: 6,
      });
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
  if (count > 1) tags.push({ tag: TAG.extraSamples, type: "short", values: new Array<number>(count - 1).fill(0) });
  if (plan.nodata !== undefined) tags.push({ tag: TAG.gdalNodata, type: "ascii", values: String(plan.nodata) });
  return tags;
}

function metadataXml(plan: GeoTiffPlan): string {
  const { scale = 1, offset = 0 } = plan;
  const items = plan.bands.flatMap((band, i) => [
    `<Item name="DESCRIPTION" sample="${i}" role="description">${band}</Item>`,
    ...(scale === 1 && offset === 0
      ? []
      : [
          `<Item name="SCALE" sample="${i}" role="scale">${scale}</Item>`,
          `<Item name="OFFSET" sample="${i}" role="offset">${offset}</Item>`,
        ]),
  ]);
  return `<GDALMetadata>${items.join("")}</GDALMetadata>`;
}

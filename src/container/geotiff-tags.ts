import { georeferenceTags, type Georeference } from "./georeference.js";
import type { SampleType } from "../core/stored-numbers.js";
import { TAG, type Tag } from "./tiff.js";

/** What an ordinary GeoTIFF says of itself, however its samples are stored. */
export interface GeoTiffPlan extends Georeference {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly string[];
  readonly dtype: SampleType;
  readonly nodata: number | undefined;
  /** GDAL's per-band scale and offset items, written when they are not 1 and 0. */
  readonly scale?: number;
  readonly offset?: number;
  /** Position of the band that is the mask: 0 is a hole. */
  readonly alpha?: number | undefined;
  /** Red, green, blue instead of grey; of three bands. */
  readonly rgb?: boolean;
}

/** How and where the samples are stored. */
export interface Storage {
  /** TIFF's code: 1 none, 8 deflate. */
  readonly compression: number;
  /** 1: the bands of a pixel beside one another, 2: each band on its own. */
  readonly planar: 1 | 2;
  /** Size and place of tiles or strips. */
  readonly blocks: readonly Tag[];
}

/** Square tiles; `big`: of a BigTIFF. */
export function tileTags(
  side: number,
  {
    offsets,
    lengths,
    big,
  }: { readonly offsets: readonly number[]; readonly lengths: readonly number[]; readonly big: boolean },
): Tag[] {
  return [
    { tag: TAG.tileWidth, type: "short", values: [side] },
    { tag: TAG.tileLength, type: "short", values: [side] },
    { tag: TAG.tileOffsets, type: big ? "long8" : "long", values: offsets },
    { tag: TAG.tileByteCounts, type: "long", values: lengths },
  ];
}

const FORMAT = { uint8: [8, 1], uint16: [16, 1], int16: [16, 2], float32: [32, 3] } as const;
export const SAMPLE_BYTES: Readonly<Record<SampleType, number>> = { uint8: 1, uint16: 2, int16: 2, float32: 4 };

/** The directory of one image. */
export function geoTiffTags(plan: GeoTiffPlan, { compression, planar, blocks }: Storage): Tag[] {
  const [bits, format] = FORMAT[plan.dtype];
  const count = plan.bands.length;
  const tags: Tag[] = [
    { tag: TAG.imageWidth, type: "long", values: [plan.width] },
    { tag: TAG.imageLength, type: "long", values: [plan.height] },
    { tag: TAG.bitsPerSample, type: "short", values: plan.bands.map(() => bits) },
    { tag: TAG.compression, type: "short", values: [compression] },
    { tag: TAG.photometric, type: "short", values: [plan.rgb === true ? 2 : 1] },
    { tag: TAG.samplesPerPixel, type: "short", values: [count] },
    { tag: TAG.planarConfiguration, type: "short", values: [planar] },
    ...blocks,
    { tag: TAG.sampleFormat, type: "short", values: plan.bands.map(() => format) },
    { tag: TAG.gdalMetadata, type: "ascii", values: metadataXml(plan) },
    ...georeferenceTags(plan),
  ];
  if (count > 1 && plan.rgb !== true) tags.push({ tag: TAG.extraSamples, type: "short", values: extraSamples(plan) });
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

import { BANDS } from "./bands.js";
import type { BandName } from "./bands.js";

/** A named way to look at an image, spelled as TiTiler query values. */
export interface RenderPreset {
  /** A few words, sentence case. */
  readonly title: string;
  /** What shows as what, one sentence. */
  readonly description: string;
  readonly assets?: readonly BandName[];
  readonly expression?: string;
  /** One range for all outputs or one each. */
  readonly rescale: readonly (readonly [min: number, max: number])[];
  readonly colormap_name?: string;
  readonly color_formula?: string;
}

export type RenderName = keyof typeof RENDERS;

/** What a request without any render parameter shows. */
export const DEFAULT_RENDER = "true-color" satisfies RenderName;

/** The named renders: for `?render=NAME`, for the STAC render extension and for the viewer's list, in that order. */
export const RENDERS = {
  "true-color": {
    title: "True colour",
    description: "Red, green and blue as the eye sees them, with a mild gamma that opens the shadows.",
    assets: ["B04", "B03", "B02"],
    rescale: [[0, 3000]],
    color_formula: "gamma RGB 1.2",
  },
  "false-color-infrared": {
    title: "False colour infrared",
    description: "Near infrared as red: living plants are bright red, water is black.",
    assets: ["B08", "B04", "B03"],
    rescale: [
      [0, 5000],
      [0, 3000],
      [0, 3000],
    ],
  },
  agriculture: {
    title: "Agriculture",
    description: "Short-wave infrared, near infrared and blue: growing crops are vivid green, bare soil is magenta.",
    assets: ["B11", "B08", "B02"],
    rescale: [
      [0, 4500],
      [0, 5000],
      [0, 2500],
    ],
  },
  swir: {
    title: "Short-wave infrared",
    description: "Sees through haze; plants are green, burnt and dry ground is red and brown.",
    assets: ["B12", "B8A", "B04"],
    rescale: [
      [0, 4000],
      [0, 5000],
      [0, 3000],
    ],
  },
  ndvi: {
    title: "Vegetation index (NDVI)",
    description: "How much living green there is: (B08-B04)/(B08+B04), red for none to green for dense.",
    expression: "(B08-B04)/(B08+B04)",
    rescale: [[-0.2, 0.9]],
    colormap_name: "rdylgn",
  },
  ndwi: {
    title: "Water index (NDWI)",
    description: "Open water: (B03-B08)/(B03+B08), blue where it is positive.",
    expression: "(B03-B08)/(B03+B08)",
    rescale: [[-0.8, 0.8]],
    colormap_name: "rdbu",
  },
  ndmi: {
    title: "Moisture index (NDMI)",
    description: "Water held by plants: (B8A-B11)/(B8A+B11), brown for dry to green-blue for moist.",
    expression: "(B8A-B11)/(B8A+B11)",
    rescale: [[-0.6, 0.6]],
    colormap_name: "brbg",
  },
  nbr: {
    title: "Burn ratio (NBR)",
    description: "Burnt ground: (B08-B12)/(B08+B12), red where fire took the plants.",
    expression: "(B08-B12)/(B08+B12)",
    rescale: [[-0.5, 0.9]],
    colormap_name: "rdylgn",
  },
} as const satisfies Readonly<Record<string, RenderPreset>>;

/** The renders of the STAC render extension (v2): what stands under `renders` of a Collection or Item. */
export function toStacRenders(
  assetKey = "tec",
  presets: Readonly<Record<string, RenderPreset>> = RENDERS,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  return Object.fromEntries(Object.entries(presets).map(([name, preset]) => [name, stacRender(preset, assetKey)]));
}

function stacRender(preset: RenderPreset, assetKey: string): Readonly<Record<string, unknown>> {
  const { assets, description, ...fields } = preset;
  const bidx = assets?.map((band) => BANDS.indexOf(band) + 1);
  return {
    ...fields,
    description,
    assets: [assetKey],
    ...(bidx === undefined ? {} : { bidx }),
    resampling: "bilinear",
  };
}

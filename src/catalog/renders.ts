import { z } from "zod";

/** One entry of `renders` (STAC render extension v2.0.0), with TiTiler's `bidx` for the bands of the single asset. */
export interface Render {
  readonly title: string;
  readonly assets: readonly string[];
  /** 1-based bands of the asset, in the order of core/bands. */
  readonly bidx?: readonly number[];
  readonly expression?: string;
  /** Digital numbers (reflectance x 10000), or the expression's unit. */
  readonly rescale: readonly (readonly [number, number])[];
  readonly colormap_name?: string;
}

const composite = (title: string, bidx: readonly number[], maximum: number): Render => ({
  title,
  assets: ["tec"],
  bidx,
  rescale: bidx.map(() => [0, maximum] as const),
});

const index = (title: string, expression: string, colormap: string): Render => ({
  title,
  assets: ["tec"],
  expression,
  rescale: [[-1, 1]],
  colormap_name: colormap,
});

/** What items and collections offer unless told otherwise. */
export const DEFAULT_RENDERS: Readonly<Record<string, Render>> = {
  "true-color": composite("True colour (B04, B03, B02)", [4, 3, 2], 3000),
  "false-color": composite("False colour infrared (B08, B04, B03)", [8, 4, 3], 4500),
  swir: composite("Short-wave infrared (B12, B8A, B04)", [12, 9, 4], 4500),
  agriculture: composite("Agriculture (B11, B08, B02)", [11, 8, 2], 4500),
  ndvi: index("Vegetation index (NDVI)", "(B08-B04)/(B08+B04)", "rdylgn"),
  ndwi: index("Water index (NDWI)", "(B03-B08)/(B03+B08)", "rdbu"),
  ndmi: index("Moisture index (NDMI)", "(B8A-B11)/(B8A+B11)", "brbg"),
};

const rendersSchema = z.record(
  z.string(),
  z.looseObject({
    title: z.string().optional(),
    bidx: z.array(z.number()).optional(),
    expression: z.string().optional(),
    rescale: z.array(z.array(z.number())).optional(),
    colormap_name: z.string().optional(),
  }),
);

/** The `renders` of a document as tile query strings in TiTiler's spelling ("bidx=4&bidx=3&..."); none where it has none. */
export function renderQueries(
  renders: unknown,
): readonly { readonly id: string; readonly title: string; readonly query: string }[] {
  const parsed = rendersSchema.safeParse(renders);
  if (!parsed.success) return [];
  return Object.entries(parsed.data).map(([id, render]) => {
    const query = new URLSearchParams();
    for (const band of render.bidx ?? []) query.append("bidx", String(band));
    if (render.expression !== undefined) query.append("expression", render.expression);
    for (const range of render.rescale ?? []) query.append("rescale", range.join(","));
    if (render.colormap_name !== undefined) query.append("colormap_name", render.colormap_name);
    return { id, title: render.title ?? id, query: query.toString() };
  });
}

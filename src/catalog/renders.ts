import { z } from "zod";
import { toStacRenders } from "../core/render-presets.js";

/** `renders` of a document: names to the fields of STAC's render extension v2.0.0, in TiTiler's spelling. */
export type Renders = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What items and collections offer unless told otherwise: the named renders that ?render= knows. */
export const DEFAULT_RENDERS: Renders = toStacRenders();

const rendersSchema = z.record(
  z.string(),
  z.looseObject({
    title: z.string().optional(),
    assets: z.array(z.string()).optional(),
    bidx: z.array(z.number()).optional(),
    expression: z.string().optional(),
    rescale: z.array(z.array(z.number())).optional(),
    colormap_name: z.string().optional(),
    color_formula: z.string().optional(),
  }),
);

/** The `renders` of a document as tile query strings in TiTiler's spelling ("assets=B08&assets=B04&..."); none where it has none. */
export function renderQueries(
  renders: unknown,
): readonly { readonly id: string; readonly title: string; readonly query: string }[] {
  const parsed = rendersSchema.safeParse(renders);
  if (!parsed.success) return [];
  return Object.entries(parsed.data).map(([id, render]) => {
    const query = new URLSearchParams();
    // The image with all bands is what a query without assets is of.
    for (const asset of render.assets ?? []) if (asset !== "tec") query.append("assets", asset);
    for (const band of render.bidx ?? []) query.append("bidx", String(band));
    if (render.expression !== undefined) query.append("expression", render.expression);
    for (const range of render.rescale ?? []) query.append("rescale", range.join(","));
    if (render.colormap_name !== undefined) query.append("colormap_name", render.colormap_name);
    if (render.color_formula !== undefined) query.append("color_formula", render.color_formula);
    return { id, title: render.title ?? id, query: query.toString() };
  });
}

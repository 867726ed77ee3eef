import type { CatalogItem } from "../catalog/types.js";
import type { GeometryParts } from "../catalog/geometry.js";
import type { Resampling } from "../render/render-spec.js";
import { drawingBytes } from "../tile/draw/drawing-bytes.js";
import { planPicture, type TargetGrid } from "../tile/plan.js";
import { flatten } from "./geometry-mask.js";
import { renderPicture, type Drawing } from "./render-picture.js";
import type { ValuesLook } from "./read-values.js";
import type { AreaValues } from "./series.js";
import type { Services } from "./services.js";
import type { StatisticsOptions } from "./statistics.js";

/** What figures are told of where not of an item's own pixels: of a picture of it. */
export interface DrawnRequest extends ValuesLook {
  readonly target: TargetGrid;
  readonly resampling: Resampling;
  readonly tokens?: number | undefined;
  /** Only what lies in it. */
  readonly parts?: GeometryParts | undefined;
  readonly asked: StatisticsOptions;
}

/** Statistics of the valid pixels of a picture of an item, as it would be drawn; undefined where it shows nothing of it. */
export async function readDrawn(
  item: CatalogItem,
  { target, resampling, parts, asked, tokens, ...look }: DrawnRequest,
  use: Drawing & Pick<Services, "areas" | "drawing">,
  signal: AbortSignal,
): Promise<AreaValues | undefined> {
  const plan = planPicture(
    target,
    {
      spec: {
        ...look,
        rescale: undefined,
        colorFormula: [],
        colormap: undefined,
        returnMask: true,
        resampling,
        tileSize: target.width,
        format: "npy",
      },
      tokens,
    },
    [item],
  );
  const [layer] = plan.layers;
  if (layer === undefined) return undefined;
  const { transform, crs, width, height } = plan.shown;
  const grid = { transform, crs, levels: [{ width, height }] };
  const area = parts && (await use.areas.mask(flatten(parts), grid, Infinity, signal));
  if (parts !== undefined && area === undefined) return undefined;
  const { bytes } = await use.drawing.hold(drawingBytes(plan), () => renderPicture(plan, use, signal), signal);
  return { item, level: layer.level, ...(await use.areas.summary({ npy: bytes, area }, asked, signal)) };
}

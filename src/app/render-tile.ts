import type { EncodedImage } from "../render/encode-image.js";
import { requiredBands } from "../render/render-spec.js";
import { decodeWindow } from "../tile/decode-window.js";
import type { CanvasMemory } from "../tile/pixel-tasks.js";
import type { PlanLayer, TargetGrid, TilePlan } from "../tile/plan.js";
import type { Services } from "./services.js";

/** What drawing a picture uses. */
export type Drawing = Pick<Services, "networks" | "pixels" | "reader" | "tiles"> &
  Partial<Pick<Services, "sharedTiles">>;

/**
 * The server in one function: a plan becomes a picture.
 *
 * Dates are drawn in the plan's order; each fills what the ones before left open, and the first that leaves no hole ends it.
 * Pictures are kept by their ETag, and concurrent requests for one share the work.
 */
export async function renderPicture(plan: TilePlan, use: Drawing, signal?: AbortSignal): Promise<EncodedImage> {
  if (plan.layers.length === 0) return NOTHING;
  const draw = (shared: AbortSignal): Promise<EncodedImage> => drawPlan(plan, use, shared);
  return use.tiles.get(
    plan.etag,
    (shared) => use.sharedTiles?.getOrDraw(plan.etag, () => draw(shared)) ?? draw(shared),
    signal,
  );
}

const NOTHING: EncodedImage = { bytes: new Uint8Array(), mediaType: "image/png", coverage: "none" };

async function drawPlan(plan: TilePlan, use: Drawing, signal: AbortSignal): Promise<EncodedImage> {
  const { target, spec, layers } = plan;
  const canvas = createCanvas(target, requiredBands(spec));
  for (const layer of layers) {
    const image = await drawLayer({ plan, layer, canvas }, use, signal);
    if (image !== undefined) return image;
  }
  const result = await use.pixels.run({ kind: "render", spec, canvas }, { signal });
  if (result.kind !== "composed" || result.image === undefined) throw new TypeError("no picture came back");
  return result.image;
}

/** Draws one date; gives the finished picture when the canvas is full. */
async function drawLayer(
  { plan, layer, canvas }: { plan: TilePlan; layer: PlanLayer; canvas: CanvasMemory },
  use: Drawing,
  signal: AbortSignal,
): Promise<EncodedImage | undefined> {
  const container = await use.reader.open(layer.item.href, layer.item.checksum, signal);
  const request = { container, level: layer.level, rect: layer.rect, bands: requiredBands(plan.spec) };
  const decoded = await decodeWindow(request, use, signal);
  if (decoded.masks.chunks.every((chunk) => chunk.valid === "none")) return undefined;
  const { pixels, window, masks } = decoded;
  const last = layer === plan.layers.at(-1);
  const result = await use.pixels.run(
    { kind: "compose", pixels, window, masks, grid: layer.grid, factor: layer.factor, spec: plan.spec, canvas, last },
    { signal, transfer: pixels.buffer instanceof ArrayBuffer ? [pixels.buffer] : [] },
  );
  return result.kind === "composed" ? result.image : undefined;
}

function createCanvas(target: TargetGrid, bands: readonly string[]): CanvasMemory {
  const { width: size, height } = target;
  const pixels = size * height;
  return {
    size,
    height,
    bands,
    samples: new Float32Array(new SharedArrayBuffer(4 * bands.length * pixels)),
    filled: new Uint8Array(new SharedArrayBuffer(pixels)),
  };
}

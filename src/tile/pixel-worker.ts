// One thread of integer and pixel work: entropy decoding, warping, rendering, image encoding. Networks run elsewhere (model/network-worker).
import { createFactorizedCoder, type FactorizedCoder } from "../codec/factorized.js";
import { parseTables } from "../codec/tables.js";
import { assertNever } from "../core/assert.js";
import { serveTasks } from "../core/worker-pool.js";
import { drawRaster, tuneEncoder, type EncodedImage } from "../render/encode-image.js";
import type { RenderSpec } from "../render/render-spec.js";
import { decodeChunk } from "./decode-chunk.js";
import type { CanvasMemory, ComposeTask, DecodeTask, PixelResult, PixelTask } from "./pixel-tasks.js";
import { warpOnto } from "./warp.js";
import { windowMask } from "./window-mask.js";

tuneEncoder();
const coders = new Map<string, FactorizedCoder>();

serveTasks<PixelTask, PixelResult>(async (task) => {
  switch (task.kind) {
    case "decode":
      return { result: { kind: "decoded", chunk: decodeChunk(task.bytes, task.place, coderOf(task)) } };
    case "compose":
      return compose(task);
    case "render": {
      const image = await render(task.canvas, task.spec);
      return { result: { kind: "composed", filled: 0, image } };
    }
    default:
      return assertNever(task);
  }
});

function coderOf({ model }: DecodeTask): FactorizedCoder {
  const known = coders.get(model.sha256);
  if (known !== undefined) return known;
  const coder = createFactorizedCoder(parseTables(model.tables, "entropy tables"), model.block);
  coders.set(model.sha256, coder);
  return coder;
}

async function compose(task: ComposeTask): Promise<{ result: PixelResult }> {
  const { window, canvas, grid, factor, spec } = task;
  const source = {
    kind: "raster" as const,
    ...window,
    bands: canvas.bands,
    samples: task.pixels,
    valid: windowMask(task.masks, window),
  };
  const filled = warpOnto(canvas, source, grid, { factor, resampling: spec.resampling });
  const full = task.last || canvas.filled.every((f) => f !== 0);
  return { result: { kind: "composed", filled, image: full ? await render(canvas, spec) : undefined } };
}

function render(canvas: CanvasMemory, spec: RenderSpec): Promise<EncodedImage> {
  const { size: width, height, bands, samples, filled: valid } = canvas;
  return drawRaster({ kind: "raster", width, height, bands, samples, valid }, spec);
}

// One thread of integer and pixel work: entropy decoding, warping, merging, rendering, image encoding. Networks run elsewhere (model/network-worker).
import type { LappedCoder } from "../codec/lapped/lapped-coder.js";
import { openLappedCoder, openModelDecoder, type ModelDecoder } from "../codec/open-coder.js";
import { assertNever } from "../core/assert.js";
import { serveTasks } from "../core/worker-pool.js";
import { tuneEncoder } from "../render/encode-image.js";
import { composeWindow, probeWindow } from "./draw/compose-window.js";
import { forecastChunk } from "./inpaint/forecast-chunk.js";
import { decodeChunk } from "./decode-chunk.js";
import { encodePicture } from "./draw/encode-picture.js";
import { composeFilled } from "./draw/compose-filled.js";
import { renderFilled } from "./draw/render-filled.js";
import { fillCoarse, fillWindow, findLight } from "./fill/fill-window.js";
import { isBestSettled, mergeCanvases } from "./draw/merge-canvases.js";
import { mergeWindow } from "./mosaic/merge-window.js";
import {
  FIRST_MARK,
  type CanvasMemory,
  type ComposeTask,
  type DecodeTask,
  type ForecastTask,
  type DrawnPicture,
  type PixelResult,
  type PixelTask,
} from "./pixel-tasks.js";
import type { RenderSpec } from "../render/render-spec.js";

tuneEncoder();
const decoders = new Map<string, ModelDecoder>();
const lapped = new Map<string, LappedCoder>();

serveTasks<PixelTask, PixelResult>(async (task) => {
  switch (task.kind) {
    case "decode":
      return {
        result: { kind: "decoded", chunk: decodeChunk(task.bytes, task.place, { ...task, decoder: decoderOf(task) }) },
      };
    case "forecast":
      return { result: { kind: "forecast", chunk: forecastChunk(lappedOf(task), task.references, task.location) } };
    case "probe":
      return { result: { kind: "probed", probe: probeWindow(task) } };
    case "compose":
      return { result: await compose(task) };
    case "render":
      return { result: { kind: "drawn", filled: 0, picture: await render(task.canvas, task.spec) } };
    case "merge":
      return { result: { kind: "drawn", filled: 0, picture: await mergeCanvases(task) } };
    case "settled":
      return { result: { kind: "settled", isSettled: isBestSettled(task) } };
    case "merge-window":
      return { result: { kind: "merged-window", merged: mergeWindow(task) } };
    case "compose-filled":
      return { result: { kind: "drawn", picture: undefined, ...composeFilled(task) } };
    case "render-filled":
      return { result: { kind: "drawn", filled: 0, picture: await renderFilled(task) } };
    case "light":
      return { result: findLight(task) };
    case "coarse":
      return { result: fillCoarse(task) };
    case "fill":
      return { result: fillWindow(task) };
    default:
      return assertNever(task);
  }
});

function decoderOf({ model }: DecodeTask): ModelDecoder {
  const decoder = decoders.get(model.sha256) ?? openModelDecoder(model);
  decoders.set(model.sha256, decoder);
  return decoder;
}

function lappedOf({ model }: ForecastTask): LappedCoder {
  const coder = lapped.get(model.sha256) ?? openLappedCoder(model);
  lapped.set(model.sha256, coder);
  return coder;
}

async function compose(task: ComposeTask): Promise<PixelResult> {
  const { canvas, finish } = task;
  const filled = composeWindow(task);
  const draw = finish.when === "now" || (finish.when === "full" && canvas.filled.every((mark) => mark !== 0));
  return { kind: "drawn", filled, picture: draw ? await render(canvas, finish.spec) : undefined };
}

async function render(canvas: CanvasMemory, spec: RenderSpec): Promise<DrawnPicture> {
  const { size: width, height, bands, samples, filled: valid } = canvas;
  const image = await encodePicture({ kind: "raster", width, height, bands, samples, valid }, spec);
  const perMark = new Array<number>(256).fill(0);
  for (let i = 0; i < valid.length; i++) perMark[valid[i] ?? 0] = (perMark[valid[i] ?? 0] ?? 0) + 1;
  const perLayer = perMark.slice(FIRST_MARK);
  const observed = valid.length - (perMark[0] ?? 0);
  return { image, pixels: valid.length, perLayer, observed, inferred: 0, inferredBy: [] };
}

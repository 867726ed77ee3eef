import { holdsAll } from "../../catalog/absent-bands.js";
import { BANDS, bandsWithout } from "../../core/bands.js";
import { CHUNK_PX } from "../../core/geometry.js";
import { PROVENANCE } from "../../core/provenance.js";
import type { PixelWindow } from "../../core/raster.js";
import { intersectWindow } from "../../ingest/block.js";
import { decodeWindow, pixelsOf, rectOfPixels } from "../../tile/decode-window.js";
import { chunksUnder } from "../../tile/fill/fill-chunk.js";
import { eachInferred, type FilledChunk } from "../../tile/fill/filled-chunk.js";
import type { FillSubject } from "../../tile/fill/guide.js";
import { chunkWindow, withHalo } from "../../tile/fill/item-grid.js";
import { clearClasses, toLayer, UNCLASSIFIED, type MergedWindow } from "../../tile/mosaic/merge-window.js";
import { CLOUD_FREE_METHOD } from "../../tile/mosaic/mosaic-spec.js";
import { PIXEL_BYTES, type MosaicUse } from "./mosaic-use.js";
import type { MosaicPlan } from "./plan-mosaics.js";

/** Around what is decoded: cloud rims (3) and native pixels (up to 5). */
const MARGIN_PX = 6;

/** A window in parts that each lie in one chunk. */
export function filledCells(window: PixelWindow): readonly PixelWindow[] {
  return chunksUnder(window).map(({ row, column }) => {
    const chunk = { x: column * CHUNK_PX, y: row * CHUNK_PX, width: CHUNK_PX, height: CHUNK_PX };
    const [x, y] = [Math.max(chunk.x, window.x), Math.max(chunk.y, window.y)];
    return {
      x,
      y,
      width: Math.min(chunk.x + CHUNK_PX, window.x + window.width) - x,
      height: Math.min(chunk.y + CHUNK_PX, window.y + window.height) - y,
    };
  });
}

/** A part of one chunk of the plan's first date: what that shows clear, and what the server's fills infer of the rest. Undefined where neither knows anything. */
export async function readFilledCell(
  plan: MosaicPlan,
  { fills, budget, decoding, decoder }: MosaicUse,
  core: PixelWindow,
  signal: AbortSignal | undefined,
): Promise<MergedWindow | undefined> {
  const { items, base = 1, grid } = plan;
  const [first, ...rest] = items.slice(0, base);
  if (first === undefined) return undefined;
  const bands = bandsWithout(BANDS.filter((band) => [first, ...rest].some((one) => one.absentBands?.includes(band))));
  const references = items.slice(base).filter((one) => holdsAll(one, bands));
  const subject: FillSubject = { base: [first, ...rest], references, bands, tokens: undefined };
  const [row, column] = [Math.floor(core.y / CHUNK_PX), Math.floor(core.x / CHUNK_PX)];
  const chunk = chunkWindow(grid, row, column);
  const around = withHalo(chunk, grid);
  const work = async (): Promise<MergedWindow | undefined> => {
    const filled = await fills.chunk({ subject, level: 0, row, column, method: CLOUD_FREE_METHOD }, signal);
    const out = emptyWindow(core);
    paste(filled, { out, core, chunk, bands });
    for (const [k, item] of [first, ...rest].entries()) {
      const container = await decoder.reader.open(item.href, item.checksum, signal);
      const rect = rectOfPixels(intersectWindow(widened(core, MARGIN_PX), grid));
      const decoded = await decodeWindow({ container, level: 0, rect, bands: BANDS }, decoder, signal);
      const window = pixelsOf(rect);
      const date = { ...decoded, source: k, days: 0 };
      const [{ planes, valid }, codes] = [toLayer(date, window, "medoid"), clearClasses(date, window)];
      for (let r = 0; r < core.height; r++) {
        const from = (core.y - window.y + r) * window.width + core.x - window.x;
        for (let i = r * core.width, at = from; i < (r + 1) * core.width; i++, at++) {
          if (valid[at] === 0 || out.valid[i] !== 0) continue;
          out.valid[i] = 1;
          out.classes[i] = codes[at] ?? UNCLASSIFIED;
          out.provenance[i] = 1 + k;
          for (const [b, plane] of planes.entries()) out.samples[b * out.valid.length + i] = plane[at] ?? 0;
        }
      }
    }
    return out;
  };
  const bytes = (1 + references.length) * around.width * around.height * PIXEL_BYTES;
  return decoding.run(() => budget.hold(bytes, work, signal), signal);
}

function emptyWindow({ width, height }: PixelWindow): MergedWindow {
  const size = width * height;
  return {
    samples: new Float32Array(BANDS.length * size),
    valid: new Uint8Array(size),
    classes: new Uint8Array(size),
    provenance: new Uint8Array(size),
  };
}

/** What is inferred of a chunk, where it lies in `core`. */
function paste(
  filled: FilledChunk,
  {
    out,
    core,
    chunk,
    bands,
  }: {
    readonly out: MergedWindow;
    readonly core: PixelWindow;
    readonly chunk: PixelWindow;
    readonly bands: FillSubject["bands"];
  },
): void {
  const [size, area] = [core.width * core.height, filled.width * filled.height];
  eachInferred(filled, chunk, core, (to, from) => {
    out.valid[to] = 1;
    out.classes[to] = UNCLASSIFIED;
    out.provenance[to] = PROVENANCE.inferred;
    for (const [k, band] of bands.entries())
      out.samples[BANDS.indexOf(band) * size + to] = filled.samples[k * area + from] ?? 0;
  });
}

function widened({ x, y, width, height }: PixelWindow, by: number): PixelWindow {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

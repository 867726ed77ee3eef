import { createHash } from "node:crypto";
import { z } from "zod";
import type { CatalogItem } from "../../catalog/types.js";
import { BANDS, type NativeFactors } from "../../core/bands.js";
import { CHUNK_PX } from "../../core/geometry.js";
import { cropPlanes, type PixelWindow } from "../../core/raster.js";
import { intersectWindow } from "../../ingest/block.js";
import type { Source, SourceBlock } from "../../ingest/source.js";
import { decodeWindow, pixelsOf, rectOfPixels } from "../../tile/decode-window.js";
import { FILL_VERSION } from "../../tile/fill/fills.js";
import type { DatedWindow, KeptSelection, MergedWindow } from "../../tile/mosaic/merge-window.js";
import { daysBetween } from "../../tile/mosaic/order-items.js";
import { filledCells, readFilledCell } from "./filled-cell.js";
import { commonNative, repeatNative, wholeNative } from "./native-bands.js";
import { PIXEL_BYTES, type MosaicMethod, type MosaicUse } from "./mosaic-use.js";
import type { MosaicPlan } from "./plan-mosaics.js";

/** Pixels around what is merged, that cloud rims (3), native pixels (up to 5) and `best`'s distances from clouds (50) look at. */
const MARGIN_PX: Readonly<Record<KeptSelection, number>> = { clear_median: 6, medoid: 6, best: 53 };
/** The first is all that the encoder reads at once, native pixels whole. */
const CELLS_PX = [656, 320, 160, 80];
/** Above any digital number that the encoder keeps. */
const NODATA = 65_535;
/** Raised when the same dates give other pixels than before. */
const VERSION = 2;

/**
 * A mosaic as a source to encode: digital numbers of many dates merged window by window, in cells as small as the budget wants for that
 * many dates. Before the first read the dates' heads are looked at, for the bands that are coarser.
 */
export async function mosaicSource(plan: MosaicPlan, use: MosaicUse, signal?: AbortSignal): Promise<Source> {
  const { grid, items, period } = plan;
  const { method } = use;
  const native = commonNative(
    await Promise.all(
      items.slice(0, plan.base).map(async ({ href, checksum }) => {
        // A file that can't be opened fails when it is read, which it isn't where nothing changed.
        const opened = await use.decoder.reader.open(href, checksum, signal).catch(() => undefined);
        return opened?.cog.metadata.native;
      }),
    ),
  );
  const iso = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");
  return {
    location: `mosaic ${plan.id}`,
    id: plan.id,
    datetime: iso(period.middleMs),
    grid: { ...grid, geoKeys: undefined },
    units: { dtype: "uint16", scale: 1, offset: 0, nodata: NODATA },
    absentBands: absentIn(plan),
    hasClasses: true,
    native,
    fingerprint: fingerprintOf(plan, method),
    sources: items.map(({ id, datetime }) => ({ id, datetime })),
    derivedFrom: items.map(({ collection, id }) => ({ href: `../../${collection}/${id}/${id}.json`, title: id })),
    warnings:
      plan.leftOut === 0 ? [] : [`${plan.leftOut} dates farthest from its middle are left out; ${items.length} fit`],
    properties: {
      ...sharedProperties(items),
      title: titleOf(plan, method),
      start_datetime: iso(period.startMs),
      end_datetime: iso(period.endMs - 1000),
      "tec:mosaic": { method, every: use.every, sources: items.map(({ id }) => id) },
    },
    read: (window, stop) => readNative(plan, { use, native }, window, stop),
    close: async () => undefined,
  };
}

function titleOf({ period, items, base }: MosaicPlan, method: MosaicMethod): string {
  const dates = (count: number): string => `${count} ${count === 1 ? "date" : "dates"}`;
  if (base === undefined) return `${period.id}: ${method} of ${dates(items.length)}`;
  return `${period.id}: ${items[0]?.datetime.slice(0, 10) ?? ""}, its holes filled from ${dates(items.length - base)}`;
}

/** What one of the dates lacks, a mixture of them lacks; of a date that is filled only what it lacks itself. */
function absentIn({ items: all, base = all.length }: MosaicPlan): Source["absentBands"] {
  const items = all.slice(0, base);
  const absent = BANDS.filter((band) => items.some(({ absentBands }) => absentBands?.includes(band) === true));
  return absent.length === 0 ? undefined : absent;
}

/** Equal for equal dates, masks and method. */
export function fingerprintOf({ items, period, base }: MosaicPlan, method: MosaicMethod): string {
  const inputs = items.map(({ id, checksum }) => [id, checksum]);
  const { startMs, endMs, middleMs } = period;
  const filling = base === undefined ? [] : [base, FILL_VERSION];
  return createHash("sha256")
    .update(JSON.stringify(["mosaic", VERSION, method, startMs, endMs, middleMs, inputs, ...filling]))
    .digest("hex");
}

const SHARED = ["platform", "constellation", "instruments", "gsd", "grid:code"];
const propertiesSchema = z.object({ properties: z.record(z.string(), z.unknown()) });

/** What all dates say alike of the mission and the place. */
function sharedProperties(items: readonly CatalogItem[]): Readonly<Record<string, unknown>> {
  const all = items.map(({ json }) => propertiesSchema.parse(json).properties);
  const kept = SHARED.map((key) => [key, all[0]?.[key]] as const).filter(
    ([key, value]) =>
      value !== undefined && all.every((properties) => JSON.stringify(properties[key]) === JSON.stringify(value)),
  );
  return Object.fromEntries(kept);
}

/** Native pixels that the window cuts are merged whole. */
async function readNative(
  plan: MosaicPlan,
  { use, native }: { readonly use: MosaicUse; readonly native: NativeFactors | undefined },
  window: PixelWindow,
  signal: AbortSignal | undefined,
): Promise<SourceBlock> {
  const { width, height } = window;
  const whole = native === undefined ? window : wholeNative(window, plan.grid);
  const merged = await readMosaic(plan, use, whole, signal);
  if (native !== undefined) repeatNative(merged, whole, native);
  const inside = { width, height, x: window.x - whole.x, y: window.y - whole.y };
  const samples = cropPlanes(merged.samples, whole, inside);
  const valid = cropPlanes(merged.valid, whole, inside);
  return {
    raster: { kind: "raster", width, height, bands: BANDS, samples, valid },
    classes: cropPlanes(merged.classes, whole, inside),
    provenance: cropPlanes(merged.provenance, whole, inside),
  };
}

async function readMosaic(
  plan: MosaicPlan,
  use: MosaicUse,
  window: PixelWindow,
  signal: AbortSignal | undefined,
): Promise<MergedWindow> {
  const { width, height } = window;
  const size = width * height;
  const samples = new Float32Array(BANDS.length * size);
  const [valid, classes, provenance] = [new Uint8Array(size), new Uint8Array(size), new Uint8Array(size)];
  const { method } = use;
  const cells = method === "inpaint" ? filledCells(window) : cellsOf(window, cellSide(plan, use, method));
  const paste = async (cell: PixelWindow): Promise<void> => {
    const merged =
      method === "inpaint"
        ? await readFilledCell(plan, use, cell, signal)
        : await readCell(plan, { ...use, selection: method }, cell, signal);
    if (merged === undefined) return;
    for (let r = 0; r < cell.height; r++) {
      const to = (cell.y - window.y + r) * width + cell.x - window.x;
      const [start, end] = [r * cell.width, (r + 1) * cell.width];
      const plane = cell.width * cell.height;
      for (let b = 0; b < BANDS.length; b++)
        samples.set(merged.samples.subarray(b * plane + start, b * plane + end), b * size + to);
      valid.set(merged.valid.subarray(start, end), to);
      classes.set(merged.classes.subarray(start, end), to);
      provenance.set(merged.provenance.subarray(start, end), to);
    }
  };
  await Promise.all(cells.map(paste));
  return { samples, valid, classes, provenance };
}

/** One cell of all dates that show something clear near it; undefined where none does. */
async function readCell(
  { grid, items, period }: MosaicPlan,
  { decoder, selection, budget, decoding }: MosaicUse & { readonly selection: KeptSelection },
  core: PixelWindow,
  signal: AbortSignal | undefined,
): Promise<MergedWindow | undefined> {
  const margin = MARGIN_PX[selection];
  const wide = {
    x: core.x - margin,
    y: core.y - margin,
    width: core.width + 2 * margin,
    height: core.height + 2 * margin,
  };
  const rect = rectOfPixels(intersectWindow(wide, grid));
  const window = pixelsOf(rect);
  const near = items
    .map((item, source) => ({ item, source }))
    .filter(({ item }) => mayBeClear(item, intersectWindow(window, grid)));
  if (near.length === 0) return undefined;
  const work = async (): Promise<MergedWindow> => {
    const layers = await Promise.all(
      near.map(({ item, source }) =>
        decoding.run(async (): Promise<DatedWindow> => {
          signal?.throwIfAborted();
          const container = await decoder.reader.open(item.href, item.checksum, signal);
          const decoded = await decodeWindow({ container, level: 0, rect, bands: BANDS }, decoder, signal);
          const { pixels, masks, classes } = decoded;
          return { pixels, masks, classes, source, days: daysBetween(period.middleMs, item.datetimeMs) };
        }),
      ),
    );
    const transfer = layers.flatMap(({ pixels }) => (pixels.buffer instanceof ArrayBuffer ? [pixels.buffer] : []));
    const result = await decoder.pixels.run(
      { kind: "merge-window", selection, layers, window, core },
      { signal, transfer },
    );
    if (result.kind !== "merged-window") throw new TypeError(`a ${result.kind} answer to a merge of windows`);
    return result.merged;
  };
  return budget.hold(near.length * window.width * window.height * PIXEL_BYTES, work, signal);
}

/** False where an item says that every chunk under a window is cloud or empty. */
function mayBeClear({ chunkClearPercent, grid }: CatalogItem, { x, y, width, height }: PixelWindow): boolean {
  if (chunkClearPercent === undefined) return true;
  const columns = Math.ceil(grid.width / CHUNK_PX);
  for (let row = Math.floor(y / CHUNK_PX); row * CHUNK_PX < y + height; row++) {
    for (let column = Math.floor(x / CHUNK_PX); column * CHUNK_PX < x + width; column++)
      if ((chunkClearPercent[row * columns + column] ?? 100) > 0) return true;
  }
  return false;
}

/** The largest cell of which two fit into the budget with all dates. */
function cellSide({ items }: MosaicPlan, { budgetBytes }: MosaicUse, selection: KeptSelection): number {
  const bytes = (side: number): number => items.length * (side + 2 * MARGIN_PX[selection] + 32) ** 2 * PIXEL_BYTES;
  return CELLS_PX.find((side) => 2 * bytes(side) <= budgetBytes) ?? CHUNK_PX / 4;
}

/** The window in equal cells of at most `side`. */
function cellsOf({ x, y, width, height }: PixelWindow, side: number): readonly PixelWindow[] {
  const [columns, rows] = [cutEqually(x, width, side), cutEqually(y, height, side)];
  return rows.flatMap((row) =>
    columns.map((column) => ({ x: column.at, y: row.at, width: column.length, height: row.length })),
  );
}

function cutEqually(from: number, length: number, most: number): readonly { at: number; length: number }[] {
  const count = Math.ceil(length / most);
  const edges = Array.from({ length: count + 1 }, (_, i) => from + Math.round((i * length) / count));
  return edges.slice(1).map((edge, i) => ({ at: edges[i] ?? from, length: edge - (edges[i] ?? from) }));
}

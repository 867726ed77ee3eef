import type { CatalogItem } from "../../catalog/types.js";
import { CHUNK_PX } from "../../core/geometry.js";
import type { BandName } from "../../core/bands.js";
import { SharedCache } from "../../core/shared-cache.js";
import { drawAcquisition } from "../draw/draw-acquisition.js";
import { createCanvas, type LayerDrawing } from "../draw/draw-layer.js";
import type { Light } from "../inpaint/light.js";
import { EDGE_SHARE, solidPixels, solidRadius } from "../inpaint/solid.js";
import type { InpaintMethod } from "../mosaic/mosaic-spec.js";
import { daysBetween } from "../mosaic/order-items.js";
import type { CanvasMemory, DatedCanvas } from "../pixel-tasks.js";
import type { CoarsePicture, LitReference } from "./fill-tasks.js";
import { coarsestLevel, itemTarget, levelSize } from "./item-grid.js";

/** What is filled: an acquisition, from others. */
export interface FillSubject {
  /** Items drawn in order; the first one's grid is filled. */
  readonly base: readonly [CatalogItem, ...CatalogItem[]];
  /** Other dates, nearest first. */
  readonly references: readonly CatalogItem[];
  readonly bands: readonly BandName[];
  readonly tokens: number | undefined;
}

/** What is known of a whole item at its coarsest level, 256 pixels a side at most: it guides the fill of each of its chunks alike. */
export interface Guide {
  /** True where clouds are told from the bands and next to nothing of the base is clear: what is left is cloud that the detector missed. */
  isBlind(signal?: AbortSignal): Promise<boolean>;
  /** Indices of the references that a chunk of a level is filled from, the same for whoever asks. */
  chosen(chunk: ChunkPlace, method: InpaintMethod, signal?: AbortSignal): Promise<readonly number[]>;
  light(reference: number, signal?: AbortSignal): Promise<Light | undefined>;
  /** The base without holes, for what no date shows; undefined where nothing is known of the place. */
  coarse(method: InpaintMethod, signal?: AbortSignal): Promise<CoarsePicture | undefined>;
}

export interface ChunkPlace {
  readonly level: number;
  readonly row: number;
  readonly column: number;
}

/** A date at the coarsest level of the base's grid; nothing of it is clear where it is blind. */
interface Overview {
  readonly canvas: CanvasMemory;
  readonly isBlind: boolean;
}

/** Keeps what guides share: the same date serves many. */
export interface GuideCaches {
  readonly overviews: SharedCache<Overview>;
  readonly lights: SharedCache<{ readonly light: Light | undefined }>;
  readonly pictures: SharedCache<{ readonly picture: CoarsePicture | undefined }>;
}

export function createGuideCaches(maxBytes: number): GuideCaches {
  return {
    overviews: new SharedCache({
      maxBytes: maxBytes / 2,
      sizeOf: ({ canvas }) => canvas.samples.byteLength + canvas.filled.length,
    }),
    lights: new SharedCache({
      maxBytes: maxBytes / 4,
      sizeOf: ({ light }) => 256 + (light === undefined ? 0 : 2 * light.gain.byteLength),
    }),
    pictures: new SharedCache({
      maxBytes: maxBytes / 4,
      sizeOf: ({ picture }) => 256 + (picture?.samples.byteLength ?? 0),
    }),
  };
}

/** A date without scene classes of which less than this share is clear is taken as all cloud. */
const LEAST_DETECTED = 0.05;
/** Dates on each side that lend their light. */
const ANCHORS = 2;
/** A date that shows less than this share of the place lends no light. */
const ANCHOR_SHARE = 0.6;

export function createGuide(subject: FillSubject, caches: GuideCaches, use: LayerDrawing): Guide {
  const { base, references, bands, tokens } = subject;
  const [owner] = base;
  const level = coarsestLevel(owner);
  const factor = 2 ** level;
  const size = levelSize(owner, level);
  const target = itemTarget(owner, level, { x: 0, y: 0, ...size });
  const { crs, transform, width, height } = owner.grid;
  const grid = JSON.stringify([crs, transform, width, height, bands, tokens ?? "all"]);
  const baseKey = base.map(keyOf).join(" ");
  const days = references.map((item) => daysBetween(owner.datetimeMs, item.datetimeMs));

  const overview = (item: CatalogItem, signal?: AbortSignal): Promise<Overview> =>
    caches.overviews.get(`${grid} ${keyOf(item)}`, (shared) => drawOverview(item, shared), signal);

  async function drawOverview(item: CatalogItem, signal: AbortSignal): Promise<Overview> {
    const drawn = await drawAcquisition({ target, item, bands, tokens }, use, signal);
    const canvas = drawn?.canvas ?? createCanvas(target, bands);
    const isBlind = drawn === undefined || (drawn.isDetected && shareOf(canvas) < LEAST_DETECTED);
    if (isBlind) canvas.filled.fill(0);
    canvas.filled.set(solidPixels(canvas.filled, canvas.size, { radius: solidRadius(factor), share: EDGE_SHARE }));
    return { canvas, isBlind };
  }

  const ofBase = (signal?: AbortSignal): Promise<Overview> =>
    base.length === 1
      ? overview(owner, signal)
      : caches.overviews.get(
          `${grid} ${baseKey}`,
          async (shared) => merge(await Promise.all(base.map((item) => overview(item, shared)))),
          signal,
        );

  function merge(all: readonly Overview[]): Overview {
    const canvas = createCanvas(target, bands);
    const pixels = canvas.filled.length;
    for (const { canvas: from } of all)
      for (let i = 0; i < pixels; i++) {
        if (canvas.filled[i] !== 0 || from.filled[i] === 0) continue;
        canvas.filled[i] = from.filled[i] ?? 0;
        for (let at = i; at < canvas.samples.length; at += pixels) canvas.samples[at] = from.samples[at] ?? 0;
      }
    return { canvas, isBlind: all.every(({ isBlind }) => isBlind) };
  }

  const dated = async (k: number, signal?: AbortSignal): Promise<DatedCanvas> => {
    const item = references[k];
    if (item === undefined) throw new RangeError(`reference ${k} of ${references.length}`);
    return { canvas: (await overview(item, signal)).canvas, days: days[k] ?? 0 };
  };

  /** The nearest dates on each side that show much of the place. */
  async function anchors(signal?: AbortSignal): Promise<readonly number[]> {
    const found: number[] = [];
    const left = { before: ANCHORS, after: ANCHORS };
    for (const k of references.keys()) {
      const side = (days[k] ?? 0) < 0 ? "before" : "after";
      if (left[side] === 0 || shareOf((await dated(k, signal)).canvas) < ANCHOR_SHARE) continue;
      left[side]--;
      found.push(k);
    }
    return found;
  }

  async function findLight(k: number, signal: AbortSignal): Promise<{ readonly light: Light | undefined }> {
    const { canvas } = await ofBase(signal);
    const reference = await dated(k, signal);
    const needsAnchors = commonShare(canvas, reference.canvas) < DIRECT_SHARE;
    const lenders = needsAnchors ? await Promise.all((await anchors(signal)).map((a) => dated(a, signal))) : [];
    const result = await use.pixels.run(
      { kind: "light", base: canvas, reference, anchors: lenders, factor },
      { signal },
    );
    if (result.kind !== "lit") throw new TypeError(`a ${result.kind} answer to a light task`);
    return { light: result.light };
  }

  const light = async (k: number, signal?: AbortSignal): Promise<Light | undefined> => {
    const key = `${grid} ${baseKey} < ${references.map(keyOf).join(" ")} ${k}`;
    return (await caches.lights.get(key, (shared) => findLight(k, shared), signal)).light;
  };

  async function fillCoarse(
    method: InpaintMethod,
    signal: AbortSignal,
  ): Promise<{ readonly picture: CoarsePicture | undefined }> {
    const { canvas } = await ofBase(signal);
    const from = method === "harmonic" ? [] : await anchors(signal);
    const lit = await Promise.all(
      from.map(async (k): Promise<LitReference> => ({
        ...(await dated(k, signal)),
        light: await light(k, signal),
        day: "",
      })),
    );
    const result = await use.pixels.run({ kind: "coarse", canvas, references: lit, factor }, { signal });
    if (result.kind !== "coarse") throw new TypeError(`a ${result.kind} answer to a coarse task`);
    return { picture: result.picture };
  }

  return {
    isBlind: async (signal) => (await ofBase(signal)).isBlind,
    async chosen(chunk, method, signal) {
      if (method === "harmonic") return [];
      const { canvas } = await ofBase(signal);
      const need = { before: openPixels(canvas, chunk, factor), after: openPixels(canvas, chunk, factor) };
      if (method === "nearest") need.after = need.before;
      const found: number[] = [];
      for (const [k, item] of references.entries()) {
        const open = (days[k] ?? 0) < 0 ? need.before : need.after;
        if (open.size === 0) continue;
        const { canvas: seen } = await overview(item, signal);
        const before = open.size;
        for (const i of open) if (seen.filled[i] !== 0) open.delete(i);
        if (open.size < before) found.push(k);
        if (need.before.size === 0 && need.after.size === 0) break;
      }
      return found;
    },
    light,
    coarse: async (method, signal) => {
      const key = `${grid} ${baseKey} < ${references.map(keyOf).join(" ")} ${method === "harmonic" ? "alone" : "lit"}`;
      return (await caches.pictures.get(key, (shared) => fillCoarse(method, shared), signal)).picture;
    },
  };
}

/** As light.ts has it: from this share of common pixels on a direct fit is all that counts. */
const DIRECT_SHARE = 0.1;

function commonShare(a: CanvasMemory, b: CanvasMemory): number {
  let common = 0;
  for (let i = 0; i < a.filled.length; i++) if (a.filled[i] !== 0 && b.filled[i] !== 0) common++;
  return common / a.filled.length;
}

/** Names a date's bytes. */
export function keyOf({ collection, id, checksum }: CatalogItem): string {
  return `${collection}/${id}#${checksum}`;
}

function shareOf({ filled }: CanvasMemory): number {
  let seen = 0;
  for (let i = 0; i < filled.length; i++) if (filled[i] !== 0) seen++;
  return seen / filled.length;
}

/** Coarse pixels of a chunk that the base does not show; all of them where it shows all. */
function openPixels(
  { size, height, filled }: CanvasMemory,
  { level, row, column }: ChunkPlace,
  factor: number,
): Set<number> {
  const side = (CHUNK_PX * 2 ** level) / factor;
  const [left, top] = [Math.floor(column * side), Math.floor(row * side)];
  const [right, bottom] = [
    Math.min(size, Math.ceil((column + 1) * side)),
    Math.min(height, Math.ceil((row + 1) * side)),
  ];
  const [open, all] = [new Set<number>(), new Set<number>()];
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      all.add(y * size + x);
      if (filled[y * size + x] === 0) open.add(y * size + x);
    }
  return open.size === 0 ? all : open;
}

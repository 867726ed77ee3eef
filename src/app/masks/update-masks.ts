import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { holdsAll } from "../../catalog/absent-bands.js";
import type { CatalogWriter } from "../../catalog/catalog-writer.js";
import { withMasks } from "../../catalog/item-masks.js";
import type { CatalogItem } from "../../catalog/types.js";
import type { TecMetadata } from "../../container/tec-cog.js";
import type { MaskSource } from "../../core/scene-classes.js";
import { createCloudPool } from "../../ingest/clouds/cloud-pool.js";
import { LEAST_DATES } from "../../ingest/clouds/detect.js";
import { rewriteMasks, type FoundStates, type Rewritten } from "../../ingest/clouds/rewrite-masks.js";
import { SERIES_BANDS } from "../../ingest/clouds/predict.js";
import { isRemote } from "../../store/location.js";
import type { OpenContainer } from "../../tile/chunk-reader.js";
import type { Decoder } from "../services.js";
import { findStates, type GridSeries } from "./find-states.js";

export interface MaskOptions {
  readonly collection: string;
  readonly writer: CatalogWriter;
  readonly decoder: Pick<Decoder, "reader" | "networks">;
  /** "from-time": told by the series. "given": the source's scene classes, as they were. */
  readonly masks: "from-time" | "given";
  /** Nothing is written. */
  readonly dryRun: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((grid: string, done: number, total: number) => void) | undefined;
  /** Called for each date, in the order in which they are written. */
  readonly onDate?: ((date: MaskedDate) => void) | undefined;
}

/** What became of a date's masks. */
export interface MaskedDate {
  readonly item: CatalogItem;
  /** False: they were right already. */
  readonly changed: boolean;
  readonly maskSource: MaskSource | undefined;
  /** 0..100. */
  readonly clearPercent: number | undefined;
  /** Dates of its grid. */
  readonly dates: number;
  /** It was replaced or removed while clouds were told, and is left alone. */
  readonly passedOver: boolean;
}

/**
 * Tells clouds of all dates of a collection anew and writes them where they changed, each date's file and item at once: stopped at any moment the
 * catalog is whole, and the next run goes on. Dates of one grid are a series; what a date's masks are doesn't depend on the order in which dates came.
 */
export async function updateMasks(options: MaskOptions): Promise<readonly MaskedDate[]> {
  const items = (await options.writer.items(options.collection)).filter(canBeTold);
  const done: MaskedDate[] = [];
  for (const group of groupByGrid(items)) done.push(...(await updateGrid(group, options)));
  return done;
}

/** True where a date's masks are not those that the dates beside it tell: it is new, or there were too few. */
export function needsMasks(items: readonly CatalogItem[]): boolean {
  return groupByGrid(items.filter(canBeTold)).some((group) =>
    group.some(
      ({ maskSource }) =>
        maskSource === undefined ||
        (group.length >= LEAST_DATES && (maskSource === "scl" || maskSource === "single-date")),
    ),
  );
}

/** Files of ours that have the bands that tell clouds; others keep the masks that they came with. */
function canBeTold(item: CatalogItem): boolean {
  return !isRemote(item.href) && holdsAll(item, SERIES_BANDS);
}

async function updateGrid(group: readonly CatalogItem[], options: MaskOptions): Promise<readonly MaskedDate[]> {
  const opened = await Promise.all(group.map((item) => openItem(item, options)));
  // What is made of several dates has no clouds of one.
  const dates = opened.filter(({ container }) => container.cog.metadata.sources === undefined);
  const [first] = dates;
  if (first === undefined) return [];
  const series = seriesOf(dates);
  const store = options.masks === "given" ? undefined : await statesOf(series, first.item.id, options);
  const placed = new Map<string, string>();
  const done: MaskedDate[] = [];
  // Those that others lean on come first, so that the others can name their new files.
  const order = [...dates.keys()].toSorted((a, b) => leansOn(dates[a]) - leansOn(dates[b]) || a - b);
  for (const t of order) {
    const date = dates[t];
    if (date === undefined) continue;
    const found = store && { ...series, states: store.read(t) };
    const result = await updateDate(date, { found, dates: dates.length, placed, options });
    done.push(result);
    options.onDate?.(result);
  }
  return done;
}

interface OpenedDate {
  readonly item: CatalogItem;
  readonly container: OpenContainer;
  readonly day: number;
}

const leansOn = (date: OpenedDate | undefined): number => Math.min(1, date?.item.references.length ?? 0);

async function openItem(item: CatalogItem, { decoder, signal }: MaskOptions): Promise<OpenedDate> {
  return {
    item,
    container: await decoder.reader.open(item.href, item.checksum, signal),
    day: item.datetimeMs / 86_400_000,
  };
}

async function statesOf(
  series: GridSeries,
  name: string,
  { decoder, signal, onProgress }: MaskOptions,
): ReturnType<typeof findStates> {
  const clouds = createCloudPool(availableParallelism());
  try {
    return await findStates(series, {
      ...decoder,
      clouds,
      signal,
      onProgress: (done, total) => onProgress?.(name, done, total),
    });
  } finally {
    await clouds.close();
  }
}

interface DateUse {
  readonly found: FoundStates | undefined;
  readonly dates: number;
  /** New places of files, by their old ones. */
  readonly placed: Map<string, string>;
  readonly options: MaskOptions;
}

async function updateDate({ item, container }: OpenedDate, use: DateUse): Promise<MaskedDate> {
  const { found, dates, placed, options } = use;
  const { writer, signal } = options;
  const { metadata } = container.cog;
  const maskSource = sourceOf(metadata, found === undefined ? undefined : dates);
  const file = await writer.stagingPath(".tif");
  try {
    const references = movedReferences(item, metadata, placed);
    const told = await rewriteMasks(file, {
      source: container.source,
      cog: container.cog,
      found: maskSource === "scl" ? undefined : found,
      maskSource: maskSource === "scl" ? undefined : maskSource,
      references,
      signal,
    });
    const shown = { item, maskSource, clearPercent: told.clearPercent, dates };
    const changed = told.changed || !agrees(item, told, maskSource);
    if (!changed || options.dryRun) return { ...shown, changed, passedOver: false };
    const now = await writer.find(item.collection, item.id).catch(() => undefined);
    if (now?.checksum !== item.checksum) return { ...shown, changed: false, passedOver: true };
    const json = withMasks(item, {
      ...told,
      maskSource,
      sizeBytes: told.fileBytes,
      sha256: await sha256OfFile(file),
      references: references?.map(({ href }) => href) ?? [],
      updated: new Date().toISOString(),
    });
    const after = await writer.addItem({ collection: { id: item.collection }, item: json, file });
    placed.set(item.href, after.href);
    return { ...shown, item: after, changed: true, passedOver: false };
  } finally {
    await rm(file, { force: true });
  }
}

/** `dates`: of the series that told; undefined where none did. */
function sourceOf({ classes }: TecMetadata, dates: number | undefined): MaskSource | undefined {
  if (dates === undefined) return classes ? "scl" : undefined;
  if (dates < LEAST_DATES) return classes ? "scl" : "single-date";
  return classes ? "scl+time" : "time";
}

/** The file's list of references with the new places of those that were written before it. */
function movedReferences(
  item: CatalogItem,
  { references }: TecMetadata,
  placed: ReadonlyMap<string, string>,
): TecMetadata["references"] {
  return references?.map((reference, k) => {
    const moved = placed.get(item.referenceHrefs[k] ?? "");
    return moved === undefined
      ? reference
      : { ...reference, href: relative(dirname(item.href), moved).replaceAll(sep, "/") };
  });
}

/** True where the item says what the masks add up to. */
function agrees(item: CatalogItem, told: Rewritten, maskSource: MaskSource | undefined): boolean {
  return (
    item.maskSource === maskSource &&
    Math.abs((item.clearPercent ?? -1) - (told.clearPercent ?? -1)) < 1e-9 &&
    (told.clearPercent === undefined || item.cloudCover !== undefined)
  );
}

/** Clouds are told where pixels are about as large as those of the bands that tell them: at most 25 m. */
const MOST_PIXEL_M = 25;
const METRES_A_DEGREE = 111_320;

function seriesOf(dates: readonly OpenedDate[]): GridSeries {
  const [first] = dates;
  const levels = first?.container.cog.levels ?? [];
  const pixelM = first === undefined ? 10 : pixelSizeOf(first.item);
  let level = 0;
  while (level + 1 < levels.length && pixelM * 2 ** (level + 1) <= MOST_PIXEL_M) level++;
  const { width = 0, height = 0 } = levels[level] ?? {};
  return { level, width, height, pixelM: pixelM * 2 ** level, dates };
}

/** Side of a pixel of the full resolution, metres, from the area that the image covers. */
function pixelSizeOf({ boundsWgs84: [west, south, east, north], grid }: CatalogItem): number {
  const degrees = ((east - west + 360) % 360 || 360) * (north - south);
  const area = METRES_A_DEGREE ** 2 * degrees * Math.cos((((south + north) / 2) * Math.PI) / 180);
  return Math.sqrt(area / (grid.width * grid.height));
}

function groupByGrid(items: readonly CatalogItem[]): readonly (readonly CatalogItem[])[] {
  const groups = new Map<string, CatalogItem[]>();
  for (const item of items.toSorted((a, b) => a.datetimeMs - b.datetimeMs || (a.id < b.id ? -1 : 1))) {
    const { crs, width, height, transform } = item.grid;
    const key = JSON.stringify([crs, width, height, transform]);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { CatalogWriter } from "../catalog/catalog-writer.js";
import { toItem } from "../catalog/item.js";
import type { CatalogItem } from "../catalog/types.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import { CODECS } from "../core/codecs.js";
import { InvalidRequestError } from "../core/errors.js";
import { onDisk } from "../core/on-disk.js";
import type { CodingUse, Fineness } from "./coding.js";
import { encodeImage, type EncodeReport } from "./encode-image.js";
import type { ReferenceImage } from "./references.js";
import { codecOfDate, planReferences, type Series } from "./series.js";
import type { Source } from "./source.js";

export interface IngestOptions extends Fineness {
  readonly collection: {
    readonly id: string;
    readonly title?: string;
    readonly description?: string;
    readonly license?: string;
  };
  readonly model: LoadedModel;
  /** Threads that code and decode. */
  readonly decoder: Pick<CodingUse, "networks" | "encoders" | "official">;
  readonly writer: CatalogWriter;
  /** Entropy model and keyframes. Dates that may lean on others want to come in time order. */
  readonly series: Series;
  /** Encode again although an item of the same source, model and quality is there. */
  readonly overwrite: boolean;
  /** Ids of all that is ingested together with this source: a keyframe is replaced only together with what leans on it. */
  readonly run?: ReadonlySet<string> | undefined;
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export type IngestResult =
  | { readonly kind: "added"; readonly item: CatalogItem; readonly report: EncodeReport }
  | { readonly kind: "unchanged"; readonly item: CatalogItem };

/**
 * The way in: one date of imagery becomes one item of the catalog.
 *
 * Encodes under a temporary name, then adds file and STAC Item at once; a process killed at any moment leaves the catalog whole,
 * and running it again skips what is there.
 *
 * @throws InvalidRequestError when the source has no georeference or no date, or would replace what other items lean on.
 */
export async function ingestSource(source: Source, options: IngestOptions): Promise<IngestResult> {
  const { collection, writer } = options;
  const image = { ...placeOf(source), model: options.model, quality: options.quality };
  const find = writer.find(collection.id, source.id);
  // A torn item is what encoding again mends.
  const known = await (options.overwrite ? find.catch(() => undefined) : find);
  if (known !== undefined && !options.overwrite) {
    const items = known.references.length === 0 ? [] : await writer.items(collection.id);
    if (known.sourceFingerprint === fingerprintOf(source, options, referencesOf(known, items)))
      return { kind: "unchanged", item: known };
  }
  const items = known === undefined && !takesReferences(options) ? [] : await writer.items(collection.id);
  checkDependents(source.id, items, options.run ?? new Set([source.id]));
  const others = items.filter(({ id }) => id !== source.id);
  const references = takesReferences(options) ? planReferences(image, others, options.series.keyframes) : [];
  return encodeItem(source, image, { options, references });
}

/** Encodes an image whose references are chosen, and adds it. */
async function encodeItem(
  source: Source,
  image: ReturnType<typeof placeOf>,
  { options, references }: { readonly options: IngestOptions; readonly references: readonly CatalogItem[] },
): Promise<IngestResult> {
  const { collection, model, quality, writer, series } = options;
  const images = await openReferenceImages(source, references, options);
  const codec = codecOfDate(series.codec, references, model);
  const file = await writer.stagingPath(".tif");
  const thumbnail = await writer.stagingPath(".webp");
  try {
    const report = await encodeImage(source, file, {
      ...options,
      ...options.decoder,
      codec,
      references: images,
    });
    await onDisk(thumbnail, () => writeFile(thumbnail, report.preview.thumbnail));
    const json = toItem({
      id: source.id,
      collection: collection.id,
      datetime: image.datetime,
      grid: image.grid,
      model: { id: model.id, sha256: model.sha256 },
      quality,
      entropy: codec,
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(report.clearPercent === undefined ? {} : { clouds: options.clouds ?? "coarse", maskSource: "scl" }),
      ...(report.psnrClouded === undefined ? {} : { psnrClouded: report.psnrClouded }),
      psnr: report.psnr,
      ...(source.absentBands === undefined ? {} : { absentBands: source.absentBands }),
      bitsPerPixel: report.bitsPerPixel,
      units: source.units,
      classes: source.hasClasses,
      validPercent: report.validPercent,
      ...(report.clearPercent === undefined ? {} : { clearPercent: report.clearPercent }),
      ...(report.chunkClearPercent === undefined ? {} : { chunkClearPercent: report.chunkClearPercent }),
      sourceFingerprint: fingerprintOf(source, options, references),
      ...(references.length === 0
        ? {}
        : { references: references.map(({ id }, i) => ({ id, file: images[i]?.href ?? "" })) }),
      file: { sizeBytes: report.fileBytes, sha256: await sha256OfFile(file), headerBytes: report.headerBytes },
      properties: source.properties,
      ...(source.derivedFrom === undefined ? {} : { derivedFrom: source.derivedFrom }),
      created: new Date().toISOString(),
      software: { tectile: options.version },
    });
    const item = await writer.addItem({
      collection,
      item: json,
      file,
      thumbnail: { file: thumbnail, type: "image/webp" },
    });
    return { kind: "added", item, report };
  } finally {
    await Promise.all([rm(file, { force: true }), rm(thumbnail, { force: true })]);
  }
}

/** Where and when a source is. @throws InvalidRequestError */
function placeOf({ location, grid, datetime, warnings }: Source): {
  readonly grid: CatalogItem["grid"];
  readonly datetime: string;
  readonly datetimeMs: number;
} {
  const { transform, crs, width, height } = grid;
  if (crs === undefined || transform === undefined) {
    const points = warnings.find((text) => text.includes("ground control points"));
    throw new InvalidRequestError(
      points ??
        `${location} has no ${crs === undefined ? "CRS" : "georeference"}; a catalog needs one (tectile encode works without)`,
    );
  }
  if (datetime === undefined) {
    throw new InvalidRequestError(
      `${location} has no date in its tags or name; give one with --datetime 2024-05-01T10:00:00Z`,
    );
  }
  return { grid: { crs, transform, width, height }, datetime, datetimeMs: Date.parse(datetime) };
}

const takesReferences = ({ series }: IngestOptions): boolean => CODECS[series.codec].references > 0;

/** The references' files are opened as the new file will name them, from its place in the catalog. */
function openReferenceImages(
  source: Source,
  references: readonly CatalogItem[],
  { series, writer, collection }: IngestOptions,
): Promise<readonly ReferenceImage[]> {
  const target = join(writer.itemFolder(collection.id, source.id), `${source.id}.tif`);
  return series.openReferences(
    references.map(({ href }) => href),
    target,
  );
}

/** @throws InvalidRequestError when items that stay as they are lean on one that is to be replaced. */
function checkDependents(id: string, items: readonly CatalogItem[], run: ReadonlySet<string>): void {
  const dependents = items.filter((item) => item.references.includes(id) && !run.has(item.id));
  if (dependents.length === 0) return;
  const [names, more] = [dependents.slice(0, 3).map((item) => item.id), dependents.length > 3 ? ", ..." : ""];
  throw new InvalidRequestError(
    `Item ${id} is a keyframe that ${dependents.length} other items lean on (${names.join(", ")}${more}); to encode it again give their inputs in the same run`,
  );
}

function referencesOf(
  { references }: CatalogItem,
  items: readonly CatalogItem[],
): readonly Pick<CatalogItem, "codedChecksum">[] {
  return references.map((id) => items.find((item) => item.id === id) ?? { codedChecksum: "gone" });
}

/** Equal for equal pixels encoded the same way, leaning on the same files. */
function fingerprintOf(
  source: Source,
  { model, quality, target, clouds, series }: IngestOptions,
  references: readonly Pick<CatalogItem, "codedChecksum">[],
): string {
  const how = [
    series.codec,
    target ?? null,
    clouds ?? "coarse",
    ...references.map(({ codedChecksum }) => codedChecksum),
  ];
  return createHash("sha256")
    .update(JSON.stringify([source.fingerprint, model.sha256, quality, ...how]))
    .digest("hex");
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

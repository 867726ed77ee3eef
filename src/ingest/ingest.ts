import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { CatalogWriter } from "../catalog/catalog-writer.js";
import { toItem } from "../catalog/item.js";
import type { CatalogItem } from "../catalog/types.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import { InvalidRequestError } from "../core/errors.js";
import type { Networks } from "../model/networks.js";
import { encodeImage, type EncodeReport } from "./encode-image.js";
import type { Source } from "./source.js";

export interface IngestOptions {
  readonly collection: {
    readonly id: string;
    readonly title?: string;
    readonly description?: string;
    readonly license?: string;
  };
  readonly model: LoadedModel;
  readonly quality: number;
  readonly networks: Networks;
  readonly writer: CatalogWriter;
  /** Encode again although an item of the same source, model and quality is there. */
  readonly overwrite: boolean;
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
 * @throws InvalidRequestError when the source has no georeference or no date.
 */
export async function ingestSource(source: Source, options: IngestOptions): Promise<IngestResult> {
  const { collection, model, quality, writer } = options;
  const { transform, crs, width, height } = source.grid;
  if (crs === undefined || transform === undefined) {
    throw new InvalidRequestError(
      `${source.location} has no ${crs === undefined ? "CRS" : "georeference"}; a catalog needs one (tectile encode works without)`,
    );
  }
  if (source.datetime === undefined) {
    throw new InvalidRequestError(
      `${source.location} has no date in its tags or name; give one with --datetime 2024-05-01T10:00:00Z`,
    );
  }
  const fingerprint = fingerprintOf(source, model, quality);
  const known = options.overwrite ? undefined : await writer.find(collection.id, source.id);
  if (known !== undefined && known.sourceFingerprint === fingerprint) return { kind: "unchanged", item: known };
  const file = await writer.stagingPath(".tif");
  const thumbnail = await writer.stagingPath(".webp");
  try {
    const report = await encodeImage(source, file, options);
    await writeFile(thumbnail, report.preview.thumbnail);
    const json = toItem({
      id: source.id,
      collection: collection.id,
      datetime: source.datetime,
      grid: { crs, transform, width, height },
      model: { id: model.id, sha256: model.sha256 },
      quality,
      entropy: "fp",
      psnr: report.psnr,
      bitsPerPixel: report.bitsPerPixel,
      validPercent: report.validPercent,
      ...(report.clearPercent === undefined ? {} : { clearPercent: report.clearPercent }),
      sourceFingerprint: fingerprint,
      file: { sizeBytes: report.fileBytes, sha256: await sha256OfFile(file), headerBytes: report.headerBytes },
      properties: source.properties,
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

/** Equal for equal pixels encoded the same way. */
function fingerprintOf(source: Source, model: LoadedModel, quality: number): string {
  return createHash("sha256")
    .update(JSON.stringify([source.fingerprint, model.sha256, quality]))
    .digest("hex");
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { CatalogWriter } from "../../src/catalog/catalog-writer.js";
import { toItem, type ItemDescription } from "../../src/catalog/item.js";
import type { CatalogItem } from "../../src/catalog/types.js";

/** An empty folder that goes with the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tectile-test-"));
  // A catalog that is open yet may be writing into it.
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

/** 512 x 384 pixels of 10 m near 41 N 2 E. */
export const UTM_GRID: CatalogItem["grid"] = {
  crs: "EPSG:32631",
  transform: [10, 0, 430_000, 0, -10, 4_600_000],
  width: 512,
  height: 384,
};

/** A grid of degrees with its north-west corner at (west, north). */
export function degreeGrid(west: number, north: number, sizeDegrees = 1): CatalogItem["grid"] {
  const side = 100;
  const step = sizeDegrees / side;
  return { crs: "EPSG:4326", transform: [step, 0, west, 0, -step, north], width: side, height: side };
}

/** A complete description; the bytes are what the file will hold. */
export function describeItem(
  id: string,
  overrides: Partial<ItemDescription> = {},
  bytes: Uint8Array = bytesOf(id),
): ItemDescription {
  return {
    id,
    collection: "lisbon",
    datetime: "2024-05-01T10:30:00Z",
    grid: UTM_GRID,
    model: { id: "toy", sha256: "ab".repeat(32) },
    quality: 3,
    entropy: "fp",
    psnr: { B02: 41.5, all: 40.25 },
    bitsPerPixel: 0.09,
    // Masks tell the cloud cover: where a test tells it, there are none.
    ...(overrides.properties === undefined ? { clearPercent: 87.5 } : {}),
    validPercent: 100,
    sourceFingerprint: `fingerprint of ${id}`,
    file: { sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex"), headerBytes: 64 },
    properties: { platform: "sentinel-2a", instruments: ["msi"], "eo:cloud_cover": 12.5 },
    created: "2026-01-01T00:00:00Z",
    software: { tectile: "0.1.0" },
    ...overrides,
  };
}

/** Something to stand for a TEC-COG where nobody looks inside. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(`II*\0 a file for ${text} `.repeat(20));
}

/** Adds an item with a file of made-up bytes. */
export async function addTestItem(
  writer: CatalogWriter,
  id: string,
  overrides: Partial<ItemDescription> = {},
  bytes: Uint8Array = bytesOf(id),
): Promise<CatalogItem> {
  const file = await writer.stagingPath(".tif");
  await writeFile(file, bytes);
  const description = describeItem(id, overrides, bytes);
  return writer.addItem({
    collection: { id: description.collection, title: "Lisbon" },
    item: toItem(description),
    file,
  });
}

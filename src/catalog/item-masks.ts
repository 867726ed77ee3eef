import { z } from "zod";
import type { MaskSource } from "../core/scene-classes.js";
import { REFERENCE_REL } from "./tec-extension.js";
import type { CatalogItem, StacJson } from "./types.js";

/** What the masks of an image at full resolution add up to. */
export interface MaskTotals {
  /** Share of all pixels that are valid and neither cloud nor shadow, 0..100; undefined where nothing tells. */
  readonly clearPercent: number | undefined;
  /** The same of each chunk, row-major, rounded up. */
  readonly chunkClearPercent: readonly number[] | undefined;
  /** Share of all pixels that are valid, 0..100. */
  readonly validPercent: number | undefined;
  readonly maskSource: MaskSource | undefined;
}

/** The properties of an item that its masks give: eo:cloud_cover is the share of cloud and shadow among the valid pixels. */
export function maskProperties({ clearPercent, chunkClearPercent, validPercent, maskSource }: MaskTotals): StacJson {
  const hidden =
    clearPercent === undefined || validPercent === undefined || validPercent === 0
      ? undefined
      : 100 * (1 - clearPercent / validPercent);
  return {
    ...(hidden === undefined ? {} : { "eo:cloud_cover": Math.round(100 * Math.max(0, hidden)) / 100 }),
    ...(clearPercent === undefined ? {} : { "tec:clear_percent": clearPercent }),
    ...(chunkClearPercent === undefined ? {} : { "tec:chunk_clear_percent": chunkClearPercent }),
    ...(maskSource === undefined ? {} : { "tec:mask_source": maskSource }),
  };
}

/** A file whose masks are corrected, of an item. */
export interface MaskedFile extends MaskTotals {
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly headerBytes: number;
  /** Of the files that it leans on, relative to the item's folder, in the order of the item's own. */
  readonly references: readonly string[];
  /** RFC 3339; the moment of the correction. */
  readonly updated: string;
}

/** The item's document with another file of the same latents and other masks. Its thumbnail and other assets stay. */
export function withMasks({ json, codedChecksum }: CatalogItem, file: MaskedFile): StacJson {
  const { properties, assets, links } = z
    .object({ properties: record, assets: z.looseObject({ tec: record }), links: z.array(record) })
    .parse(json);
  const kept = Object.fromEntries(Object.entries(properties).filter(([key]) => !MASK_PROPERTIES.has(key)));
  const next = file.references.values();
  return {
    ...json,
    properties: { ...kept, updated: file.updated, ...maskProperties(file) },
    links: links.map((link) =>
      link["rel"] === REFERENCE_REL && link["tec:file"] !== undefined
        ? { ...link, "tec:file": next.next().value ?? link["tec:file"] }
        : link,
    ),
    assets: {
      ...assets,
      tec: {
        ...assets.tec,
        "file:size": file.sizeBytes,
        "file:checksum": `1220${file.sha256}`,
        "file:header_size": file.headerBytes,
        "tec:coded_checksum": codedChecksum,
      },
    },
  };
}

const record = z.record(z.string(), z.unknown());
const MASK_PROPERTIES: ReadonlySet<string> = new Set([
  "eo:cloud_cover",
  "tec:clear_percent",
  "tec:chunk_clear_percent",
  "tec:mask_source",
]);

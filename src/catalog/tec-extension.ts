import { z } from "zod";
import { BANDS } from "../core/bands.js";
import { CODEC_NAMES } from "../core/codecs.js";
import { MASK_SOURCES } from "../core/scene-classes.js";

/** Identifier of the `tec` STAC extension; docs/tec-extension holds the schema, and every server serves it. */
export const TEC_EXTENSION = "https://w3id.org/tectile/tec/v1.0.0/schema.json";

/** Media type of a TEC-COG: one of its own, so that no reader of GeoTIFFs takes its quicklook for data. */
export const TEC_MEDIA_TYPE = "application/vnd.tectile.tec-cog";

/** Roles of the asset that holds the latents: GDAL's STACIT takes what isn't a thumbnail or metadata for pictures, whatever its media type. */
export const LATENTS_ROLES: readonly string[] = ["latents", "metadata"];

/** Relation of a link from an item to one that it leans on; its `tec:file` is that item's TEC-COG, relative to the item's folder. */
export const REFERENCE_REL = "tec:reference";

const percent = z.number().min(0).max(100);

/** Fields of the asset that holds the latents. */
export const tecAssetFields = z.object({
  "tec:model": z.string().min(1).describe("Id of the model whose networks made the latents and decode them."),
  "tec:model_sha256": z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("SHA-256 of the model's card (model.json), hexadecimal; the card names the networks' own checksums."),
  "tec:quality": z.number().min(0).describe("Quality step of the model, 0 is the coarsest."),
  "tec:entropy": z
    .enum(CODEC_NAMES)
    .describe("Entropy model of the chunks: factorised prior, ELIC context, temporal transformer, flexible."),
  "tec:psnr": z
    .partialRecord(z.enum([...BANDS, "all", "visible"]), z.number())
    .optional()
    .describe(
      "PSNR of each band, of all together and of B02, B03, B04 (visible), dB, peak 10000, over the valid pixels at full resolution that are neither cloud nor shadow.",
    ),
  "tec:psnr_clouded": z
    .partialRecord(z.enum([...BANDS, "all", "visible"]), z.number())
    .optional()
    .describe("The same over the valid pixels that are cloud or shadow."),
  "tec:target": z
    .union([z.object({ psnr: z.number() }), z.object({ max_rmse: z.number() })])
    .optional()
    .describe(
      "What each chunk was encoded to reach instead of the quality's step: PSNR in dB, or root mean square error in digital numbers.",
    ),
  "tec:clouds": z
    .enum(["coarse", "same"])
    .optional()
    .describe("Whether positions wholly under cloud are kept two steps coarser, or as finely as the rest."),
  "tec:absent_bands": z
    .array(z.enum(BANDS))
    .optional()
    .describe("Bands that the source lacked: the file holds nothing of them, and `bands` leaves them out."),
  "tec:bits_per_pixel": z
    .number()
    .min(0)
    .optional()
    .describe("Bits of the full-resolution chunks for each pixel and band, so that raw Sentinel-2 is 16."),
  "tec:classes": z
    .boolean()
    .optional()
    .describe(
      "Whether the file keeps the scene class (SCL) of each pixel; where it is told, `bands` describe the numbers that decoding gives.",
    ),
  "tec:references": z
    .array(z.string())
    .optional()
    .describe("Ids of the items of the same collection that are needed to decode this one (temporal models)."),
  "tec:coded_checksum": z
    .string()
    .regex(/^1220[0-9a-f]{64}$/)
    .optional()
    .describe(
      "Multihash of the file as it was encoded, where its masks were corrected since: the latents are the same.",
    ),
  "tec:crs": z.string().optional().describe("PROJ string of the grid where proj:code is null."),
});

/** Fields of the item's properties. */
export const tecItemFields = z.object({
  "tec:clear_percent": percent.optional().describe("Share of all pixels that are valid and not cloud, percent."),
  "tec:chunk_clear_percent": z
    .array(percent)
    .optional()
    .describe(
      "The same of each chunk of 256 x 256 pixels at full resolution, row by row, rounded up to whole percents.",
    ),
  "tec:mask_source": z
    .enum(MASK_SOURCES)
    .optional()
    .describe(
      "What tells cloud and shadow: the source's scene classes, these corrected by the other dates of the place, the other dates alone, the date by itself.",
    ),
  "tec:valid_percent": percent.optional().describe("Share of all pixels that were observed, percent."),
  "tec:mosaic": z
    .object({
      method: z.string().describe("How the dates were merged: clear_median, medoid, best, inpaint."),
      every: z.string().describe("The periods asked for: month, quarter, year, or dates."),
      sources: z
        .array(z.string())
        .describe("Ids of the dates it was made from, in the order in which the file's provenance counts them."),
    })
    .optional()
    .describe("What a mosaic was made from; its derived_from links lead there."),
  "tec:source_fingerprint": z
    .string()
    .optional()
    .describe("Opaque text that changes when the source's bytes may have changed; equal ones need no second ingest."),
});

const declares = z.array(z.string()).describe(`Contains ${TEC_EXTENSION}`);

/** The parts of an Item that the extension speaks of. */
export const tecItemSchema = z.looseObject({
  type: z.literal("Feature"),
  stac_extensions: declares,
  properties: z.looseObject(tecItemFields.shape),
  assets: z.looseObject({ tec: z.looseObject({ href: z.string(), ...tecAssetFields.shape }) }),
});

/** The parts of a Collection: item_assets may promise fields, summaries may list them. */
const tecCollectionSchema = z.looseObject({
  type: z.literal("Collection"),
  stac_extensions: declares,
  item_assets: z.looseObject({ tec: z.looseObject(tecAssetFields.partial().shape) }).optional(),
  summaries: z.record(z.string(), z.unknown()).optional(),
});

/** The published JSON Schema (draft 2020-12) of the extension, as docs/tec-extension/v1.0.0/schema.json holds it. */
export function tecJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, anyOf } = z.toJSONSchema(z.union([tecItemSchema, tecCollectionSchema]), { io: "input" });
  return {
    $schema,
    $id: TEC_EXTENSION,
    title: "TEC extension for STAC Items and Collections",
    description: "Imagery kept as neural latents in a TEC-COG: which model decodes them, and how good the result is.",
    anyOf,
  };
}

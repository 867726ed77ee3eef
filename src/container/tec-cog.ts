import { CHUNK_PX } from "../core/geometry.js";
import { z } from "zod";
import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import { BANDS } from "../core/bands.js";
import { CODEC_NAMES } from "../core/codecs.js";
import { MOST_SOURCES } from "../core/provenance.js";
import { MASK_SOURCES } from "../core/scene-classes.js";
import { scaleAffine, type Affine } from "../geo/affine.js";
import type { Georeference } from "./georeference.js";

/** Private TIFF compression code of TEC chunks. */
export const TEC_COMPRESSION = 57121;
/** One request of this many bytes opens a file. */
export const HEADER_REQUEST_BYTES = 65536;

/** Of files that this version writes and reads. */
export const FORMAT = 2;

const metadataSchema = z.object({
  format: z.literal(FORMAT),
  model: z.object({ id: z.string(), sha256: z.string() }),
  quality: z.int().min(0).max(255),
  /** What each chunk was to reach instead of the step of `quality`: PSNR in dB, or root mean square error in digital numbers. */
  target: z.union([z.object({ psnr: z.number() }), z.object({ maxRmse: z.number() })]).optional(),
  /** Whether positions under cloud are kept as finely as the others ("same") or two steps coarser. */
  clouds: z.enum(["coarse", "same"]).optional(),
  entropy: z.enum(CODEC_NAMES),
  bands: z.array(z.enum(BANDS)).length(BANDS.length),
  /** Bands that the source lacked; their samples are 0 before they are coded, and no reader gives them. */
  absent: z
    .array(z.enum(BANDS))
    .max(BANDS.length - 1)
    .optional(),
  /** Bands that repeat the pixels of a grid coarser by this factor: they decode to these pixels. */
  native: z.partialRecord(z.enum(BANDS), z.union([z.literal(2), z.literal(6)])).optional(),
  /** Stored numbers of the source: dn = stored x scale + offset; `decode` writes them back. */
  units: z.object({
    dtype: z.enum(["uint8", "uint16", "int16", "float32"]),
    scale: z.number(),
    offset: z.number(),
    nodata: z.number().optional(),
  }),
  /** Files that chunks lean on (their section 5 holds indices into this list); hrefs are relative to the file itself. */
  references: z
    .array(z.object({ href: z.string().min(1), datetime: z.string().optional() }))
    .max(8)
    .optional(),
  /** Of a mosaic: the dates that section 7 of its chunks counts, from 1 on. */
  sources: z
    .array(z.object({ id: z.string().min(1), datetime: z.string() }))
    .max(MOST_SOURCES)
    .optional(),
  /** What ran the context networks when it was written. */
  engine: z.string().optional(),
  crs: z.string().optional(),
  datetime: z.string().optional(),
  classes: z.boolean(),
  /** Where corrected classes come from (chunks' section 7). */
  masks: z.object({ source: z.enum(MASK_SOURCES) }).optional(),
  software: z.string(),
});

/** The JSON in tag 65121 of the full resolution's directory. */
export type TecMetadata = z.infer<typeof metadataSchema>;

/** @throws CorruptDataError, or UnsupportedError for a newer format. */
export function parseTecMetadata(text: string, location: string): TecMetadata {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(location, "its TEC metadata is not JSON", { cause });
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (format === 1)
    throw new UnsupportedError(
      `${location}: TEC-COG format 1, of a transform that is gone; this version reads ${FORMAT}: encode or ingest its source again`,
    );
  if (typeof format === "number" && format > FORMAT)
    throw new UnsupportedError(`${location}: TEC-COG format ${format}, this version reads ${FORMAT}; update Tectile`);
  const result = metadataSchema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CorruptDataError(location, `TEC metadata ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
}

/** One resolution of an image; level 0 is the full one, each next has half the size, rounded up. */
export interface TecLevel {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly chunkColumns: number;
  readonly chunkRows: number;
  /** Of each chunk, row-major; 0 and 0 bytes where no pixel of it or of its neighbours is valid. */
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

/** A parsed header: everything about a file but its chunks. */
export interface TecCog extends Georeference {
  readonly location: string;
  /** Changes when the file changes. */
  readonly identity: string;
  readonly fileBytes: number;
  /** Header and directories, from byte 0. */
  readonly headerBytes: number;
  readonly quicklook: {
    readonly width: number;
    readonly height: number;
    readonly offset: number;
    readonly bytes: number;
  };
  readonly metadata: TecMetadata;
  readonly levels: readonly TecLevel[];
}

/** Width and height of each level of an image, full resolution first, down to one chunk. */
export function levelSizes(
  width: number,
  height: number,
): readonly { readonly width: number; readonly height: number }[] {
  const sizes = [{ width, height }];
  for (let [w, h] = [width, height]; Math.max(w, h) > CHUNK_PX;) {
    [w, h] = [Math.ceil(w / 2), Math.ceil(h / 2)];
    sizes.push({ width: w, height: h });
  }
  return sizes;
}

/** Pixel corners of a level to CRS coordinates. */
export function levelTransform(transform: Affine, level: number): Affine {
  return scaleAffine(transform, 2 ** level, 2 ** level);
}

/** Pixels that a chunk really covers: less than 256 at the right and lower edge. */
export function chunkSize(
  level: Pick<TecLevel, "width" | "height">,
  row: number,
  column: number,
): { readonly width: number; readonly height: number } {
  return {
    width: Math.min(CHUNK_PX, level.width - column * CHUNK_PX),
    height: Math.min(CHUNK_PX, level.height - row * CHUNK_PX),
  };
}

/** "chunk 0/1/2 of lisbon.tif": level, row, column. */
export function chunkName(file: string, level: number, row: number, column: number): string {
  return `chunk ${level}/${row}/${column} of ${file.split("/").at(-1) ?? file}`;
}

import { extname } from "node:path";
import { writeFile } from "node:fs/promises";
import { decodeImage, decodeProvenance } from "../app/decode-image.js";
import { checkBands, readRaster } from "../app/open-tec-cog.js";
import { parseBounds } from "../catalog/footprint.js";
import { BANDS, bandsWithout, parseBandName, type BandName } from "../core/bands.js";
import { MOST_TOKENS } from "../core/codecs.js";
import { InvalidRequestError } from "../core/errors.js";
import { onDisk } from "../core/on-disk.js";
import type { PixelWindow } from "../core/raster.js";
import { drawRaster } from "../render/encode-image.js";
import { parseRenderSpec } from "../render/parse-render-spec.js";
import { requiredBands } from "../render/render-spec.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import { pixelsOfBox } from "../tile/crop-target.js";
import { wantTokens } from "../tile/tokens.js";
import type { Decoder } from "../app/services.js";
import { flagOption, numberOption, textOption, wantPositionals, type Command, type CommandInput } from "./arguments.js";
import { DECODER_HELP, DECODER_OPTIONS, interruptSignal, openDecoder } from "./decoder.js";
import { createProgress } from "./progress.js";

const HELP = `
Usage: tectile decode IN.tif OUT [OPTIONS]

Decodes a TEC-COG (path or URL) to an ordinary deflate GeoTIFF on the source's grid, in its units, CRS and dtype; or, where OUT or
--format says so, to a picture or an array of digital numbers.

  --bbox W,S,E,N    only the pixels that this box touches, degrees; on the source's grid, unwarped. W > E crosses 180°
  --bands LIST      such as B08,B04,B03 or nir,red: which bands, in this order (default all; of pictures true colour)
  --format F        tif, npy, png, webp or jpg (default what OUT ends in, else tif)
  --provenance      of a mosaic, where each pixel comes from instead of its bands: one byte, 0 nothing, 1 .. 250 a
                    date of its list (tectile inspect shows it), 254 inferred, 255 several dates
  --quality Q       of FlexTEC's 16 tokens read the first Q, 0 to 16 (default all): fewer bytes, a softer picture
${DECODER_HELP}
`;

export const decodeCommand: Command = {
  name: "decode",
  summary: "Decode a TEC-COG to an ordinary GeoTIFF, or a part of it",
  help: HELP,
  options: {
    ...DECODER_OPTIONS,
    bbox: { type: "string" },
    bands: { type: "string" },
    format: { type: "string" },
    quality: { type: "string", short: "q" },
    provenance: { type: "boolean" },
  },
  run: decode,
};

const FORMATS = ["tif", "npy", "png", "webp", "jpg"] as const;
type Format = (typeof FORMATS)[number];

async function decode(input: CommandInput): Promise<number> {
  const [from = "", to = ""] = wantPositionals(input, ["IN.tif", "OUT"], "decode");
  const tokens = numberOption(input, "quality", { min: 0, max: MOST_TOKENS });
  const [format, bands] = [formatOf(input, to), bandsOf(input)];
  const wantsProvenance = flagOption(input, "provenance");
  if (wantsProvenance && (format !== "tif" || bands !== undefined || textOption(input, "bbox") !== undefined))
    throw new InvalidRequestError(
      "--provenance is of a whole mosaic, as tif; wanted no --bbox, --bands or --format with it",
    );
  const decoder = await openDecoder(input);
  const progress = createProgress();
  try {
    const opened = await decoder.reader.open(from, "");
    if (tokens !== undefined) wantTokens(opened.cog, tokens);
    const container = { ...opened, tokens };
    checkBands(opened.cog, bands ?? []);
    const window = windowOf(input, container);
    const options = {
      signal: interruptSignal(),
      onProgress: (done: number, total: number) => progress.update(from, done, total),
    };
    if (wantsProvenance) await decodeProvenance(container, to, decoder, options);
    else if (format === "tif") await decodeImage(container, to, decoder, { ...options, window, bands });
    else await writePicture(container, to, decoder, { format, window, bands, signal: options.signal });
    return 0;
  } finally {
    progress.end();
    await decoder.close();
  }
}

/** Of a picture or array, which is made in memory. */
const MAX_PICTURE_PX = 2 ** 26;

async function writePicture(
  container: OpenContainer,
  to: string,
  decoder: Decoder,
  how: {
    readonly format: Exclude<Format, "tif">;
    readonly window: PixelWindow | undefined;
    readonly bands: readonly BandName[] | undefined;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { width = 0, height = 0 } = container.cog.levels[0] ?? {};
  const window = how.window ?? { x: 0, y: 0, width, height };
  if (window.width * window.height > MAX_PICTURE_PX)
    throw new InvalidRequestError(
      `${window.width} x ${window.height} pixels are too many for ${how.format}; wanted ${MAX_PICTURE_PX} at most: a smaller --bbox, or tif`,
    );
  const asked = how.bands ?? (how.format === "npy" ? bandsWithout(container.cog.metadata.absent) : undefined);
  const query = new URLSearchParams(asked === undefined ? {} : { assets: asked.join(",") });
  const spec = parseRenderSpec(query, { extension: how.format });
  const { format } = spec;
  if (format === "tif") throw new RangeError("a tif is no picture");
  checkBands(container.cog, requiredBands(spec));
  const raster = await readRaster(container, { window, bands: requiredBands(spec) }, decoder, how.signal);
  const { bytes } = await drawRaster(raster, { ...spec, format });
  await onDisk(to, () => writeFile(to, bytes));
}

function formatOf(input: CommandInput, to: string): Format {
  const told = textOption(input, "format");
  const text = (told ?? extname(to).slice(1))
    .toLowerCase()
    .replace(/^tiff$/, "tif")
    .replace(/^jpeg$/, "jpg");
  const format = FORMATS.find((one) => one === text);
  if (format !== undefined) return format;
  if (told === undefined) return "tif";
  throw new InvalidRequestError(`--format is "${told.slice(0, 40)}"; wanted ${FORMATS.join(", ")}`);
}

function bandsOf(input: CommandInput): readonly BandName[] | undefined {
  const text = textOption(input, "bands");
  return text?.split(",").map((part) => {
    const band = parseBandName(part);
    if (band !== undefined) return band;
    throw new InvalidRequestError(`--bands has "${part.slice(0, 40)}"; wanted some of ${BANDS.join(",")}`);
  });
}

function windowOf(input: CommandInput, { cog }: OpenContainer): PixelWindow | undefined {
  const text = textOption(input, "bbox");
  if (text === undefined) return undefined;
  const { transform, crs, location } = cog;
  const { width = 0, height = 0 } = cog.levels[0] ?? {};
  if (transform === undefined || crs === undefined)
    throw new InvalidRequestError(`${location} has no georeference; wanted no --bbox`);
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const bounds = parseBounds(numbers, "--bbox");
  return pixelsOfBox({ bounds, crs: "EPSG:4326" }, { transform, crs, width, height });
}

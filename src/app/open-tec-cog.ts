import { bandsWithout, type BandName } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import type { PixelWindow, Raster } from "../core/raster.js";
import type { Affine } from "../geo/affine.js";
import { levelTransform, type TecMetadata } from "../container/tec-cog.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import { decodeWindow, maskAt, rectOfPixels, type DecodedWindow, type WindowDecoder } from "../tile/decode-window.js";
import { readProvenance } from "../tile/read-provenance.js";
import { parseConfig, type ConfigInput } from "./config.js";
import { createDecoder, type Decoder } from "./services.js";
import { withTokens } from "../tile/tokens.js";

/** An image in a TEC-COG, read window by window. */
export interface TecImage {
  readonly location: string;
  readonly metadata: TecMetadata;
  readonly crs: string | undefined;
  /** Of the full resolution. */
  readonly transform: Affine | undefined;
  /** Full resolution first. */
  readonly levels: readonly {
    readonly width: number;
    readonly height: number;
    readonly transform: Affine | undefined;
  }[];
  /**
   * Digital numbers of a window (pixels of the level, inside it), without seams whatever chunks it straddles.
   *
   * @throws InvalidRequestError for a window or level outside the image, an absent band, and a quality of an image that isn't FlexTEC;
   * CorruptDataError, UpstreamError
   */
  readWindow(window: PixelWindow, options?: ReadOptions): Promise<Raster>;
  /**
   * Of a mosaic: where each pixel of a window comes from, [height][width]: 0 nothing, 1 .. 250 an entry of `metadata.sources` (1 is the
   * first), 254 inferred, 255 several of them. Undefined of an ordinary image.
   *
   * @throws InvalidRequestError for a window or level outside the image.
   */
  readProvenance(window: PixelWindow, options?: Pick<ReadOptions, "level" | "signal">): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

export interface ReadOptions {
  /** 0, the full resolution, unless told otherwise. */
  readonly level?: number;
  /** All that the image holds unless told otherwise: the 12 but `metadata.absent`. */
  readonly bands?: readonly BandName[];
  /** Of FlexTEC's 16 tokens, those to read, 0 to 16: fewer bytes, a softer picture. All unless told otherwise. */
  readonly quality?: number | undefined;
  readonly signal?: AbortSignal;
}

/** Settings of the decoder, and one to share: a decoder given is not closed. */
export interface OpenOptions extends Pick<
  ConfigInput,
  "models" | "plugins" | "provider" | "sessions" | "latentsCacheBytes"
> {
  readonly decoder?: Decoder;
  /** Changes when the file is replaced (an item's checksum): a shared decoder keeps files open. */
  readonly version?: string;
}

/**
 * Opens a TEC-COG at a path or URL: one request of 64 KB.
 *
 * @throws NotFoundError, CorruptDataError, UnsupportedError
 */
export async function openTecCog(location: string, options: OpenOptions = {}): Promise<TecImage> {
  const { decoder: given, version = "", ...settings } = options;
  const decoder = given ?? (await createDecoder(parseConfig({ provider: "cpu", ...settings })));
  try {
    const container = await decoder.reader.open(location, version);
    return imageOf(container, decoder, () => (given === undefined ? decoder.close() : Promise.resolve()));
  } catch (error) {
    if (given === undefined) await decoder.close();
    throw error;
  }
}

function imageOf(opened: OpenContainer, decoder: Decoder, close: () => Promise<void>): TecImage {
  const { cog } = opened;
  return {
    location: cog.location,
    metadata: cog.metadata,
    crs: cog.crs,
    transform: cog.transform,
    levels: cog.levels.map(({ width, height }, i) => ({
      width,
      height,
      transform: cog.transform === undefined ? undefined : levelTransform(cog.transform, i),
    })),
    async readWindow(window, { level = 0, bands = bandsWithout(cog.metadata.absent), quality, signal } = {}) {
      checkBands(cog, bands);
      const container = quality === undefined ? opened : withTokens(opened, quality);
      checkWindow(container, window, level);
      return readRaster(container, { level, window, bands }, decoder, signal);
    },
    async readProvenance(window, { level = 0, signal } = {}) {
      checkWindow(opened, window, level);
      return readProvenance(opened, { level, window }, decoder.reader, signal);
    },
    close,
  };
}

/** Digital numbers of a window that lies inside the level. */
export async function readRaster(
  container: OpenContainer,
  {
    level = 0,
    window,
    bands,
  }: { readonly level?: number; readonly window: PixelWindow; readonly bands: readonly BandName[] },
  use: WindowDecoder,
  signal?: AbortSignal,
): Promise<Raster> {
  const decoded = await decodeWindow({ container, level, rect: rectOfPixels(window), bands }, use, signal);
  return cropWindow(decoded, window, bands);
}

function checkWindow({ cog }: OpenContainer, window: PixelWindow, level: number): void {
  const size = cog.levels[level];
  if (size === undefined)
    throw new InvalidRequestError(`Level ${level} of ${cog.location}; it has 0 to ${cog.levels.length - 1}`);
  const { x, y, width, height } = window;
  const whole = [x, y, width, height].every(Number.isInteger);
  if (whole && width > 0 && height > 0 && x >= 0 && y >= 0 && x + width <= size.width && y + height <= size.height)
    return;
  throw new InvalidRequestError(
    `Window ${width} x ${height} at (${x}, ${y}) of ${cog.location}; level ${level} has ${size.width} x ${size.height} pixels`,
  );
}

/** @throws InvalidRequestError for bands that the image lacks. */
export function checkBands({ location, metadata }: OpenContainer["cog"], bands: readonly BandName[]): void {
  const absent = bands.filter((band) => metadata.absent?.includes(band) === true);
  if (absent.length > 0)
    throw new InvalidRequestError(
      `No ${absent.join(", ")} in ${location}: its source had none; it holds ${bandsWithout(metadata.absent).join(" ")}`,
    );
}

function cropWindow(decoded: DecodedWindow, window: PixelWindow, bands: readonly BandName[]): Raster {
  const { width, height } = window;
  const { pixels, masks, window: from } = decoded;
  const samples = new Float32Array(bands.length * width * height);
  const valid = new Uint8Array(width * height);
  for (let r = 0; r < height; r++) {
    const row = window.y + r;
    for (let b = 0; b < bands.length; b++) {
      const start = (b * from.height + row - from.y) * from.width + window.x - from.x;
      samples.set(pixels.subarray(start, start + width), (b * height + r) * width);
    }
    for (let c = 0; c < width; c++) valid[r * width + c] = maskAt(masks, window.x + c, row);
  }
  return { kind: "raster", width, height, bands, samples, valid };
}

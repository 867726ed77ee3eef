/**
 * Tectile as a library: `app.use("/imagery", await tectile({ catalog }))` mounts the whole server in an Express app; the other
 * functions are what the commands do.
 */
import type { Router } from "express";
import type { Logger } from "pino";
import { chooseModel, type ModelChoice } from "./app/choose-model.js";
import { parseConfig, readConfig, type ConfigInput } from "./app/config.js";
import { decodeImage } from "./app/decode-image.js";
import { inspectFile, type Inspection } from "./app/inspect.js";
import { openSource } from "./app/open-source.js";
import { loadExtensions } from "./app/plugins.js";
import { codecFor, openReferences, openSeries } from "./app/references.js";
import { createDecoder, createServices, type Decoder } from "./app/services.js";
import { verifyPath } from "./app/verify-path.js";
import type { CodecName } from "./core/codecs.js";
import { catalogWriter } from "./catalog/catalog-writer.js";
import { readVersion } from "./cli/version.js";
import { createTectile } from "./http/tectile.js";
import { encodeImage, type EncodeReport } from "./ingest/encode-image.js";
import { ingestSource, type IngestOptions, type IngestResult } from "./ingest/ingest.js";
import type { GeoTiffOptions } from "./ingest/source-geotiff.js";

export { openTecCog, type OpenOptions, type ReadOptions, type TecImage } from "./app/open-tec-cog.js";
export {
  AppError,
  CorruptDataError,
  InvalidRequestError,
  ModelError,
  NotFoundError,
  OverloadedError,
  UnsupportedError,
  UpstreamError,
  type ErrorCode,
} from "./core/errors.js";
export type { Inspection } from "./app/inspect.js";
export type { EncodeReport } from "./ingest/encode-image.js";
export type { IngestResult } from "./ingest/ingest.js";
export type { BandName } from "./core/bands.js";
export type { CodecName } from "./core/codecs.js";
export type { PixelWindow, Raster } from "./core/raster.js";
export type { Plugin } from "./plugin.js";

/** Every setting of the server (config/default.json) but where it listens; and a JSON file of them, which the others override. */
export interface TectileOptions extends Omit<ConfigInput, "host" | "port" | "trustProxy" | "logLevel"> {
  readonly file?: string;
  /** One line a request, and every fault; silent without it. */
  readonly log?: Logger;
}

/** The server as a router for an existing app. */
export type TectileRouter = Router & {
  /** Ends the threads and closes the files; requests under way fail. */
  close(): Promise<void>;
};

/**
 * The whole server as an Express router, to be mounted at any path: STAC API, tiles, viewer. All links follow the mount path; behind
 * a proxy set Express's "trust proxy", or give `publicUrl`.
 *
 * @throws InvalidRequestError for a wrong setting or plugin, NotFoundError for a catalog that isn't there.
 */
export async function tectile(options: TectileOptions = {}): Promise<TectileRouter> {
  const { file, log, ...settings } = options;
  const config = file === undefined ? parseConfig(settings) : await readConfig({ file, ...settings });
  const services = await createServices(config, { onProblem: (message) => log?.warn(message) });
  try {
    const router = await createTectile(services, { log });
    return Object.assign(router, { close: () => services.close() });
  } catch (error) {
    await services.close();
    throw error;
  }
}

/** What encoding, decoding and checking need; each call starts and ends its own threads. */
export interface CodecOptions extends Pick<ConfigInput, "models" | "plugins" | "provider" | "sessions"> {
  readonly signal?: AbortSignal;
  /** Called with chunks or rows done, and all of them. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** How to read an image: what its own tags don't tell, or tell wrongly. */
export type InputOptions = Pick<GeoTiffOptions, "scale" | "offset" | "scl">;

/** How latents are stored; the picture is the same. */
export interface EntropyChoice {
  /** The model's default unless told otherwise: "fp", of a converted TEC-ELIC "elic". */
  readonly entropy?: CodecName;
  /** Of "tt" and "flextec": encoded images of earlier dates to lean on, nearest first. */
  readonly references?: readonly string[];
}

/**
 * Encodes a GeoTIFF of 12 bands or a STAC Item (path or URL) as a TEC-COG at `output`, which appears when it is whole.
 *
 * @throws NotFoundError, InvalidRequestError, UnsupportedError, CorruptDataError
 */
export function encode(
  input: string,
  output: string,
  options: CodecOptions & ModelChoice & InputOptions & EntropyChoice = {},
): Promise<EncodeReport> {
  return withDecoder(options, async (decoder) => {
    const source = await openSource(input, { openStore: decoder.openStore, ...pickInput(options) });
    try {
      const { signal, onProgress, references = [] } = options;
      const chosen = await chooseModel(options, decoder);
      return await encodeImage(source, output, {
        ...chosen,
        ...decoder,
        codec: codecFor(chosen.model, options.entropy),
        references: await openReferences(references, output, decoder),
        signal,
        onProgress,
      });
    } finally {
      await source.close();
    }
  });
}

/** Decodes a TEC-COG (path or URL) to an ordinary GeoTIFF on the source's grid, in its units, CRS and dtype. */
export function decode(input: string, output: string, options: CodecOptions = {}): Promise<void> {
  return withDecoder(options, async (decoder) => {
    const { signal, onProgress } = options;
    const container = await decoder.reader.open(input, "", signal);
    await decodeImage(container, output, decoder, { signal, ...(onProgress === undefined ? {} : { onProgress }) });
  });
}

/** What a TEC-COG (path or URL) holds: model, quality, levels, and where its bytes go. */
export async function inspect(location: string, options: Pick<ConfigInput, "plugins"> = {}): Promise<Inspection> {
  const { openStore } = await loadExtensions(options.plugins ?? []);
  return inspectFile(location, openStore);
}

/** Everything that is broken in a TEC-COG or a catalog folder, a sentence each; empty when it is whole. */
export function verify(path: string, options: CodecOptions = {}): Promise<readonly string[]> {
  return withDecoder(options, (decoder) => verifyPath(path, decoder));
}

/** Where an image goes, and what it is called there. */
export interface IngestInto extends InputOptions {
  /** The catalog's folder, made where it isn't one. */
  readonly catalog: string;
  /** Id of the collection, or its words where it is a new one. */
  readonly collection: string | IngestOptions["collection"];
  /** Instead of the input's name. */
  readonly id?: string;
  /** RFC 3339, for an input whose tags and name tell none. */
  readonly datetime?: string;
  /** How the collection's dates are stored: the model's default ("fp") unless told otherwise. With "tt" and "flextec" ingest them in order of time. */
  readonly entropy?: CodecName;
  /** Of "tt" and "flextec": every so many dates leans on no other; 4. */
  readonly keyframes?: number;
  /** Encode again what is there; a date that others lean on only by the command, together with them. */
  readonly overwrite?: boolean;
}

/**
 * Encodes an image as `encode` does and adds it to a catalog: both or nothing. An input that is there already is left alone.
 *
 * @throws what `encode` throws; InvalidRequestError for an image without a place or a date.
 */
export function ingest(input: string, options: IngestInto & CodecOptions & ModelChoice): Promise<IngestResult> {
  return withDecoder(options, async (decoder) => {
    const { id, datetime, collection, overwrite = false, signal, onProgress } = options;
    const named = { ...(id === undefined ? {} : { id }), ...(datetime === undefined ? {} : { datetime }) };
    const source = await openSource(input, { openStore: decoder.openStore, ...pickInput(options), ...named });
    try {
      const chosen = await chooseModel(options, decoder);
      return await ingestSource(source, {
        ...chosen,
        series: openSeries(options, chosen.model, decoder),
        collection: typeof collection === "string" ? { id: collection } : collection,
        decoder,
        writer: await catalogWriter(options.catalog),
        version: await readVersion(),
        overwrite,
        signal,
        onProgress,
      });
    } finally {
      await source.close();
    }
  });
}

function pickInput({ scale, offset, scl }: InputOptions): InputOptions {
  return {
    ...(scale === undefined ? {} : { scale }),
    ...(offset === undefined ? {} : { offset }),
    ...(scl === undefined ? {} : { scl }),
  };
}

async function withDecoder<T>(options: CodecOptions, work: (decoder: Decoder) => Promise<T>): Promise<T> {
  const { models, plugins, provider = "cpu", sessions } = options;
  const decoder = await createDecoder(
    parseConfig({
      provider,
      ...(models === undefined ? {} : { models }),
      ...(plugins === undefined ? {} : { plugins }),
      ...(sessions === undefined ? {} : { sessions }),
    }),
  );
  try {
    return await work(decoder);
  } finally {
    await decoder.close();
  }
}

import { basename, dirname, resolve } from "node:path";
import { readConfig } from "../app/config.js";
import { inOrderOfTime, openSource, type DatedInput, type SourceOptions } from "../app/open-source.js";
import { openSeries } from "../app/references.js";
import { needsMasks } from "../app/masks/update-masks.js";
import type { Decoder } from "../app/services.js";
import { catalogWriter } from "../catalog/catalog-writer.js";
import { messageOf } from "../core/assert.js";
import { printable, printableLines } from "../core/printable.js";
import { CODECS } from "../core/codecs.js";
import { AppError, InvalidRequestError } from "../core/errors.js";
import { ingestSource, type IngestOptions } from "../ingest/ingest.js";
import { openCrs } from "../geo/crs.js";
import { dateIn, readDates } from "../ingest/dates-table.js";
import { listInputs, type Input } from "../ingest/inputs.js";
import { explainLowPsnr } from "../ingest/low-psnr.js";
import { watchNegatives } from "../ingest/negative-numbers.js";
import { DEFAULT_KEYFRAMES } from "../ingest/series.js";
import { datetimeFromText } from "../ingest/source-datetime.js";
import { flagOption, numberOption, textOption, type Command, type CommandInput } from "./arguments.js";
import { DECODER_HELP, DECODER_OPTIONS, interruptSignal, openDecoder } from "./decoder.js";
import { masksOption, writeMasks } from "./masks.js";
import type { Source } from "../ingest/source.js";
import { fileNameOf, shortLocation } from "../store/location.js";
import { createProgress } from "./progress.js";
import {
  chooseEntropy,
  chooseModel,
  ENTROPY_HELP,
  ENTROPY_OPTIONS,
  MODEL_HELP,
  MODEL_OPTIONS,
} from "./model-option.js";
import { readVersion } from "./version.js";

const HELP = `
Usage: tectile ingest INPUT... --catalog DIR [OPTIONS]

Encodes dates of Sentinel-2 imagery and adds them to a catalog. INPUT is a SAFE product (its folder), a GeoTIFF or VRT
(12 bands, or those that are there by name), a STAC Item (file or URL) whose bands are assets, or a folder with such, or with files of single bands, in it or in its sub-folders. What is there already is skipped; a run that was stopped goes on where it was.

  --catalog DIR     the catalog's folder, made where it isn't one (default data/catalog)
  --collection ID   default: the name of the input's folder
  --title TEXT      of a new collection
  --licence ID      of a new collection, an SPDX id (default "other")
${MODEL_HELP}
${ENTROPY_HELP}
  --keyframes K     tt, flextec: every K-th date of a grid leans on no other, the dates between on the last two such
                    (default ${DEFAULT_KEYFRAMES}); inputs are taken in order of time
  --datetime TIME   for an input whose tags and name tell none
  --dates FILE      a CSV of file names and dates, for inputs whose tags and names tell none, or wrong ones
  --workers N       inputs encoded at once (default 1; dates that lean on others go one by one)
  --id ID           for a single input, instead of its name
  --scale X         dn = stored x scale + offset, instead of what the tags say (10000 for reflectance 0..1)
  --offset X        such as -1000, for numbers of baseline 04.00 and later whose offset is still in
  --scl FILE        a scene classification for a single GeoTIFF
  --masks FROM      from-time (default): clouds are told from all dates of each place when the inputs are in, and the masks of older dates
                    with them (tectile masks); given: the source's scene classes as they are
  --overwrite       encode again what is there; a date that others lean on only together with them
${DECODER_HELP}
`;

export const ingestCommand: Command = {
  name: "ingest",
  summary: "Encode SAFE products, GeoTIFFs and STAC Items into a catalog",
  help: HELP,
  options: {
    ...DECODER_OPTIONS,
    ...MODEL_OPTIONS,
    ...ENTROPY_OPTIONS,
    keyframes: { type: "string" },
    catalog: { type: "string" },
    collection: { type: "string" },
    title: { type: "string" },
    licence: { type: "string" },
    datetime: { type: "string" },
    id: { type: "string" },
    scale: { type: "string" },
    offset: { type: "string" },
    scl: { type: "string" },
    dates: { type: "string" },
    workers: { type: "string" },
    masks: { type: "string" },
    overwrite: { type: "boolean" },
  },
  run: ingest,
};

async function ingest(input: CommandInput): Promise<number> {
  if (input.positionals.length === 0)
    throw new InvalidRequestError("tectile ingest wants an INPUT; see tectile ingest --help");
  const { inputs, passedOver } = await listInputs(input.positionals);
  const { catalog } = await readConfig(
    { file: textOption(input, "config"), catalog: textOption(input, "catalog") },
    process.env,
  );
  const dates = await readDates(textOption(input, "dates"));
  const masks = masksOption(input);
  const decoder = await openDecoder(input);
  const progress = createProgress();
  try {
    const common = { ...sourceOptionsOf(input, inputs.length), openStore: decoder.openStore };
    const sourceOptions = ({ location, id }: Input): SourceOptions => {
      const datetime = dateIn(dates, location);
      return { ...(id === undefined ? {} : { id }), ...(datetime === undefined ? {} : { datetime }), ...common };
    };
    const fallback = basename(dirname(resolve(inputs[0]?.location ?? ".")));
    const options = await ingestOptions(input, { decoder, catalog, fallback });
    if (passedOver.length > 0) progress.line(passedLine(passedOver));
    const ordered = await orderInputs(inputs, { sourceOptions, options, progress });
    const run = new Set(ordered.inputs.flatMap(({ itemId }) => itemId ?? []));
    const failed = await ingestAll(ordered.inputs, {
      sourceOptions,
      options: { ...options, run },
      progress,
      workers: ordered.leans ? 1 : (numberOption(input, "workers", { min: 1, max: 64 }) ?? 1),
    });
    progress.end();
    await tellClouds(masks, { ...options, decoder });
    if (failed.length > 0) {
      const names = failed.slice(0, 20).map((line) => `  ${printableLines(line)}\n`);
      process.stderr.write(`tectile: ${failed.length} of ${inputs.length} inputs failed\n${names.join("")}`);
    }
    return failed.length > 0 ? 1 : 0;
  } finally {
    progress.end();
    await decoder.close();
  }
}

/** Of the collection, where it has dates whose clouds are not told by all that is there. */
async function tellClouds(
  masks: "from-time" | "given",
  {
    writer,
    collection,
    decoder,
    signal,
  }: Pick<IngestOptions, "writer" | "collection" | "signal"> & { readonly decoder: Decoder },
): Promise<void> {
  if (masks === "given") return;
  const items = await writer.items(collection.id).catch(() => []);
  if (needsMasks(items)) await writeMasks({ collection: collection.id, writer, decoder, masks, dryRun: false, signal });
}

interface Run {
  readonly sourceOptions: (input: Input) => SourceOptions;
  readonly options: Omit<IngestOptions, "onProgress">;
  readonly progress: ReturnType<typeof createProgress>;
}

/** All inputs, some at once; what failed comes back as lines, and the others go on. */
async function ingestAll(
  inputs: readonly Input[],
  { workers, ...run }: Run & { readonly workers: number },
): Promise<readonly string[]> {
  const taken = new Map<string, string>();
  const failed: string[] = [];
  const next = inputs.entries();
  const work = async (): Promise<void> => {
    for (const [i, input] of next) {
      const label = `${i + 1}/${inputs.length} ${printable(fileNameOf(input.location))}`;
      const problem = await ingestOne({ ...run, input, label, taken });
      if (problem === undefined) continue;
      run.progress.line(`${label}: ${problem}`);
      failed.push(`${shortLocation(input.location)}: ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, inputs.length) }, work));
  return failed;
}

function passedLine(files: readonly string[]): string {
  const names = files.slice(0, 3).map((file) => printable(basename(file)));
  return `passed over ${files.length} ${files.length === 1 ? "file" : "files"} that ${files.length === 1 ? "is" : "are"} no imagery of ${files.length === 1 ? "its" : "their"} own: ${names.join(", ")}${files.length > 3 ? ", ..." : ""}`;
}

/**
 * Dates lean on earlier ones only, so they come in order of time. That takes a look at each input, which is spared where neither new
 * items lean on others nor old ones do.
 */
async function orderInputs(
  inputs: readonly Input[],
  { sourceOptions, options, progress }: Run,
): Promise<{ readonly inputs: readonly DatedInput[]; readonly leans: boolean }> {
  const { series, writer, collection } = options;
  const leans = CODECS[series.codec].references > 0;
  const areThere = async (): Promise<boolean> =>
    (await writer.items(collection.id).catch(() => [])).some(({ references }) => references.length > 0);
  if (!leans && !(await areThere()))
    return { inputs: inputs.map((one) => ({ ...one, itemId: undefined })), leans: false };
  const ordered = await inOrderOfTime(inputs, sourceOptions);
  const days = [ordered.dates.at(0), ordered.dates.at(-1)].map((datetime) => datetime?.slice(0, 10));
  if (ordered.dates.length > 1) progress.line(`${inputs.length} inputs in order of time, ${days.join(" to ")}`);
  return { inputs: ordered.inputs, leans: true };
}

async function ingestOptions(
  input: CommandInput,
  use: { readonly decoder: Decoder; readonly catalog: string; readonly fallback: string },
): Promise<Omit<IngestOptions, "onProgress">> {
  const title = textOption(input, "title");
  const license = textOption(input, "licence");
  const chosen = await chooseModel(input, use.decoder);
  const keyframes = numberOption(input, "keyframes", { min: 1, max: 1000 });
  return {
    collection: {
      id: textOption(input, "collection") ?? use.fallback.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, "-"),
      ...(title === undefined ? {} : { title }),
      ...(license === undefined ? {} : { license }),
    },
    ...chosen,
    series: openSeries({ entropy: chooseEntropy(input), keyframes }, chosen.model, use.decoder),
    decoder: use.decoder,
    writer: await catalogWriter(use.catalog),
    overwrite: flagOption(input, "overwrite"),
    version: await readVersion(),
    signal: interruptSignal(),
  };
}

interface OneInput extends Run {
  readonly input: Input;
  readonly label: string;
  /** Ids of this run, with what they were given to. */
  readonly taken: Map<string, string>;
}

/** What went wrong with an input, in a sentence; undefined where it is in. */
async function ingestOne(one: OneInput): Promise<string | undefined> {
  const { input, sourceOptions, options } = one;
  if (input.problem !== undefined) return input.problem;
  try {
    const source = await openSource(input.location, sourceOptions(input));
    try {
      await checkId(source, one);
      if (source.grid.crs !== undefined) openCrs(source.grid.crs);
      await ingestOpened(source, one);
    } finally {
      await source.close();
    }
    return undefined;
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    return error instanceof AppError ? messageOf(error) : `unexpected: ${messageOf(error)}`;
  }
}

async function ingestOpened(source: Source, { label, options, progress }: OneInput): Promise<void> {
  for (const warning of source.warnings) progress.line(`${label}: ${warning}`);
  const start = performance.now();
  const watched = watchNegatives(source);
  const result = await ingestSource(watched.source, {
    ...options,
    onProgress: (done, total) => progress.update(label, done, total),
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (result.kind === "unchanged") {
    progress.line(`${label}: already there`);
    return;
  }
  const { report, item } = result;
  const leans = item.references.length === 0 ? "" : `, leans on ${item.references.join(" and ")}`;
  const clear = report.clearPercent === undefined ? "" : `, ${report.clearPercent.toFixed(0)} % clear`;
  progress.line(
    `${label}: ${(report.fileBytes / 1024).toFixed(0)} KiB, ${report.bitsPerPixel.toFixed(3)} bits a pixel and band, PSNR ${report.psnr["all"] ?? "-"} dB${clear}, ${item.entropy}${leans} (${seconds} s)`,
  );
  for (const warning of [watched.explain(), await explainLowPsnr(source, report.psnr)])
    if (warning !== undefined) progress.line(`${label}: warning: ${warning}`);
}

/**
 * An id is one image's: within a run, and against the catalog, where an item of the same id but another time or place is another image.
 *
 * @throws InvalidRequestError
 */
async function checkId(source: Source, { input, options, taken }: OneInput): Promise<void> {
  const other = taken.get(source.id);
  if (other !== undefined)
    throw new InvalidRequestError(
      `it would be item ${source.id}, as ${shortLocation(other)} is in this run; give one of them another name, or --id alone`,
    );
  taken.set(source.id, input.location);
  const known = await options.writer.find(options.collection.id, source.id).catch(() => undefined);
  if (known === undefined || options.overwrite || source.datetime === undefined) return;
  const { transform, crs, width, height } = source.grid;
  const isSamePlace =
    known.grid.crs === crs &&
    known.grid.width === width &&
    known.grid.height === height &&
    (transform ?? []).every((value, i) => Math.abs(value - (known.grid.transform[i] ?? 0)) <= 1e-9 * Math.abs(value));
  if (isSamePlace && Math.abs(Date.parse(source.datetime) - known.datetimeMs) <= 1000) return;
  const what = isSamePlace ? `is of ${known.datetime}, this one of ${source.datetime}` : "lies elsewhere";
  throw new InvalidRequestError(
    `item ${source.id} is in the catalog and ${what}: another image; give this one another name or --id, or --overwrite that one`,
  );
}

function sourceOptionsOf(input: CommandInput, count: number): SourceOptions {
  const [datetime, id, scl] = ["datetime", "id", "scl"].map((name) => textOption(input, name));
  if (count > 1 && (id !== undefined || scl !== undefined))
    throw new InvalidRequestError(`--id and --scl are for a single input, ${count} were given`);
  const instant = datetime === undefined ? undefined : datetimeFromText(datetime);
  if (datetime !== undefined && instant === undefined)
    throw new InvalidRequestError(
      `--datetime is "${datetime}"; wanted an RFC 3339 instant such as 2024-05-01T10:00:00Z`,
    );
  const scale = numberOption(input, "scale", { min: 1e-9, max: 1e9 });
  const offset = numberOption(input, "offset", { min: -1e6, max: 1e6 });
  return {
    ...(instant === undefined ? {} : { datetime: instant }),
    ...(id === undefined ? {} : { id }),
    ...(scl === undefined ? {} : { scl }),
    ...(scale === undefined ? {} : { scale }),
    ...(offset === undefined ? {} : { offset }),
  };
}

import { basename, dirname, resolve } from "node:path";
import { readConfig } from "../app/config.js";
import { inOrderOfTime, listInputs, openSource, type DatedInput, type SourceOptions } from "../app/open-source.js";
import { openSeries } from "../app/references.js";
import type { Decoder } from "../app/services.js";
import { catalogWriter } from "../catalog/catalog-writer.js";
import { messageOf } from "../core/assert.js";
import { AppError, InvalidRequestError } from "../core/errors.js";
import { ingestSource, type IngestOptions } from "../ingest/ingest.js";
import { explainLowPsnr } from "../ingest/low-psnr.js";
import { DEFAULT_KEYFRAMES } from "../ingest/series.js";
import { datetimeFromText } from "../ingest/source-datetime.js";
import { flagOption, numberOption, textOption, type Command, type CommandInput } from "./arguments.js";
import { DECODER_HELP, DECODER_OPTIONS, interruptSignal, openDecoder } from "./decoder.js";
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

Encodes dates of Sentinel-2 imagery and adds them to a catalog. INPUT is a GeoTIFF of 12 bands, a STAC Item (file or URL)
whose bands are assets, or a folder of either. What is there already is skipped; a run that was stopped goes on where it was.

  --catalog DIR     the catalog's folder, made where it isn't one (default data/catalog)
  --collection ID   default: the name of the input's folder
  --title TEXT      of a new collection
  --licence ID      of a new collection, an SPDX id (default "other")
${MODEL_HELP}
${ENTROPY_HELP}
  --keyframes K     tt, flextec: every K-th date of a grid leans on no other, the dates between on the last two such
                    (default ${DEFAULT_KEYFRAMES}); inputs are taken in order of time
  --datetime TIME   for an input whose tags and name tell none
  --id ID           for a single input, instead of its name
  --scale X         dn = stored x scale + offset, instead of what the tags say (10000 for reflectance 0..1)
  --offset X        such as -1000, for numbers of baseline 04.00 and later whose offset is still in
  --scl FILE        a scene classification for a single GeoTIFF
  --overwrite       encode again what is there; a date that others lean on only together with them
${DECODER_HELP}
`;

export const ingestCommand: Command = {
  name: "ingest",
  summary: "Encode GeoTIFFs and STAC Items into a catalog",
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
    overwrite: { type: "boolean" },
  },
  run: ingest,
};

async function ingest(input: CommandInput): Promise<number> {
  const inputs = await listInputs(input.positionals);
  const [first] = inputs;
  if (first === undefined) throw new InvalidRequestError("tectile ingest wants an INPUT; see tectile ingest --help");
  const { catalog } = await readConfig(
    { file: textOption(input, "config"), catalog: textOption(input, "catalog") },
    process.env,
  );
  const decoder = await openDecoder(input);
  const progress = createProgress();
  try {
    const sourceOptions = { ...sourceOptionsOf(input, inputs.length), openStore: decoder.openStore };
    const options = await ingestOptions(input, { decoder, catalog, fallback: basename(dirname(resolve(first))) });
    const ordered = await orderInputs(inputs, { sourceOptions, options, progress });
    const run = new Set(ordered.flatMap(({ id }) => id ?? []));
    let failed = 0;
    for (const [i, { location }] of ordered.entries()) {
      const label = `${i + 1}/${inputs.length} ${basename(location)}`;
      failed += await ingestOne({ location, label, sourceOptions, options: { ...options, run }, progress });
    }
    progress.end();
    if (failed > 0) process.stderr.write(`tectile: ${failed} of ${inputs.length} inputs failed\n`);
    return failed > 0 ? 1 : 0;
  } finally {
    progress.end();
    await decoder.close();
  }
}

/**
 * Dates lean on earlier ones only, so they come in order of time. That takes a look at each input, which is spared where neither new
 * items lean on others nor old ones do.
 */
async function orderInputs(
  inputs: readonly string[],
  { sourceOptions, options, progress }: Pick<OneInput, "sourceOptions" | "options" | "progress">,
): Promise<readonly Pick<DatedInput, "location" | "id">[]> {
  const { series, writer, collection } = options;
  const leans = series?.entropy === "tt" || series?.entropy === "flextec";
  const areThere = async (): Promise<boolean> =>
    (await writer.items(collection.id).catch(() => [])).some(({ references }) => references.length > 0);
  if (!leans && !(await areThere())) return inputs.map((location) => ({ location, id: undefined }));
  const ordered = await inOrderOfTime(inputs, sourceOptions);
  const dates = ordered.flatMap(({ datetime }) => datetime ?? []);
  const days = [dates.at(0), dates.at(-1)].map((datetime) => datetime?.slice(0, 10));
  if (dates.length > 1) progress.line(`${inputs.length} inputs in order of time, ${days.join(" to ")}`);
  return ordered;
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
    networks: use.decoder.networks,
    writer: await catalogWriter(use.catalog),
    overwrite: flagOption(input, "overwrite"),
    version: await readVersion(),
    signal: interruptSignal(),
  };
}

interface OneInput {
  readonly location: string;
  readonly label: string;
  readonly sourceOptions: SourceOptions;
  readonly options: Omit<IngestOptions, "onProgress">;
  readonly progress: ReturnType<typeof createProgress>;
}

/** 1 when the input failed; the others go on. */
async function ingestOne({ location, label, sourceOptions, options, progress }: OneInput): Promise<number> {
  try {
    const source = await openSource(location, sourceOptions);
    for (const warning of source.warnings) progress.line(`${label}: ${warning}`);
    try {
      const start = performance.now();
      const result = await ingestSource(source, {
        ...options,
        onProgress: (done, total) => progress.update(label, done, total),
      });
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      if (result.kind === "unchanged") progress.line(`${label}: already there`);
      else {
        const { report, item } = result;
        const leans = item.references.length === 0 ? "" : `, leans on ${item.references.join(" and ")}`;
        const clear = report.clearPercent === undefined ? "" : `, ${report.clearPercent.toFixed(0)} % clear`;
        progress.line(
          `${label}: ${(report.fileBytes / 1024).toFixed(0)} KiB, ${report.bitsPerPixel.toFixed(3)} bits a pixel and band, PSNR ${report.psnr["all"] ?? "-"} dB${clear}, ${item.entropy}${leans} (${seconds} s)`,
        );
        const warning = await explainLowPsnr(source, report.psnr);
        if (warning !== undefined) progress.line(`${label}: warning: ${warning}`);
      }
    } finally {
      await source.close();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof AppError) || options.signal?.aborted === true) throw error;
    progress.line(`${label}: ${messageOf(error)}`);
    return 1;
  }
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

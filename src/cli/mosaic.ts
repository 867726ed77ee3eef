import { readConfig } from "../app/config.js";
import { makeMosaics, type MosaicOptions, type MosaicOutcome } from "../app/mosaics/make-mosaics.js";
import { parseSchedule } from "../app/mosaics/periods.js";
import { MOSAIC_METHODS, type MosaicMethod } from "../app/mosaics/mosaic-use.js";
import type { MosaicPlan } from "../app/mosaics/plan-mosaics.js";
import { openSeries } from "../app/references.js";
import { openFills, type Decoder } from "../app/services.js";
import { catalogWriter } from "../catalog/catalog-writer.js";
import { messageOf } from "../core/assert.js";
import { CODECS } from "../core/codecs.js";
import { ByteBudget } from "../core/byte-budget.js";
import { AppError, InvalidRequestError } from "../core/errors.js";
import { Limiter } from "../core/limiter.js";
import { flagOption, numberOption, textOption, type Command, type CommandInput } from "./arguments.js";
import { DECODER_HELP, DECODER_OPTIONS, interruptSignal, openDecoder } from "./decoder.js";
import {
  chooseEntropy,
  chooseModel,
  ENTROPY_HELP,
  ENTROPY_OPTIONS,
  MODEL_HELP,
  MODEL_OPTIONS,
} from "./model-option.js";
import { createProgress } from "./progress.js";
import { readVersion } from "./version.js";

const AROUND_DAYS = 30;
const MEMORY_MIB = 512;
/** At once: each waits for the windows of several dates. */
const CHUNKS_FILLED = 4;

const HELP = `
Usage: tectile mosaic --collection ID --every month|quarter|year|DATES [OPTIONS]

Merges the clear pixels of a collection's dates into mosaics, one for each period and grid, and keeps them as a collection beside
it. What is there and made of the same dates is left alone, so run it again when dates were added or it was stopped.

  --collection ID   whose dates are merged
  --every WHEN      month, quarter or year of the calendar (UTC); or dates with commas between: 2024, 2024-05, 2024-05-03
                    (with the dates of --around days on both sides) or 2024-05-01/2024-06-15
  --method NAME     ${MOSAIC_METHODS.join(", ")} (default clear_median); docs/mosaics.md tells them apart. inpaint
                    keeps the clearest date of each period and fills its holes from the nearest other dates
  --around DAYS     of a single day in --every (default ${AROUND_DAYS})
  --out-collection ID
                    default: the collection's id and WHEN, such as lisbon-month; lisbon-dates for DATES
  --title TEXT      of the new collection
  --licence ID      of the new collection, an SPDX id (default "other")
  --catalog DIR     the catalog's folder (default data/catalog)
${MODEL_HELP}
${ENTROPY_HELP}
  --workers N       mosaics made at once (default 1; those that lean on others go one by one)
  --memory MIB      for decoded pixels of all dates together (default ${MEMORY_MIB}); many dates are merged in smaller cells
  --prune           remove mosaics of whose dates none is in the catalog any more; without it they stay
  --overwrite       make again what is there
${DECODER_HELP}
`;

export const mosaicCommand: Command = {
  name: "mosaic",
  summary: "Merge a collection's dates into cloud-free mosaics",
  help: HELP,
  options: {
    ...DECODER_OPTIONS,
    ...MODEL_OPTIONS,
    ...ENTROPY_OPTIONS,
    collection: { type: "string" },
    every: { type: "string" },
    method: { type: "string" },
    around: { type: "string" },
    "out-collection": { type: "string" },
    title: { type: "string" },
    licence: { type: "string" },
    catalog: { type: "string" },
    workers: { type: "string" },
    memory: { type: "string" },
    prune: { type: "boolean" },
    overwrite: { type: "boolean" },
  },
  run: mosaic,
};

async function mosaic(input: CommandInput): Promise<number> {
  if (input.positionals.length > 0)
    throw new InvalidRequestError(
      `tectile mosaic takes options only, not "${input.positionals[0] ?? ""}"; see tectile mosaic --help`,
    );
  const decoder = await openDecoder(input);
  const progress = createProgress();
  try {
    const options = await mosaicOptions(input, decoder);
    const { planned, failed, removed } = await makeMosaics({
      ...options,
      onProgress: ({ id }, done, total) => progress.update(id, done, total),
      onMosaic: (plan, outcome) => progress.line(`${plan.id}: ${describe(plan, outcome)}`),
    });
    for (const id of removed) progress.line(`${id}: removed, none of its dates is there any more`);
    progress.end();
    if (failed > 0) process.stderr.write(`tectile: ${failed} of ${planned} mosaics failed\n`);
    return failed > 0 ? 1 : 0;
  } finally {
    progress.end();
    await decoder.close();
  }
}

async function mosaicOptions(input: CommandInput, decoder: Decoder): Promise<MosaicOptions> {
  const [collection, every] = [wantOption(input, "collection"), wantOption(input, "every")];
  const around = numberOption(input, "around", { min: 0, max: 3660 }) ?? AROUND_DAYS;
  const schedule = parseSchedule(every, around);
  const method = chooseMethod(input);
  const config = await readConfig(
    { file: textOption(input, "config"), catalog: textOption(input, "catalog") },
    process.env,
  );
  const chosen = await chooseModel(input, decoder);
  const series = openSeries({ entropy: chooseEntropy(input) }, chosen.model, decoder);
  const leans = CODECS[series.codec].references > 0;
  const workers = leans ? 1 : (numberOption(input, "workers", { min: 1, max: 64 }) ?? 1);
  const budgetBytes = (numberOption(input, "memory", { min: 64, max: 1e6 }) ?? MEMORY_MIB) * 2 ** 20;
  const word = /^[a-z]+$/.test(every) ? every : "dates";
  const id = textOption(input, "out-collection") ?? `${collection}-${word}`;
  const title =
    textOption(input, "title") ?? `${collection}: without clouds, ${word === "dates" ? every : `each ${word}`}`;
  const license = textOption(input, "licence");
  return {
    collection,
    schedule,
    workers,
    maxReferences: config.maxItemsPerTile,
    prune: flagOption(input, "prune"),
    use: {
      decoder,
      method,
      fills: openFills(decoder, { ...config, filledCacheBytes: budgetBytes }).fills,
      budgetBytes,
      budget: new ByteBudget({ maxBytes: budgetBytes, maxWaiting: Infinity }),
      decoding: new Limiter(method === "inpaint" ? CHUNKS_FILLED : 2 * decoder.encoders.size),
    },
    ingest: {
      collection: {
        id,
        title,
        description: descriptionOf(collection, method),
        ...(license === undefined ? {} : { license }),
      },
      ...chosen,
      series,
      decoder,
      writer: await catalogWriter(config.catalog),
      overwrite: flagOption(input, "overwrite"),
      version: await readVersion(),
      signal: interruptSignal(),
    },
  };
}

function descriptionOf(collection: string, method: MosaicMethod): string {
  if (method !== "inpaint") return `Mosaics of the clear pixels of ${collection} (${method}), kept as neural latents`;
  return `The clearest dates of ${collection}, their holes inferred from other dates, not observed (inpaint), kept as neural latents`;
}

function chooseMethod(input: CommandInput): MosaicMethod {
  const text = textOption(input, "method") ?? "clear_median";
  const known = MOSAIC_METHODS.find((name) => name === text);
  if (known !== undefined) return known;
  throw new InvalidRequestError(`--method is "${text}"; wanted ${MOSAIC_METHODS.join(", ")}`);
}

function wantOption(input: CommandInput, name: string): string {
  const text = textOption(input, name);
  if (text !== undefined && text !== "") return text;
  throw new InvalidRequestError(`tectile mosaic wants --${name}; see tectile mosaic --help`);
}

function describe({ items, base }: MosaicPlan, outcome: MosaicOutcome): string {
  if (outcome.kind === "failed") {
    const { error } = outcome;
    return error instanceof AppError ? messageOf(error) : `unexpected: ${messageOf(error)}`;
  }
  const { result, source, seconds } = outcome;
  if (result.kind === "unchanged") return "already there";
  const { report } = result;
  const warnings = source.warnings.map((warning) => `, ${warning}`).join("");
  const dates =
    base === undefined
      ? `${items.length} ${items.length === 1 ? "date" : "dates"}`
      : `${items[0]?.datetime.slice(0, 10) ?? ""} filled from ${items.length - base}`;
  return `${dates}, ${report.validPercent.toFixed(0)} % ${base === undefined ? "seen" : "seen or inferred"}, ${(report.fileBytes / 1024).toFixed(0)} KiB, PSNR ${report.psnr["all"] ?? "-"} dB (${seconds.toFixed(1)} s)${warnings}`;
}

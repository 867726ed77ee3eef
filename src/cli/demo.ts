import { readConfig } from "../app/config.js";
import { openSeries } from "../app/references.js";
import { catalogWriter } from "../catalog/catalog-writer.js";
import { ingestSource } from "../ingest/ingest.js";
import { DEMO_DATES, openLandscapeSource } from "../ingest/landscape/landscape.js";
import { numberOption, textOption, type Command, type CommandInput } from "./arguments.js";
import { DECODER_HELP, DECODER_OPTIONS, interruptSignal, openDecoder } from "./decoder.js";
import { chooseModel, MODEL_HELP, MODEL_OPTIONS } from "./model-option.js";
import { createProgress } from "./progress.js";
import { readVersion } from "./version.js";

const HELP = `
Usage: tectile demo [--catalog DIR] [OPTIONS]

Fills a catalog with a procedural landscape: ${DEMO_DATES.length} dates of a year, some of them cloudy, 12 bands, in UTM. It goes through the same
ingest as real imagery; what is there already is skipped.

  --catalog DIR     default data/demo
  --size N          pixels a side (default 1024)
${MODEL_HELP}
${DECODER_HELP}
`;

export const demoCommand: Command = {
  name: "demo",
  summary: "Fill a catalog with a procedural landscape",
  help: HELP,
  options: { ...DECODER_OPTIONS, ...MODEL_OPTIONS, catalog: { type: "string" }, size: { type: "string" } },
  run: demo,
};

const COLLECTION = {
  id: "landscape",
  title: "Procedural landscape",
  description: "A made-up place with fields, forest, water and clouds, one year of dates. Not satellite imagery.",
  license: "CC0-1.0",
  providers: [
    {
      name: "Tectile's procedural landscape, no satellite imagery",
      roles: ["producer", "licensor"],
      description: "Drawn by a program; any likeness to a place on Earth is chance",
    },
  ],
} as const;

async function demo(input: CommandInput): Promise<number> {
  const { catalog } = await readConfig({ catalog: textOption(input, "catalog") ?? "data/demo" }, {});
  const size = numberOption(input, "size", { min: 64, max: 8192 }) ?? 1024;
  const decoder = await openDecoder(input);
  const progress = createProgress();
  try {
    const chosen = await chooseModel(input, decoder);
    const options = {
      collection: COLLECTION,
      ...chosen,
      decoder,
      series: openSeries({}, chosen.model, decoder),
      writer: await catalogWriter(catalog, "Tectile demo"),
      overwrite: false,
      version: await readVersion(),
      signal: interruptSignal(),
    };
    for (const [i, date] of DEMO_DATES.entries()) {
      const label = `${i + 1}/${DEMO_DATES.length} ${date.datetime.slice(0, 10)}`;
      const source = openLandscapeSource({ ...date, width: size, height: size });
      const result = await ingestSource(source, {
        ...options,
        onProgress: (done, total) => progress.update(label, done, total),
      });
      await source.close();
      if (result.kind === "added")
        progress.line(
          `${label}: ${(result.report.fileBytes / 1024).toFixed(0)} KiB, PSNR ${result.report.psnr["all"] ?? "-"} dB`,
        );
    }
    return 0;
  } finally {
    progress.end();
    await decoder.close();
  }
}

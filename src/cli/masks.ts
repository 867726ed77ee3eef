import { readConfig } from "../app/config.js";
import { updateMasks, type MaskedDate } from "../app/masks/update-masks.js";
import { catalogWriter, type CatalogWriter } from "../catalog/catalog-writer.js";
import { InvalidRequestError } from "../core/errors.js";
import { flagOption, textOption, type Command, type CommandInput } from "./arguments.js";
import { DECODER_HELP, DECODER_OPTIONS, interruptSignal, openDecoder } from "./decoder.js";
import { createProgress } from "./progress.js";

const HELP = `
Usage: tectile masks --collection ID [OPTIONS]

Tells cloud and shadow of all dates of a collection anew, from what the other dates show of each place, and writes the masks where they changed:
latents stay as they are. Dates of one grid are a series; below six dates the source's scene classes hold, or what a date tells by itself. ingest
does this too, for the collection that it adds to.

  --catalog DIR     the catalog's folder (default data/catalog)
  --collection ID   the collection
  --masks FROM      from-time (default), or given: the source's scene classes as they came, corrections taken off
  --dry-run         tell what would change, and change nothing
${DECODER_HELP}
`;

export const masksCommand: Command = {
  name: "masks",
  summary: "Tell clouds from a collection's dates, and correct its masks",
  help: HELP,
  options: {
    ...DECODER_OPTIONS,
    catalog: { type: "string" },
    collection: { type: "string" },
    masks: { type: "string" },
    "dry-run": { type: "boolean" },
  },
  run: masks,
};

async function masks(input: CommandInput): Promise<number> {
  const collection = textOption(input, "collection");
  if (collection === undefined || input.positionals.length > 0)
    throw new InvalidRequestError("tectile masks wants --collection ID and nothing else; see tectile masks --help");
  const from = masksOption(input);
  const { catalog } = await readConfig(
    { file: textOption(input, "config"), catalog: textOption(input, "catalog") },
    process.env,
  );
  const writer = await catalogWriter(catalog);
  if ((await writer.items(collection)).length === 0)
    throw new InvalidRequestError(`Collection ${collection} of ${catalog} has no items`);
  const decoder = await openDecoder(input);
  try {
    await writeMasks({ collection, writer, decoder, masks: from, dryRun: flagOption(input, "dry-run") });
    return 0;
  } finally {
    await decoder.close();
  }
}

/** @throws InvalidRequestError */
export function masksOption(input: CommandInput): "from-time" | "given" {
  const from = textOption(input, "masks") ?? "from-time";
  if (from === "from-time" || from === "given") return from;
  throw new InvalidRequestError(`--masks is "${from}"; wanted from-time or given`);
}

/** updateMasks, told on the terminal. */
export async function writeMasks(
  options: Omit<Parameters<typeof updateMasks>[0], "onDate" | "onProgress"> & { readonly writer: CatalogWriter },
): Promise<void> {
  const progress = createProgress();
  try {
    const dates = await updateMasks({
      ...options,
      signal: options.signal ?? interruptSignal(),
      onProgress: (grid, done, total) => progress.update(`clouds of the series of ${grid}`, done, total),
      onDate: (date) => {
        if (date.changed || date.passedOver) progress.line(lineOf(date, options.dryRun));
      },
    });
    const changed = dates.filter((date) => date.changed).length;
    progress.line(`masks: ${changed} of ${dates.length} dates ${options.dryRun ? "would change" : "changed"}`);
  } finally {
    progress.end();
  }
}

function lineOf({ item, maskSource, clearPercent, dates, passedOver }: MaskedDate, dryRun: boolean): string {
  if (passedOver) return `${item.id}: replaced meanwhile, left alone`;
  const clear = clearPercent === undefined ? "no masks" : `${clearPercent.toFixed(1)} % clear`;
  return `${item.id}: ${dryRun ? "would be " : ""}${clear}, told by ${maskSource ?? "nothing"}, ${dates} dates`;
}

import { inspectFile, type Inspection } from "../app/inspect.js";
import { CODEC_NAMES } from "../core/codecs.js";
import { flagOption, wantPositionals, type Command } from "./arguments.js";

const HELP = `
Usage: tectile inspect FILE [--json]

Tells what a TEC-COG (path or URL) holds: model, quality, what it leans on, levels, and where its bytes go,
by the entropy model of their chunks.
`;

/** "quality 3", or what was asked for instead; and how clouds are kept. */
function finenessOf({ quality, target, clouds }: Inspection): string {
  const goal =
    target === undefined
      ? `quality ${quality}`
      : "psnr" in target
        ? `${target.psnr} dB a chunk`
        : `error ${target.maxRmse} DN a chunk`;
  return clouds === undefined
    ? goal
    : `${goal}, clouds ${clouds === "same" ? "as fine as the rest" : "two steps coarser"}`;
}

export const inspectCommand: Command = {
  name: "inspect",
  summary: "Tell what a TEC-COG holds",
  help: HELP,
  options: { json: { type: "boolean" } },
  async run(input) {
    const [file = ""] = wantPositionals(input, ["FILE"], "inspect");
    const found = await inspectFile(file);
    if (flagOption(input, "json")) {
      process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
      return 0;
    }
    const share = (bytes: number): string =>
      `${String(bytes).padStart(10)} bytes ${((100 * bytes) / found.fileBytes).toFixed(1).padStart(5)} %`;
    const lines = [
      `${found.file}: TEC-COG format ${found.format}, ${found.fileBytes} bytes`,
      `  model      ${found.model} (${found.modelSha256.slice(0, 12)}), ${finenessOf(found)}, entropy model ${found.entropy}`,
      `  place      ${found.crs ?? "no CRS"}, ${found.datetime ?? "no date"}`,
      ...(found.absent === undefined ? [] : [`  absent     ${found.absent.join(" ")}: its source had none`]),
      ...found.references.map(({ href, datetime }) => `  leans on   ${href}, ${datetime ?? "no date"}`),
      ...(found.engine === undefined ? [] : [`  engine     ${found.engine}`]),
      `  rate       ${found.bitsPerPixel.toFixed(4)} bits a pixel and band at full resolution`,
      `  header     ${share(found.headerBytes)}`,
      `  quicklook  ${share(found.quicklookBytes)}`,
      `  masks      ${share(found.maskBytes)}   ${found.maskSource === undefined ? "nothing tells what is cloud" : `clouds from ${found.maskSource}`}`,
      ...found.levels.flatMap((level, i) => [
        `  level ${i}    ${share(level.bytes)}   ${level.width} x ${level.height} px, ${level.chunks} chunks`,
        ...CODEC_NAMES.flatMap((name) => {
          const part = level.entropy[name];
          return part === undefined ? [] : [`    ${name.padEnd(9)}${share(part.bytes)}   ${part.chunks} chunks`];
        }),
      ]),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
    return 0;
  },
};

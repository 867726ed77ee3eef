import { openSource } from "../app/open-source.js";
import { encodeImage } from "../ingest/encode-image.js";
import type { Source } from "../ingest/source.js";
import { codecFor, openReferences } from "../app/references.js";
import { listOption, numberOption, textOption, wantPositionals, type Command, type CommandInput } from "./arguments.js";
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

const HELP = `
Usage: tectile encode IN.tif OUT.tif [OPTIONS]

Encodes one image (a GeoTIFF of 12 bands, a SAFE product's folder, or a STAC Item) as a TEC-COG.

${MODEL_HELP}
${ENTROPY_HELP}
  --reference FILE  tt, flextec: an encoded image of an earlier date to lean on, nearest first; may be repeated
  --scale X         dn = stored x scale + offset, instead of what the tags say
  --offset X
  --scl FILE        a scene classification to keep with it
${DECODER_HELP}
`;

export const encodeCommand: Command = {
  name: "encode",
  summary: "Encode one GeoTIFF as a TEC-COG",
  help: HELP,
  options: {
    ...DECODER_OPTIONS,
    ...MODEL_OPTIONS,
    ...ENTROPY_OPTIONS,
    reference: { type: "string", multiple: true },
    scale: { type: "string" },
    offset: { type: "string" },
    scl: { type: "string" },
  },
  run: encode,
};

async function encode(input: CommandInput): Promise<number> {
  const [from = "", to = ""] = wantPositionals(input, ["IN.tif", "OUT.tif"], "encode");
  const scale = numberOption(input, "scale", { min: 1e-9, max: 1e9 });
  const offset = numberOption(input, "offset", { min: -1e6, max: 1e6 });
  const scl = textOption(input, "scl");
  const asked = chooseEntropy(input);
  const decoder = await openDecoder(input);
  const progress = createProgress();
  let source: Source | undefined;
  try {
    source = await openSource(from, {
      openStore: decoder.openStore,
      ...(scale === undefined ? {} : { scale }),
      ...(offset === undefined ? {} : { offset }),
      ...(scl === undefined ? {} : { scl }),
    });
    for (const warning of source.warnings) progress.line(`tectile: ${warning}`);
    const chosen = await chooseModel(input, decoder);
    const codec = codecFor(chosen.model, asked);
    const report = await encodeImage(source, to, {
      ...chosen,
      ...decoder,
      codec,
      references: await openReferences(listOption(input, "reference"), to, decoder),
      signal: interruptSignal(),
      onProgress: (done, total) => progress.update(from, done, total),
    });
    progress.end();
    process.stdout.write(
      `${to}: ${report.fileBytes} bytes, ${report.bitsPerPixel.toFixed(4)} bits a pixel and band at full resolution, PSNR ${report.psnr["all"] ?? "-"} dB, ${report.psnr["visible"] ?? "-"} dB in B02 B03 B04 (model ${chosen.model.id}, quality ${chosen.quality}, entropy ${codec})\n`,
    );
    return 0;
  } finally {
    progress.end();
    await Promise.all([decoder.close(), source?.close()]);
  }
}

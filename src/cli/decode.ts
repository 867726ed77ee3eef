import { wantTokens } from "../tile/tokens.js";
import { decodeImage, decodeProvenance } from "../app/decode-image.js";
import { flagOption, numberOption, wantPositionals, type Command, type CommandInput } from "./arguments.js";
import { DECODER_HELP, DECODER_OPTIONS, interruptSignal, openDecoder } from "./decoder.js";
import { MOST_TOKENS } from "../core/codecs.js";
import { createProgress } from "./progress.js";

const HELP = `
Usage: tectile decode IN.tif OUT.tif [OPTIONS]

Decodes a TEC-COG (path or URL) to an ordinary deflate GeoTIFF on the source's grid, in its units, CRS and dtype.

  --provenance      of a mosaic, where each pixel comes from instead of its bands: one byte, 0 nothing, 1 .. 250 a
                    date of its list (tectile inspect shows it), 254 inferred, 255 several dates
  --quality Q       of FlexTEC's 16 tokens read the first Q, 0 to 16 (default all): fewer bytes, a softer picture
${DECODER_HELP}
`;

export const decodeCommand: Command = {
  name: "decode",
  summary: "Decode a TEC-COG to an ordinary GeoTIFF",
  help: HELP,
  options: { ...DECODER_OPTIONS, quality: { type: "string", short: "q" }, provenance: { type: "boolean" } },
  run: decode,
};

async function decode(input: CommandInput): Promise<number> {
  const [from = "", to = ""] = wantPositionals(input, ["IN.tif", "OUT.tif"], "decode");
  const tokens = numberOption(input, "quality", { min: 0, max: MOST_TOKENS });
  const decoder = await openDecoder(input);
  const progress = createProgress();
  try {
    const container = await decoder.reader.open(from, "");
    if (tokens !== undefined) wantTokens(container.cog, tokens);
    const options = {
      signal: interruptSignal(),
      onProgress: (done: number, total: number) => progress.update(from, done, total),
    };
    if (flagOption(input, "provenance")) await decodeProvenance(container, to, decoder, options);
    else await decodeImage({ ...container, tokens }, to, decoder, options);
    return 0;
  } finally {
    progress.end();
    await decoder.close();
  }
}

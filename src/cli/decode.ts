import { wantTokens } from "../tile/tokens.js";
import { decodeImage } from "../app/decode-image.js";
import { numberOption, wantPositionals, type Command, type CommandInput } from "./arguments.js";
import { DECODER_HELP, DECODER_OPTIONS, interruptSignal, openDecoder } from "./decoder.js";
import { MOST_TOKENS } from "../core/codecs.js";
import { createProgress } from "./progress.js";

const HELP = `
Usage: tectile decode IN.tif OUT.tif [OPTIONS]

Decodes a TEC-COG (path or URL) to an ordinary deflate GeoTIFF on the source's grid, in its units, CRS and dtype.

  --quality Q       of FlexTEC's 16 tokens read the first Q, 0 to 16 (default all): fewer bytes, a softer picture
${DECODER_HELP}
`;

export const decodeCommand: Command = {
  name: "decode",
  summary: "Decode a TEC-COG to an ordinary GeoTIFF",
  help: HELP,
  options: { ...DECODER_OPTIONS, quality: { type: "string", short: "q" } },
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
    await decodeImage({ ...container, tokens }, to, decoder, {
      signal: interruptSignal(),
      onProgress: (done, total) => progress.update(from, done, total),
    });
    return 0;
  } finally {
    progress.end();
    await decoder.close();
  }
}

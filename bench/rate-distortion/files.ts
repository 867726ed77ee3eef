// Writes and decodes the files that run.py measures: one job a line on standard input, one answer a line. Networks are loaded once.
import { createInterface } from "node:readline";
import { z } from "zod";
import { chooseModel } from "../../src/app/choose-model.js";
import { readConfig } from "../../src/app/config.js";
import { decodeImage } from "../../src/app/decode-image.js";
import { openSource } from "../../src/app/open-source.js";
import { openReferences } from "../../src/app/references.js";
import { createDecoder } from "../../src/app/services.js";
import { CODEC_NAMES } from "../../src/core/codecs.js";
import { messageOf } from "../../src/core/assert.js";
import { encodeImage } from "../../src/ingest/encode-image.js";

const encodeJob = z.object({
  encode: z.string(),
  out: z.string(),
  entropy: z.enum(CODEC_NAMES),
  quality: z.int().optional(),
  psnr: z.number().optional(),
  maxRmse: z.number().optional(),
  clouds: z.enum(["coarse", "same"]).optional(),
  /** A scene classification of the same grid. */
  scl: z.string().optional(),
  references: z.array(z.string()).default([]),
});
const decodeJob = z.object({ decode: z.string(), out: z.string(), tokens: z.int().optional() });
const job = z.union([encodeJob, decodeJob]);

const [model, folder] = process.argv.slice(2);
const decoder = await createDecoder(
  await readConfig({ provider: "cpu", ...(folder === undefined ? {} : { models: [folder] }) }, process.env),
);
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await run(job.parse(JSON.parse(line))).catch((cause: unknown) => ({ error: messageOf(cause) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await decoder.close();

async function run(wanted: z.infer<typeof job>): Promise<{ readonly psnr?: number | undefined }> {
  if ("decode" in wanted) {
    const container = await decoder.reader.open(wanted.decode, "");
    await decodeImage({ ...container, tokens: wanted.tokens }, wanted.out, decoder);
    return {};
  }
  const { encode, out, entropy: codec, references, scl, ...fineness } = wanted;
  const source = await openSource(encode, { openStore: decoder.openStore, ...(scl === undefined ? {} : { scl }) });
  try {
    const report = await encodeImage(source, out, {
      ...decoder,
      ...(await chooseModel({ model, ...fineness }, decoder)),
      codec,
      references: await openReferences(references, out, decoder),
    });
    return { psnr: report.psnr["all"] };
  } finally {
    await source.close();
  }
}

// Writes and decodes the files that run.py measures: one job a line on standard input, one answer a line. Networks are loaded once.
import { createInterface } from "node:readline";
import { z } from "zod";
import { chooseModel } from "../../src/app/choose-model.js";
import { readConfig } from "../../src/app/config.js";
import { decodeImage } from "../../src/app/decode-image.js";
import { openSource } from "../../src/app/open-source.js";
import { contextUse, openReferences } from "../../src/app/references.js";
import { createDecoder } from "../../src/app/services.js";
import { ENTROPY_MODELS } from "../../src/container/chunk.js";
import { messageOf } from "../../src/core/assert.js";
import { InvalidRequestError } from "../../src/core/errors.js";
import { encodeImage } from "../../src/ingest/encode-image.js";

const encodeJob = z.object({
  encode: z.string(),
  out: z.string(),
  entropy: z.enum(ENTROPY_MODELS),
  /** One of these: a quality step; dB over all bands; digital numbers. */
  quality: z.int().optional(),
  psnr: z.number().optional(),
  maxRmse: z.number().optional(),
  clouds: z.enum(["auto", "same"]).optional(),
  references: z.array(z.string()),
});
const decodeJob = z.object({ decode: z.string(), out: z.string(), tokens: z.int() });
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

/** Answers {}; of an encoded file with the PSNR in dB that its writer tells. */
async function run(wanted: z.infer<typeof job>): Promise<{ readonly psnr?: number | undefined }> {
  if ("decode" in wanted) {
    const container = await decoder.reader.open(wanted.decode, "");
    await decodeImage({ ...container, tokens: wanted.tokens }, wanted.out, decoder);
    return {};
  }
  const { psnr, maxRmse, clouds } = wanted;
  if (psnr !== undefined || maxRmse !== undefined || clouds !== undefined)
    throw new InvalidRequestError("this build knows quality steps only");
  const source = await openSource(wanted.encode, { openStore: decoder.openStore });
  try {
    const references = await openReferences(wanted.references, wanted.out, decoder);
    const report = await encodeImage(source, wanted.out, {
      ...(await chooseModel({ model, quality: wanted.quality }, decoder)),
      context: contextUse(wanted.entropy, references, decoder),
      networks: decoder.networks,
    });
    return { psnr: report.psnr["all"] };
  } finally {
    await source.close();
  }
}

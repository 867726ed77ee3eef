// Run as a process of its own, so that VK_ICD_FILENAMES is set before onnxruntime loads: decodes one window of made-up latents and
// prints its pixels. Arguments: provider, ONNX file, channels, halo, latents a side. Prints one line of JSON.
import { openNetwork, PROVIDERS } from "../../src/model/session.js";

const [, , name, path = "", channels = "", halo = "", side = ""] = process.argv;
const provider = PROVIDERS.find((known) => known === name);
if (provider === undefined) throw new RangeError(`provider ${name}`);
const count = Number(side) + 2 * Number(halo);
const bands = [3, 2, 1, 8];
const latents = Float32Array.from({ length: Number(channels) * count * count }, (_, i) => {
  const channel = Math.floor(i / (count * count));
  return (((i * 7919) % 1009) / 1009 - 0.5) * (channel < 8 ? 30 : 1);
});
const network = await openNetwork(path, { provider, threads: 1, strict: true });
const { dims, data } = await network.run(
  {
    latents: { dims: [1, Number(channels), count, count], data: latents },
    bands: { dims: [bands.length], data: BigInt64Array.from(bands, BigInt) },
    scale: { dims: [1, bands.length], data: new Float32Array(bands.length).fill(1) },
    offset: { dims: [1, bands.length], data: new Float32Array(bands.length) },
  },
  "pixels",
);
process.stdout.write(`${JSON.stringify({ dims, pixels: [...data] })}\n`, () => process.exit(0));

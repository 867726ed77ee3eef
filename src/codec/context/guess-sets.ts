import type { ContextFile } from "./context-file.js";
import type { Reference } from "./features.js";
import { LOW_CHANNELS } from "./linear.js";

/** From this clear share on, of 127, a reference's latent tells of the ground. */
const CLEAR_ENOUGH = 64;

/** Table sets, row-major, where no stream tells them: at each position the one that codes the nearest earlier date there in the fewest bits. */
export function guessSets(
  file: Pick<ContextFile, "base" | "means" | "sets" | "channels">,
  chunk: {
    readonly rows: number;
    readonly columns: number;
    readonly quality: number;
    readonly references: readonly (Reference | undefined)[];
  },
): Uint8Array {
  const { sets, channels } = file;
  const positions = chunk.rows * chunk.columns;
  const out = new Uint8Array(positions);
  const seen = chunk.references.filter((reference) => reference?.isSeen === true);
  const first = chunk.quality * sets;
  // Laplace's law about the static mean: log2(scale) + |symbol - mean| / scale, in bits up to a constant.
  const weight = Float32Array.from(
    file.base.subarray(first * channels, (first + sets) * channels),
    (scale) => (Math.SQRT2 * Math.LOG2E) / 2 ** (scale / 4 - 5),
  );
  const constant = Float32Array.from(weight, (w) => -Math.log2(w));
  const means = file.means.subarray(first * LOW_CHANNELS, (first + sets) * LOW_CHANNELS);
  for (let p = 0; p < positions; p++) {
    const symbols = (seen.find((reference) => (reference?.clear[p] ?? 0) >= CLEAR_ENOUGH) ?? seen[0])?.symbols;
    if (symbols === undefined) continue;
    let least = Infinity;
    for (let set = 0; set < sets; set++) {
      let bits = 0;
      for (let c = 0; c < channels; c++) {
        const mean = c < LOW_CHANNELS ? (means[set * LOW_CHANNELS + c] ?? 0) / 4 : 0;
        const at = set * channels + c;
        bits += (constant[at] ?? 0) + Math.abs((symbols[c * positions + p] ?? 0) - mean) * (weight[at] ?? 0);
      }
      if (bits >= least) continue;
      least = bits;
      out[p] = set;
    }
  }
  return out;
}

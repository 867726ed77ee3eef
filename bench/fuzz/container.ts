import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { BUILT_IN_MODELS } from "../../src/app/config.js";
import { loadModel } from "../../src/codec/loaded-model.js";
import { openModelDecoder, type ModelDecoder } from "../../src/codec/open-coder.js";
import { readChunkBytes, readTecCog } from "../../src/container/tec-cog-reader.js";
import { chunkName, chunkSize, type TecCog } from "../../src/container/tec-cog.js";
import { AppError } from "../../src/core/errors.js";
import { allSymbols } from "../../src/core/latents.js";
import { encode } from "../../src/index.js";
import { createModelZoo } from "../../src/model/model-zoo.js";
import { openMemorySource } from "../../src/store/memory-source.js";
import { decodeChunk, type DecodedChunk } from "../../src/tile/decode-chunk.js";
import { sceneTiff } from "../../test/support/scene.js";
import { createWorkspace } from "../../test/support/workspace.js";
import { mutateBytes } from "./mutate-bytes.js";
import { Dice, Wrong, type FuzzTarget, type Outcome } from "./target.js";

const SIDE = 300;
const ENTROPIES = ["fp", "elic", "flextec"] as const;

interface Prepared {
  readonly decoder: ModelDecoder;
  readonly files: readonly { readonly bytes: Uint8Array; readonly chunks: ReadonlyMap<string, string> }[];
}

let prepared: Promise<Prepared> | undefined;

async function prepare(): Promise<Prepared> {
  const space = await createWorkspace();
  const decoder = openModelDecoder(loadModel(await createModelZoo([BUILT_IN_MODELS]).open("tec-s2")));
  const image = await space.write("scene.tif", sceneTiff(SIDE, SIDE));
  const files = [];
  for (const entropy of ENTROPIES) {
    const path = space.path(`${entropy}.tif`);
    await encode(image, path, { entropy });
    const bytes = new Uint8Array(await readFile(path));
    const chunks = new Map<string, string>();
    await decodeAll(bytes, decoder, (name, chunk) => void chunks.set(name, digestOf(chunk)));
    files.push({ bytes, chunks });
  }
  await space.close();
  return { decoder, files };
}

/** Chunks that fail are passed over, as a reader of the others would. Gives how many were refused. */
async function decodeAll(
  bytes: Uint8Array,
  decoder: ModelDecoder,
  note: (name: string, chunk: DecodedChunk, cog: TecCog) => void,
): Promise<number> {
  const source = openMemorySource(bytes, "file");
  const cog = await readTecCog(source);
  let refused = 0;
  for (const [level, tiles] of cog.levels.entries()) {
    for (let index = 0; index < Math.min(16, tiles.offsets.length); index++) {
      const [row, column] = [Math.floor(index / tiles.chunkColumns), index % tiles.chunkColumns];
      const place = { name: chunkName(cog.location, level, row, column), ...chunkSize(tiles, row, column) };
      try {
        const stored = await readChunkBytes(source, tiles, index);
        if (stored === undefined) continue;
        const chunk = decodeChunk(stored, place, { decoder, references: [], tokens: undefined });
        note(place.name, chunk, cog);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        refused++;
      }
    }
  }
  return refused;
}

/** All that a chunk's pixels are made from. */
function digestOf({ latents, valid, classes }: DecodedChunk): string {
  const hash = createHash("sha256");
  const { symbols: _, spectral, ...rest } = latents;
  hash.update(
    JSON.stringify([
      rest,
      spectral === undefined ? null : Object.entries(spectral).map(([key, value]) => [key, String(value)]),
    ]),
  );
  hash
    .update(Float64Array.from(allSymbols(latents)))
    .update(typeof valid === "string" ? valid : Uint8Array.from(valid));
  return hash.update(classes === undefined ? "none" : Uint8Array.from(classes)).digest("hex");
}

/** Mutates a file between two shares of its length. */
async function run(seed: number, from: number, to: number): Promise<Outcome> {
  const { decoder, files } = await (prepared ??= prepare());
  const dice = new Dice(seed);
  const { bytes, chunks } = dice.pick(files);
  const mutated = mutateBytes(bytes, dice, Math.floor(from * bytes.length), Math.floor(to * bytes.length));
  const wanted = new Set(chunks.values());
  try {
    const refused = await decodeAll(mutated, decoder, (name, chunk) => {
      // Which chunk of the file it is, its header alone says.
      if (!wanted.has(digestOf(chunk))) throw new Wrong(`${name} decodes to what nobody encoded`);
    });
    return refused === 0 ? "taken" : "refused";
  } catch (error) {
    if (error instanceof AppError) return "refused";
    throw error;
  }
}

/** TEC-COGs with accidents anywhere, most of them in the header. */
export const container: FuzzTarget = {
  name: "container",
  run: (seed) => run(seed, 0, seed % 4 === 0 ? 1 : 0.15),
};

/** Streams of all entropy models that lean on nothing, with accidents behind the header. */
export const entropy: FuzzTarget = { name: "entropy", run: (seed) => run(seed, 0.15, 1) };

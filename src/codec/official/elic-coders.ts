import { join } from "node:path";
import { CorruptDataError } from "../../core/errors.js";
import { checksumOf, hex } from "../checksum.js";
import type { OfficialElic } from "../loaded-model.js";
import { openElic } from "./elic-package.js";
import type { OfficialChunk, OfficialDecodeTask, OfficialEncodeTask } from "./elic-tasks.js";
import { createElicCoder, type ElicCoder } from "./elic.js";
import type { Evaluate } from "./evaluate.js";

/** Something that runs the networks. */
export interface Engine {
  /** For messages. */
  readonly name: string;
  readonly evaluate: Evaluate;
}

/** Coders of converted TEC-ELICs, each opened on first use; for one thread. */
export interface OfficialCoders {
  /** @throws CorruptDataError naming the chunk, the engine that read it last and the one that wrote it. */
  decode(task: OfficialDecodeTask): Promise<Float32Array>;
  encode(task: OfficialEncodeTask): Promise<OfficialChunk>;
}

/** Decodes on `first`; `cpu` encodes, and decodes once more what `first` could not. They may be one. */
export function createOfficialCoders({ first, cpu }: { readonly first: Engine; readonly cpu: Engine }): OfficialCoders {
  const coders = new Map<string, Promise<ElicCoder>>();

  function coderOf({ id, folder }: OfficialElic, { name, evaluate }: Engine): Promise<ElicCoder> {
    const key = `${name} ${id}`;
    const coder =
      coders.get(key) ??
      openElic(folder).then((elic) => createElicCoder(elic, (file, ...run) => evaluate(join(folder, file), ...run)));
    coders.set(key, coder);
    coder.catch(() => coders.delete(key));
    return coder;
  }

  async function decodeOn(task: OfficialDecodeTask, engine: Engine): Promise<Float32Array> {
    const { model, chunk, shape, checksum, location } = task;
    const coder = await coderOf(model, engine);
    const { latents, symbols } = await coder.decode(chunk, shape, location).catch((error: unknown) => {
      if (!(error instanceof CorruptDataError)) throw error;
      throw corrupt(task, engine, error.message.slice(error.location.length + 2), error);
    });
    const got = checksumOf(symbols);
    if (got !== checksum)
      throw corrupt(task, engine, `its latents or head are damaged: checksum ${hex(got)}, ${hex(checksum)} expected`);
    return share(latents);
  }

  return {
    async decode(task) {
      try {
        return await decodeOn(task, first);
      } catch (error) {
        if (first.name === cpu.name || !(error instanceof CorruptDataError)) throw error;
        return decodeOn(task, cpu);
      }
    },
    async encode({ model, latents: y, shape }) {
      const coder = await coderOf(model, cpu);
      const { latents, symbols, ...streams } = await coder.encode(y, shape);
      return { ...streams, checksum: checksumOf(symbols), latents: share(latents) };
    },
  };
}

function corrupt(
  { location, writtenBy }: OfficialDecodeTask,
  { name }: Engine,
  what: string,
  cause?: unknown,
): CorruptDataError {
  return new CorruptDataError(location, `${what} (read with ${name}, written by ${writtenBy})`, { cause });
}

function share(values: Float32Array): Float32Array {
  const out = new Float32Array(new SharedArrayBuffer(values.byteLength));
  out.set(values);
  return out;
}

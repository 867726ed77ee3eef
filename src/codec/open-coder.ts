import { CODECS } from "../core/codecs.js";
import type { CodecName } from "../core/codecs.js";
import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import { parseContextWeights } from "./context/context-weights.js";
import { createContextCoder } from "./context/perceptron-coder.js";
import { createFactorizedCoder } from "./factorized.js";
import { parseLappedTables } from "./lapped/entropy-tables.js";
import {
  createLappedCoder,
  type DecodedLapped,
  type LappedCoder,
  type LappedFrame,
  type LappedParts,
} from "./lapped/lapped-coder.js";
import type { LatentChunk } from "../core/latents.js";
import type { LoadedModel } from "./loaded-model.js";
import { shareSymbols } from "./shared-symbols.js";
import { parseTables } from "./tables.js";

/** The stored parts of a chunk of any model that decodes without networks. */
export interface StoredParts extends LappedParts {
  /** Of a converted TEC-FP: set indices of its blocks. */
  readonly setMap?: Uint8Array | undefined;
}

/** Decodes chunks of one model, whatever entropy model each is stored with; for one thread. */
export interface ModelDecoder {
  /**
   * @param multOf of a lapped model: the steps of the positions in sixteenths, given the chunk's cloudMult.
   * @throws CorruptDataError naming `location`; UnsupportedError where the model has no such entropy model.
   */
  decode(
    codec: CodecName,
    parts: StoredParts,
    frame: LappedFrame,
    multOf: (cloudMult: number) => Uint8Array,
    location: string,
  ): Omit<DecodedLapped, "spectral" | "symbols"> &
    Partial<Pick<DecodedLapped, "spectral">> &
    Pick<LatentChunk, "symbols">;
}

/** What opening a decoder takes of a model. */
export type DecodableModel = Pick<LoadedModel, "id" | "sha256" | "channels" | "qualities" | "transform" | "coding">;

/** @throws UnsupportedError for a model that codes with networks. */
export function openModelDecoder(model: DecodableModel): ModelDecoder {
  const { coding, id } = model;
  if (coding.kind === "lapped") return checked(model, openLappedCoder(model));
  if (coding.kind === "official") throw new UnsupportedError(`Model ${id} codes with networks of its own`);
  const coder = createFactorizedCoder(parseTables(coding.tables, `tables of ${id}`), coding.block);
  return checked(model, {
    decode(codec, { symbols: stream, setMap = new Uint8Array() }, frame, _, location) {
      if (codec !== "fp")
        throw new UnsupportedError(`${location} is stored with entropy model "${codec}", which model ${id} lacks`);
      if (stream === undefined) throw new CorruptDataError(location, "it holds no symbols");
      return shareSymbols(coder.decode({ stream, setMap }, frame, location));
    },
  });
}

/** All entropy models of a lapped model. @throws RangeError for another model. */
export function openLappedCoder({ coding, transform, id }: DecodableModel): LappedCoder {
  if (coding.kind !== "lapped" || transform.kind !== "lapped") throw new RangeError(`model ${id} has no lapped basis`);
  const tables = parseLappedTables(coding.tables, `entropy tables of ${id}`);
  const { elic, tt } = coding.weights;
  const open = (weights: Uint8Array, name: string) => () =>
    createContextCoder(parseContextWeights(weights, `${name} weights of ${id}`), tables);
  return createLappedCoder(tables, transform.basis.common, {
    ...(elic === undefined ? {} : { elic: open(elic, CODECS.elic.title) }),
    ...(tt === undefined ? {} : { tt: open(tt, CODECS.tt.title) }),
  });
}

/** Before anything is allocated: channels and step choose how much that is and which tables are looked into. */
function checked(model: DecodableModel, decoder: ModelDecoder): ModelDecoder {
  return {
    decode(codec, parts, frame, multOf, location) {
      const { channels, quality, step } = frame;
      if (channels > model.channels)
        throw new CorruptDataError(location, `${channels} channels, model ${model.id} has ${model.channels}`);
      if (quality >= model.qualities)
        throw new CorruptDataError(
          location,
          `quality step ${quality}, model ${model.id} has 0 to ${model.qualities - 1}`,
        );
      if (step > 0 !== (model.coding.kind === "lapped"))
        throw new CorruptDataError(location, `a quantisation step of ${step}, which model ${model.id} can't have`);
      try {
        return decoder.decode(codec, parts, frame, multOf, location);
      } catch (error) {
        // Its own callers keep to a coder's ranges: what leaves them was stored so.
        if (error instanceof RangeError) throw new CorruptDataError(location, error.message, { cause: error });
        throw error;
      }
    },
  };
}

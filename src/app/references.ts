import { dirname, relative, resolve, sep } from "node:path";
import { chunkSize } from "../container/tec-cog.js";
import type { CodecName } from "../core/codecs.js";
import { messageOf } from "../core/assert.js";
import { InvalidRequestError } from "../core/errors.js";
import { codecsOf, type LoadedModel } from "../codec/loaded-model.js";
import { checkCodec } from "../ingest/coding.js";
import type { ReferenceImage } from "../ingest/references.js";
import { DEFAULT_KEYFRAMES, type Series } from "../ingest/series.js";
import { mayLeanOn, parseLocation } from "../store/location.js";
import { asReference } from "../tile/decode-chunk.js";
import type { Decoder } from "./services.js";

/** How a collection's dates are to be stored. */
export interface SeriesChoice {
  /** The model's default unless told otherwise: "fp", "elic" of a converted TEC-ELIC. */
  readonly entropy?: CodecName | undefined;
  /** Of "tt" and "flextec", every so many dates leans on no other; 4. */
  readonly keyframes?: number | undefined;
}

/**
 * Opens the earlier dates that an image at `target` is to lean on.
 *
 * @throws InvalidRequestError naming a reference that can't be read, or that a file at `target` may not lean on.
 */
export async function openReferences(
  locations: readonly string[],
  target: string,
  { reader }: Pick<Decoder, "reader">,
): Promise<readonly ReferenceImage[]> {
  return Promise.all(
    locations.map(async (location) => {
      const at = parseLocation(location);
      if (at.kind === "file" && resolve(at.path) === resolve(target))
        throw new InvalidRequestError(`Reference ${location} is the file to be written; an image can't lean on itself`);
      const href = hrefFrom(target, location);
      const container = await reader.open(location, "").catch((cause: unknown) => {
        throw new InvalidRequestError(`Reference ${location} can't be read: ${messageOf(cause)}`, { cause });
      });
      const { cog } = container;
      return {
        href,
        cog,
        async chunk(level: number, index: number) {
          const tiles = cog.levels[level];
          const columns = tiles?.chunkColumns ?? 1;
          const decoded = await reader.chunk(container, level, index);
          const size =
            tiles === undefined
              ? { width: 0, height: 0 }
              : chunkSize(tiles, Math.floor(index / columns), index % columns);
          return asReference(decoded, size);
        },
      };
    }),
  );
}

/** How a file at `target` names another. @throws InvalidRequestError where its readers would not open that. */
function hrefFrom(target: string, location: string): string {
  const place = parseLocation(location);
  const href =
    place.kind === "file" ? relative(dirname(resolve(target)), resolve(place.path)).replaceAll(sep, "/") : location;
  if (mayLeanOn(resolve(target), href)) return href;
  throw new InvalidRequestError(
    `Reference ${location} has no path from the file to be written, ${target}; wanted a local file, such as a copy beside it`,
  );
}

/**
 * The entropy model asked for, or the model's default: "fp", of a converted TEC-ELIC "elic".
 *
 * @throws InvalidRequestError where the model lacks it.
 */
export function codecFor(model: LoadedModel, asked: CodecName | undefined): CodecName {
  const codec = asked ?? codecsOf(model)[0] ?? "fp";
  checkCodec(model, codec);
  return codec;
}

/**
 * How `ingest` stores the dates of a collection.
 *
 * @throws InvalidRequestError for keyframes that aren't a whole number from 1 up, or an entropy model that `model` lacks.
 */
export function openSeries(
  { entropy, keyframes = DEFAULT_KEYFRAMES }: SeriesChoice,
  model: LoadedModel,
  decoder: Pick<Decoder, "reader">,
): Series {
  if (!Number.isInteger(keyframes) || keyframes < 1)
    throw new InvalidRequestError(`keyframes is ${keyframes}; wanted a whole number of dates from 1 up`);
  return {
    codec: codecFor(model, entropy),
    keyframes,
    openReferences: (locations, target) => openReferences(locations, target, decoder),
  };
}

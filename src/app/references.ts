import { relative, dirname, resolve } from "node:path";
import { clearShares } from "../codec/context/clear-shares.js";
import { chunkSize } from "../container/tec-cog.js";
import type { EntropyModel } from "../container/chunk.js";
import { messageOf } from "../core/assert.js";
import { InvalidRequestError } from "../core/errors.js";
import type { ContextUse, ReferenceImage } from "../ingest/context-encoder.js";
import { isRemote } from "../store/location.js";
import type { Decoder } from "./services.js";

/**
 * Opens the earlier dates that an image at `target` is to lean on.
 *
 * @throws InvalidRequestError naming a reference that can't be read.
 */
export async function openReferences(
  locations: readonly string[],
  target: string,
  { reader }: Pick<Decoder, "reader">,
): Promise<readonly ReferenceImage[]> {
  return Promise.all(
    locations.map(async (location) => {
      const container = await reader.open(location, "").catch((cause: unknown) => {
        throw new InvalidRequestError(`Reference ${location} can't be read: ${messageOf(cause)}`, { cause });
      });
      const { cog } = container;
      return {
        href: isRemote(location) ? location : relative(dirname(resolve(target)), resolve(location)),
        cog,
        async chunk(level: number, index: number) {
          const tiles = cog.levels[level];
          const columns = tiles?.chunkColumns ?? 1;
          const decoded = await reader.chunk(container, level, index);
          const size =
            tiles === undefined
              ? { width: 0, height: 0 }
              : chunkSize(tiles, Math.floor(index / columns), index % columns);
          const { valid, classes, latents } = decoded;
          return { latents, clear: clearShares({ ...size, valid, classes }) };
        },
      };
    }),
  );
}

/**
 * How chunks are to be entropy-coded beyond TEC-FP; undefined for TEC-FP.
 *
 * @throws InvalidRequestError where references are given to a model that takes none.
 */
export function contextUse(
  entropy: EntropyModel,
  references: readonly ReferenceImage[],
  { contexts }: Pick<Decoder, "contexts">,
): Omit<ContextUse, "model"> | undefined {
  if (references.length > 0 && (entropy === "fp" || entropy === "elic"))
    throw new InvalidRequestError(`Entropy model "${entropy}" takes no references; "tt" and "flextec" do`);
  return entropy === "fp" ? undefined : { entropy, coders: contexts, references };
}

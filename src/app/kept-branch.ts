import { sharedMemory } from "../core/shared-memory.js";
import type { KeptBranch } from "../model/network-tasks.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import type { LatentRect } from "../tile/plan.js";
import type { Services } from "./services.js";

/**
 * Where the decoder's branch leaves its answer for a window, among the decoded tiles: clients of data ask for a tile's bands one after
 * another, and two thirds of what a band costs is the same for all. Undefined where nothing is gained: without a branch, and on a GPU, where it
 * is part of the graph.
 */
export async function keptBranch(
  { key, href, tokens, model: { transform } }: OpenContainer,
  { level, rect }: { readonly level: number; readonly rect: LatentRect },
  { blocks, networks }: Pick<Services, "blocks" | "networks">,
): Promise<KeptBranch | undefined> {
  if (transform.kind !== "lapped" || transform.branch === undefined || networks.provider !== "cpu") return undefined;
  const around = 2 * (transform.halo - 1);
  const floats = transform.basis.canonical.length * (rect.rows + around) * (rect.columns + around);
  const place = [level, rect.row, rect.column, rect.rows, rect.columns].join("/");
  const { bytes } = await blocks.get(`${key}/${tokens ?? "all"}/branch/${place}`, async () => ({
    href,
    bytes: new Uint8Array(sharedMemory(HEAD_BYTES + 4 * floats)),
  }));
  return {
    made: new Int32Array(bytes.buffer, bytes.byteOffset, 1),
    values: new Float32Array(bytes.buffer, bytes.byteOffset + HEAD_BYTES, floats),
  };
}

/** Says whether the rest was made. */
const HEAD_BYTES = 4;

import { realpath } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { NotFoundError } from "../core/errors.js";
import type { OpenStore } from "../store/byte-source.js";
import { createGuardedFetch } from "../store/guarded-fetch.js";
import type { HostRules } from "../store/host-rules.js";
import { openHttpSource } from "../store/http-source.js";
import { parseLocation, shortLocation } from "../store/location.js";

/** Where the files of a catalog's items may lie. */
export interface Fences extends HostRules {
  /** Folders, links followed; undefined: anywhere, for a catalog that is no folder. */
  readonly folders: readonly string[] | undefined;
}

/** Opens what lies within the fences: items come from anywhere, the server's disk and network aren't theirs. Other schemes are plugins' matter. */
export function guardStore(openStore: OpenStore, fences: Fences): OpenStore {
  const fetch = createGuardedFetch(fences);
  return async (location) => {
    const parsed = parseLocation(location);
    if (parsed.kind === "http") return openHttpSource(parsed.url, { fetch });
    if (parsed.kind === "file") return openStore(await realPlace(parsed.path, fences.folders));
    return openStore(location);
  };
}

/**
 * A file's place with links followed.
 *
 * @throws NotFoundError where it isn't there or lies outside the folders.
 */
export async function realPlace(path: string, folders: readonly string[] | undefined): Promise<string> {
  const place = await realpath(path).catch((cause: unknown) => {
    throw new NotFoundError(`File ${shortLocation(path)} does not exist`, { cause });
  });
  if (folders === undefined) return resolve(path);
  for (const folder of folders) {
    const root = await realpath(folder).catch(() => undefined);
    if (root !== undefined && place.startsWith(root.endsWith(sep) ? root : root + sep)) return place;
  }
  throw new NotFoundError(
    `File ${shortLocation(path)} leads outside the catalog's folder; wanted it inside, or its folder in the setting linkedFolders`,
  );
}

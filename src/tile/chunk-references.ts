import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { storedReferenceFault } from "../container/reference-fault.js";
import type { TecMetadata } from "../container/tec-cog.js";
import { CorruptDataError } from "../core/errors.js";
import { fileIdentity } from "../store/file-source.js";
import { isRemote, mayLeanOn, parseLocation, resolveHref } from "../store/location.js";
import type { OpenContainer } from "./chunk-reader.js";

/**
 * Where the k-th file that a container leans on lies. Only places that the container may lean on are looked at: see mayLeanOn;
 * and of local files, where `within` is given, those inside that folder, symbolic links followed.
 *
 * @throws CorruptDataError for any other.
 */
export async function placeOfReference(
  { cog, href }: Pick<OpenContainer, "cog" | "href">,
  k: number,
  within: string | undefined,
): Promise<string> {
  const named = referenceOf({ cog }, k);
  if (!mayLeanOn(href, named.href))
    throw new CorruptDataError(
      cog.location,
      `its reference ${named.href} is not opened; wanted ${isRemote(href) ? "one of the same scheme and host" : "a relative path"}`,
    );
  const place = resolveHref(href, named.href);
  const location = parseLocation(place);
  if (location.kind === "file" && within !== undefined && !(await liesWithin(within, location.path)))
    throw new CorruptDataError(
      cog.location,
      `its reference ${named.href} is not opened; wanted one inside the catalog's folder`,
    );
  return place;
}

/** Changes when the file was replaced. Of a URL it is empty: its source notices by itself. @throws NotFoundError */
export async function versionOfReference(href: string): Promise<string> {
  const location = parseLocation(href);
  return location.kind === "file" ? `of ${await fileIdentity(location.path)}` : "";
}

/** @throws CorruptDataError in one sentence where the k-th file that a container leans on can't be what it was encoded with. */
export function checkReference(
  container: Pick<OpenContainer, "cog" | "model">,
  k: number,
  other: Pick<OpenContainer, "cog">,
): void {
  const named = referenceOf(container, k);
  const fault = storedReferenceFault(container, named, other.cog);
  if (fault !== undefined) throw new CorruptDataError(container.cog.location, `its reference ${named.href} ${fault}`);
}

function referenceOf({ cog }: Pick<OpenContainer, "cog">, k: number): NonNullable<TecMetadata["references"]>[number] {
  const named = cog.metadata.references?.[k];
  if (named === undefined)
    throw new CorruptDataError(cog.location, `a chunk leans on reference ${k}, the file names fewer`);
  return named;
}

/** A path that leaves the folder by its name is not looked at. */
async function liesWithin(folder: string, path: string): Promise<boolean> {
  if (!isBelow(resolve(folder), resolve(path))) return false;
  const [realFolder, realPath] = await Promise.all([folder, path].map((one) => realpath(one).catch(() => undefined)));
  // What isn't there is told by whoever opens it.
  return realFolder === undefined || realPath === undefined || isBelow(realFolder, realPath);
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

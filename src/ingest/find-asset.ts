import { readdir, stat } from "node:fs/promises";
import { join, parse, relative, resolve, sep } from "node:path";
import { parseLocation, resolveHref } from "../store/location.js";

/** Where an asset's file is, and whether its name is written in other letters than the item's href. */
export interface FoundAsset {
  readonly location: string;
  readonly isOtherCase: boolean;
}

/**
 * The file that an href of a document at `base` means: as written, percent-decoded, or with letters of another case where exactly one name
 * fits, as on systems that don't tell them apart. What is nowhere stays as written.
 */
export async function findAsset(base: string, href: string): Promise<FoundAsset> {
  const location = resolveHref(base, href);
  const parsed = parseLocation(location);
  const asWritten = { location, isOtherCase: false };
  if (parsed.kind !== "file") return asWritten;
  const paths = [...new Set([parsed.path, decoded(parsed.path)])];
  for (const path of paths) if (await isThere(path)) return { location: path, isOtherCase: false };
  for (const path of paths) {
    const found = await ignoringCase(path);
    if (found !== undefined) return { location: found, isOtherCase: true };
  }
  return asWritten;
}

/** Undefined where no name fits, or several do. */
async function ignoringCase(path: string): Promise<string | undefined> {
  const { root } = parse(resolve(path));
  let found = root;
  for (const part of relative(root, resolve(path)).split(sep)) {
    const next = join(found, part);
    if (await isThere(next)) {
      found = next;
      continue;
    }
    const names = await readdir(found).catch(() => []);
    const alike = names.filter((name) => folded(name) === folded(part));
    if (alike.length !== 1 || alike[0] === undefined) return undefined;
    found = join(found, alike[0]);
  }
  return found;
}

const folded = (name: string): string => name.normalize("NFC").toLowerCase();

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

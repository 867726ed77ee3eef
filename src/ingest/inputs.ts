import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { z } from "zod";
import { messageOf } from "../core/assert.js";
import { bandFileOf } from "./band-files.js";
import { granulesOf, isProductMetadata } from "./source-safe.js";
import { fileNameOf, isRemote, parseLocation, resolveHref } from "../store/location.js";
import { datetimeFromName, idFromName } from "./source-datetime.js";

/** One date of imagery among those to ingest. */
export interface Input {
  readonly location: string;
  /** Distinct from all others of the run, where its name tells it before it is opened. */
  readonly id: string | undefined;
  /** Why it can't be one: a path that isn't there, a folder without imagery. */
  readonly problem: string | undefined;
}

export interface Inputs {
  readonly inputs: readonly Input[];
  /** Files in folders that are no imagery of their own, for a line that says so. */
  readonly passedOver: readonly string[];
}

/**
 * The inputs that paths and URLs stand for. A folder stands for the GeoTIFFs, VRTs, SAFE products, STAC Items and sets of single bands
 * below it: what an item names as its assets, what a VRT is made of and a product holds, belongs to it; scene classifications, masks, previews, other JSON and hidden files are passed over.
 */
export async function listInputs(paths: readonly string[]): Promise<Inputs> {
  const found: Found[] = [];
  const bands = await bandsGiven(paths);
  for (const path of paths.filter((each) => !bands.files.has(each))) found.push(await listInput(path));
  for (const path of bands.patterns) found.push({ path, locations: [path], passedOver: [], problem: undefined });
  const seen = new Set<string>();
  const inputs: Omit<Input, "id">[] = [];
  for (const { locations, problem, path } of found) {
    if (problem !== undefined) inputs.push({ location: path, problem });
    for (const location of locations) {
      const real = isRemote(location) ? location : await realpath(location).catch(() => location);
      if (!seen.has(real)) inputs.push({ location, problem: undefined });
      seen.add(real);
    }
  }
  return { inputs: withDistinctIds(inputs), passedOver: found.flatMap(({ passedOver }) => passedOver) };
}

/** Files of single bands named one by one, as a shell's star does. */
async function bandsGiven(paths: readonly string[]): Promise<ReturnType<typeof groupsAmong>> {
  const isFile = async (path: string): Promise<boolean> =>
    !isRemote(path) && (await stat(path).catch(() => undefined))?.isFile() === true;
  const files: string[] = [];
  for (const path of paths) if (await isFile(path)) files.push(path);
  return groupsAmong(files);
}

interface Found {
  readonly path: string;
  readonly locations: readonly string[];
  readonly passedOver: readonly string[];
  readonly problem: string | undefined;
}

async function listInput(path: string): Promise<Found> {
  const one = { path, locations: [path], passedOver: [], problem: undefined };
  if (isRemote(path) || basename(path).includes("*")) return one;
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) {
    const problem = `${path} is not there; wanted a GeoTIFF, a SAFE folder, a STAC Item or a folder of them`;
    return { ...one, locations: [], problem };
  }
  if (!info.isDirectory()) return one;
  const files = await filesBelow(path);
  const products = await productsAmong(files);
  const items = new Map<string, readonly string[]>();
  for (const file of files.filter((name) => /\.(geo)?json$/i.test(name))) {
    const assets = await assetsOf(file);
    if (assets !== undefined) items.set(file, assets);
  }
  const mosaics = await Promise.all(files.filter((name) => /\.vrt$/i.test(name)).map(filesOfVrt));
  const assets = new Set([...items.values(), ...mosaics].flat().map((asset) => asset.toLowerCase()));
  const claimed = (file: string): boolean =>
    assets.has(resolve(file).toLowerCase()) || products.some(({ folder }) => file.startsWith(folder + sep));
  const free = files.filter((file) => !claimed(file));
  const groups = groupsAmong(free);
  const isImage = (file: string): boolean => /\.(tiff?|vrt)$/i.test(file) && !ASIDE.test(basename(file));
  const single = free.filter((file) => !groups.files.has(file) && (items.has(file) || isImage(file)));
  const locations = [...single, ...groups.patterns, ...products.flatMap(({ tiles }) => tiles)].toSorted();
  const passedOver = free.filter((file) => !single.includes(file) && !groups.files.has(file));
  const kinds = [...new Set(files.map((file) => /\.\w+$/.exec(file)?.[0] ?? basename(file)))].slice(0, 8).join(" ");
  const problem =
    locations.length > 0
      ? undefined
      : `${path} holds no .tif that is imagery, no SAFE product, no bands in .jp2 and no STAC Item${kinds === "" ? ": it is empty" : `; there is ${kinds}`}`;
  return { path, locations, passedOver, problem };
}

/** Folders that hold a product's metadata, with what of it is one image: the folder itself, or those of its tiles. */
async function productsAmong(
  files: readonly string[],
): Promise<readonly { readonly folder: string; readonly tiles: readonly string[] }[]> {
  const folders = [...new Set(files.filter((file) => isProductMetadata(basename(file))).map((file) => dirname(file)))];
  return Promise.all(
    folders.map(async (folder) => {
      const tiles = await granulesOf(folder);
      return { folder, tiles: tiles.length > 1 ? tiles : [folder] };
    }),
  );
}

/** Files of single bands that lie together, as one image each. One band alone is a group only in JPEG 2000, which holds no more. */
function groupsAmong(files: readonly string[]): {
  readonly patterns: readonly string[];
  readonly files: ReadonlySet<string>;
} {
  const groups = new Map<string, Map<string, string>>();
  for (const file of files.filter((name) => /\.(tiff?|jp2)$/i.test(name))) {
    const found = bandFileOf(file);
    if (found === undefined) continue;
    const group = groups.get(found.group) ?? new Map<string, string>();
    groups.set(found.group, group.set(file, found.band));
  }
  const chosen = [...groups].filter(([pattern, group]) => {
    const bands = new Set([...group.values()].filter((band) => band !== "SCL" && band !== "B10"));
    return bands.size > 1 || (bands.size === 1 && /\.jp2$/i.test(pattern));
  });
  return {
    patterns: chosen.map(([pattern]) => pattern),
    files: new Set(chosen.flatMap(([, group]) => [...group.keys()])),
  };
}

/** Scene classifications, masks and previews by their names; what GDAL and systems put beside files. */
const ASIDE =
  /(^|[_.-])(SCL|TCI|PVI|AOT|WVP|MSK|CLDPRB|SNWPRB|QA60|cloud_?mask|mask|preview|thumbnail|overview)([_.-]|$)/i;

/** Sorted; hidden files and folders are left out. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !file
          .slice(folder.length)
          .split(sep)
          .some((part) => part.startsWith(".")),
    )
    .toSorted();
}

const itemSchema = z.looseObject({
  type: z.literal("Feature"),
  stac_version: z.string(),
  assets: z.record(z.string(), z.looseObject({ href: z.string() })),
});

/** The local files that a STAC Item names; undefined for what isn't an item. One that can't be read is tried, and reported then. */
async function assetsOf(file: string): Promise<readonly string[] | undefined> {
  const text = await readFile(file, "utf8").catch((error: unknown) => messageOf(error));
  if (!/"stac_version"/.test(text)) return undefined;
  const parsed = itemSchema.safeParse(lenient(text));
  if (!parsed.success) return /"type"\s*:\s*"Feature"/.test(text) ? [] : undefined;
  return Object.values(parsed.data.assets).flatMap(({ href }) => {
    const location = resolveHref(file, href);
    return parseLocation(location).kind === "file" ? [resolve(location), resolve(decoded(location))] : [];
  });
}

/** What a VRT is made of belongs to it. */
async function filesOfVrt(file: string): Promise<readonly string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const named = [...text.matchAll(/<SourceFilename([^>]*)>([^<]+)<\/SourceFilename>/g)];
  return named.map(([, attributes = "", name = ""]) =>
    /relativeToVRT="1"/.test(attributes) ? resolve(dirname(file), name) : resolve(name),
  );
}

function lenient(text: string): unknown {
  try {
    return JSON.parse(
      text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (part) => (part.startsWith('"') ? part : "null")),
    );
  } catch {
    return undefined;
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Ids by names. A name without a date in a folder with one takes the folder's name before its own; those that are still alike take
 * the names of their folders, as many as it needs. What an item calls itself is known when it is opened.
 */
function withDistinctIds(inputs: readonly Omit<Input, "id">[]): readonly Input[] {
  const names = inputs.map(({ location }) => nameParts(location));
  const depth: number[] = names.map(({ own, folders }) => {
    const isNameless = !/[\p{L}\p{N}]/u.test(own.replace(/\.\w+$/, ""));
    if (isNameless) return 1;
    const isDated = datetimeFromName(own) !== undefined || datetimeFromName(folders[0] ?? "") === undefined;
    return isDated ? 0 : 1;
  });
  const idAt = (i: number): string => {
    const { own, folders } = names[i] ?? { own: "", folders: [] };
    return idFromName([...folders.slice(0, depth[i]).toReversed(), own].join("-"));
  };
  for (let round = 0; round < 8; round++) {
    const ids = inputs.map((_, i) => idAt(i));
    const alike = ids.flatMap((id, i) => (ids.indexOf(id) !== i || ids.lastIndexOf(id) !== i ? [i] : []));
    for (const i of alike) depth[i] = (depth[i] ?? 0) + 1;
    if (alike.length === 0) break;
  }
  return inputs.map((input, i) => ({ ...input, id: isNamed(input.location) ? idAt(i) : undefined }));
}

/** A raster or a pattern of band files; items and products have names of their own. */
const isNamed = (location: string): boolean => /\.(tiff?|vrt|jp2)$/i.test(fileNameOf(location));

function nameParts(location: string): { readonly own: string; readonly folders: readonly string[] } {
  const own = fileNameOf(location);
  const parsed = parseLocation(location);
  const path = parsed.kind === "file" ? resolve(parsed.path) : parsed.kind === "http" ? parsed.url.pathname : location;
  return {
    own,
    folders: dirname(path)
      .split(/[\\/]/)
      .filter((part) => part !== "")
      .toReversed(),
  };
}

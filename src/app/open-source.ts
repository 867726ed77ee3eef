import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { InvalidRequestError, NotFoundError } from "../core/errors.js";
import { openGeoTiffSource, type GeoTiffOptions } from "../ingest/source-geotiff.js";
import { openStacItemSource } from "../ingest/source-stac.js";
import { isRemote } from "../store/location.js";
import type { Source } from "../ingest/source.js";

/** What names the inputs of an ingest may have. */
export type SourceOptions = GeoTiffOptions;

/** Opens a GeoTIFF (.tif, .tiff) or a STAC Item (.json, .geojson, or a URL without an extension). */
export async function openSource(location: string, options: SourceOptions = {}): Promise<Source> {
  return isTiff(location) ? openGeoTiffSource(location, options) : openStacItemSource(location, options);
}

/**
 * The inputs that paths and URLs stand for: a folder stands for its GeoTIFFs and STAC Items, by name.
 *
 * @throws NotFoundError, or InvalidRequestError for a folder without any.
 */
export async function listInputs(paths: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(paths.map(listInput));
  return lists.flat();
}

async function listInput(path: string): Promise<readonly string[]> {
  if (isRemote(path)) return [path];
  const info = await stat(path).catch(() => undefined);
  if (info === undefined)
    throw new NotFoundError(`${path} is not there; wanted a GeoTIFF, a STAC Item or a folder of them`);
  if (!info.isDirectory()) return [path];
  const names = await readdir(path);
  const found = names.filter((name) => (isTiff(name) || /\.(geo)?json$/i.test(name)) && !/(^SCL_|_SCL\.)/i.test(name));
  if (found.length === 0) throw new InvalidRequestError(`${path} holds no .tif or .json file`);
  return found.toSorted().map((name) => join(path, name));
}

const isTiff = (name: string): boolean => /\.tiff?$/i.test(name.split("?")[0] ?? name);

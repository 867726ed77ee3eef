import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError, InvalidRequestError, NotFoundError } from "../core/errors.js";
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

/** An input with what its date tells. */
export interface DatedInput {
  readonly location: string;
  /** Undefined for one that can't be opened, or names none: what is wrong shows when it is ingested. */
  readonly id: string | undefined;
  readonly datetime: string | undefined;
}

/** Looks at every input and puts them in order of time, those without a date last. */
export async function inOrderOfTime(inputs: readonly string[], options: SourceOptions): Promise<readonly DatedInput[]> {
  const dated: DatedInput[] = [];
  for (const location of inputs) dated.push(await dateOf(location, options));
  const time = ({ datetime }: DatedInput): number => (datetime === undefined ? Infinity : Date.parse(datetime));
  return dated.toSorted((a, b) => (time(a) === time(b) ? 0 : time(a) - time(b)));
}

async function dateOf(location: string, options: SourceOptions): Promise<DatedInput> {
  try {
    const source = await openSource(location, options);
    await source.close();
    return { location, id: source.id, datetime: source.datetime };
  } catch (error) {
    if (error instanceof AppError) return { location, id: undefined, datetime: undefined };
    throw error;
  }
}

import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError, UnsupportedError } from "../core/errors.js";
import type { Input } from "../ingest/inputs.js";
import { openGeoTiffSource, type GeoTiffOptions } from "../ingest/source-geotiff.js";
import { openStacItemSource } from "../ingest/source-stac.js";
import { openBandFilesSource } from "../ingest/source-band-files.js";
import { isProductMetadata, openSafeSource } from "../ingest/source-safe.js";
import { fileNameOf, isRemote } from "../store/location.js";
import type { Source } from "../ingest/source.js";

/** What names the inputs of an ingest may have. */
export type SourceOptions = GeoTiffOptions;

/**
 * Opens a GeoTIFF or VRT, a STAC Item (.json, .geojson, or a URL without an extension), a Sentinel-2 product in ESA's SAFE format (its folder or
 * metadata file), or the files of an image's bands (a path with a star, or one of them alone).
 *
 * @throws UnsupportedError for formats that aren't read, with what makes a GeoTIFF of them.
 */
export async function openSource(location: string, options: SourceOptions = {}): Promise<Source> {
  const name = fileNameOf(location);
  if (!isRemote(location)) {
    if (isProductMetadata(name)) return openSafeSource(dirname(location), options);
    const isFolder = await stat(location).then(
      (info) => info.isDirectory(),
      () => false,
    );
    if (isFolder) return openSafeSource(location, options);
    if (name.includes("*") || /\.(jp2|j2k)$/i.test(name)) return openBandFilesSource(location, options);
  }
  if (/\.(jp2|safe|zip|nc|hdf|h5|img|png|jpe?g)$/i.test(name))
    throw new UnsupportedError(
      `${name} is not read; wanted a GeoTIFF, a SAFE folder or a STAC Item (gdal_translate makes a GeoTIFF)`,
    );
  return isTiff(name) ? openGeoTiffSource(location, options) : openStacItemSource(location, options);
}

const isTiff = (name: string): boolean => /\.(tiff?|vrt)$/i.test(name);

/** An input with what its date tells. */
export interface DatedInput extends Input {
  /** As it is ingested; undefined for one that can't be opened: what is wrong shows then. */
  readonly itemId: string | undefined;
}

/** Looks at every input and puts them in order of time, those without a date last. */
export async function inOrderOfTime(
  inputs: readonly Input[],
  optionsOf: (input: Input) => SourceOptions,
): Promise<{ readonly inputs: readonly DatedInput[]; readonly dates: readonly string[] }> {
  const dated: (DatedInput & { readonly datetime: string | undefined })[] = [];
  for (const input of inputs) dated.push({ ...input, ...(await lookAt(input, optionsOf(input))) });
  const time = ({ datetime }: { readonly datetime: string | undefined }): number =>
    datetime === undefined ? Infinity : Date.parse(datetime);
  const ordered = dated.toSorted((a, b) => (time(a) === time(b) ? 0 : time(a) - time(b)));
  return { inputs: ordered, dates: ordered.flatMap(({ datetime }) => datetime ?? []) };
}

async function lookAt(
  { location, problem }: Input,
  options: SourceOptions,
): Promise<{ readonly itemId: string | undefined; readonly datetime: string | undefined }> {
  if (problem !== undefined) return { itemId: undefined, datetime: undefined };
  try {
    const source = await openSource(location, { ...options, skipNative: true });
    await source.close();
    return { itemId: source.id, datetime: source.datetime };
  } catch (error) {
    if (error instanceof AppError) return { itemId: undefined, datetime: undefined };
    throw error;
  }
}

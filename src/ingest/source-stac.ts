import { BANDS, BAND_RESOLUTION_M, type BandName } from "../core/bands.js";
import { InvalidRequestError, NotFoundError, UnsupportedError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import { readStacItem } from "./read-stac-item.js";
import { parseLocation, shortLocation } from "../store/location.js";
import { findAsset, type FoundAsset } from "./find-asset.js";
import type { Source, SourceBlock, SourceGrid, SourceUnits } from "./source.js";
import { missingBands } from "./source-bands.js";
import { idFromName } from "./source-datetime.js";
import { datetimeOf, gridOf, intervalOf } from "./stac-place.js";
import { nestedFactor, type NativeFactors } from "./source-native.js";
import { isSameGrid, mapGrid, readBilinear, readNearest, type GridMapping } from "./source-onto-grid.js";
import {
  chooseAssets,
  type AssetChoice,
  unitsOfAsset,
  type AssetUnits,
  type NamedAsset,
  type StacItem,
} from "./source-stac-item.js";
import { sampleValues } from "./source-sampling.js";
import { chooseUnits, type UnitsAnswer } from "./source-units.js";
import { openRaster, type RasterOptions } from "./open-raster.js";
import type { RasterFile } from "./raster-file.js";
import type { Samples } from "./source-tiff-block.js";
import { absentBands, putDigitalNumbers, validByValues } from "./source-validity.js";
import { bandOf, emptyRaster } from "./block.js";

export interface StacItemOptions extends RasterOptions {
  /** dn = stored x scale + offset for all bands, instead of what the item says. */
  readonly scale?: number;
  readonly offset?: number;
  readonly id?: string;
  /** RFC 3339, instead of the item's. */
  readonly datetime?: string;
}

/** Each of up to 13 files keeps this much decoded. */
const ASSET_CACHE_BYTES = 24 * 1024 * 1024;

/** Fields of the original that describe the acquisition, not its files. */
const KEPT =
  /^(platform|constellation|instruments|gsd|license|eo:(cloud|snow)_cover|view:.*|sat:.*|grid:code|mgrs:.*|s2:(?!.*percentage).*|processing:.*)$/;

/**
 * Opens a STAC Item (1.0 or 1.1; path or URL) whose bands are separate GeoTIFF or JPEG 2000 assets, as one date of imagery on the grid of its
 * B02 asset (without one, of its finest): 20 m and 60 m bands repeated where their grids nest in it, else bilinearly, scene classes by the nearest pixel. Relative hrefs hang on the item's own location.
 *
 * @throws NotFoundError naming the asset; UnsupportedError for assets of other formats; UpstreamError; CorruptDataError.
 */
export async function openStacItemSource(location: string, options: StacItemOptions = {}): Promise<Source> {
  const { item, digest } = await readStacItem(location, options);
  return openItemSource({ location, base: location, item, digest, warnings: [] }, options);
}

/** What stands for a date whose bands are files of their own: a STAC Item, or what other metadata say in its words. */
export interface ItemToOpen {
  /** For messages. */
  readonly location: string;
  /** What hrefs hang on. */
  readonly base: string;
  readonly item: StacItem;
  /** Of all that told of it. */
  readonly digest: string;
  readonly warnings: readonly string[];
}

/** @throws as openStacItemSource */
export async function openItemSource(given: ItemToOpen, options: StacItemOptions): Promise<Source> {
  const { item, base } = given;
  const choice = chooseAssets(item);
  const named = choice.scl === undefined ? choice.bands : [...choice.bands, choice.scl];
  const places = await Promise.all(named.map(({ asset }) => findAsset(base, asset.href)));
  const opening = await Promise.allSettled(
    named.map((each, i) => openAsset(item, each, places[i]?.location ?? each.asset.href, options)),
  );
  const files = opening.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const closeAll = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    for (const result of opening) if (result.status === "rejected") throw result.reason;
    const scl = choice.scl === undefined ? undefined : files.at(-1);
    const bandFiles = files.slice(0, choice.bands.length);
    const guess = await guessUnits({ item, named: choice.bands, files: bandFiles, options });
    return new StacSource({
      ...given,
      warnings: [...given.warnings, ...otherCase(item, named, places)],
      named: choice.bands,
      files: bandFiles,
      guess,
      scl,
      options,
    });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function openAsset(
  item: StacItem,
  { key, asset }: NamedAsset,
  location: string,
  options: StacItemOptions,
): Promise<RasterFile> {
  const what = `Asset ${key} of item ${item.id}`;
  const { kind } = parseLocation(location);
  try {
    return await openRaster(location, { cacheBytes: ASSET_CACHE_BYTES, ...options });
  } catch (cause) {
    if (cause instanceof NotFoundError)
      throw new NotFoundError(`${what} is missing: there is no ${shortLocation(location)}`, { cause });
    if (cause instanceof UnsupportedError && kind === "other")
      throw new UnsupportedError(`${what} is ${asset.href.slice(0, 80)}: ${cause.message}`, { cause });
    throw cause;
  }
}

function otherCase({ id }: StacItem, named: readonly NamedAsset[], places: readonly FoundAsset[]): readonly string[] {
  const others = places.flatMap(({ isOtherCase, location }, i) =>
    isOtherCase ? [`${shortLocation(location)} for ${named[i]?.asset.href}`] : [],
  );
  const count = `${others.length} ${others.length === 1 ? "asset is" : "assets are"}`;
  return others.length === 0 ? [] : [`Item ${id}: ${count} found under names in other letters, such as ${others[0]}`];
}

interface SourceParts extends ItemToOpen {
  readonly named: AssetChoice["bands"];
  /** Of each. */
  readonly files: readonly RasterFile[];
  /** For floats of which neither the item nor the files tell the scale. */
  readonly guess: UnitsAnswer | undefined;
  readonly scl: RasterFile | undefined;
  readonly options: StacItemOptions;
}

interface BandReader {
  readonly band: BandName;
  readonly file: RasterFile;
  readonly mapping: GridMapping;
  readonly units: AssetUnits;
  /** So many of the image's pixels on each side are one of its own; undefined where its grid does not nest. */
  readonly factor: 2 | 6 | undefined;
}

class StacSource implements Source {
  readonly location: string;
  readonly id: string;
  readonly datetime: string | undefined;
  readonly grid: SourceGrid;
  readonly units: SourceUnits;
  readonly hasClasses: boolean;
  readonly native: NativeFactors;
  readonly absentBands: readonly BandName[] | undefined;
  readonly fingerprint: string;
  readonly warnings: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
  private readonly readers: readonly BandReader[];
  private readonly classes: Pick<BandReader, "file" | "mapping"> | undefined;

  constructor({ location, item, digest, named, files, guess, scl, options, warnings }: SourceParts) {
    const { properties } = item;
    this.location = location;
    this.id = idFromName(options.id ?? item.id);
    this.datetime = options.datetime ?? datetimeOf(item);
    this.grid = gridOf(item, named, files);
    this.readers = files.map((file, b) => {
      const told = unitsOf(item, named[b], file, options);
      const units = guess !== undefined && isUntold(told, file) ? { ...guess.units, rule: "none" as const } : told;
      const mapping = mapGrid(this.grid, shapeOf(file), file.location);
      const band = named[b]?.band ?? "B02";
      return { band, file: singleBand(file), mapping, units, factor: nestedFactor(mapping, this.grid, file) };
    });
    this.native = Object.fromEntries(
      this.readers.flatMap(({ factor, band }) => (factor === undefined ? [] : [[band, factor]])),
    );
    this.units = commonUnits(this.readers);
    this.absentBands = absentBands(this.readers.map(({ band }) => band));
    this.classes =
      scl === undefined ? undefined : { file: scl, mapping: mapGrid(this.grid, shapeOf(scl), scl.location) };
    this.hasClasses = scl !== undefined;
    const identities = [...files, scl].map((file) => file?.identity ?? "-");
    this.fingerprint = [digest, ...identities, options.scale ?? "-", options.offset ?? "-"].join(" ");
    this.properties = {
      ...Object.fromEntries(Object.entries(properties).filter(([key]) => KEPT.test(key))),
      ...intervalOf(item),
    };
    this.warnings = [...warnings, ...warningsOf(item, this.grid, this.readers), ...(guess?.warnings ?? [])];
  }

  async read(window: PixelWindow, signal?: AbortSignal): Promise<SourceBlock> {
    const { width, height } = this.grid;
    if (window.x < 0 || window.y < 0 || window.x + window.width > width || window.y + window.height > height) {
      throw new InvalidRequestError(
        `Window ${window.x},${window.y} ${window.width} x ${window.height} reaches outside ${this.id}`,
      );
    }
    const nodata = this.units.nodata ?? 0;
    const [planes, codes] = await Promise.all([
      Promise.all(this.readers.map((reader) => readBand(reader, window, nodata, signal))),
      this.classes === undefined
        ? undefined
        : readNearest({ ...this.classes, sample: 0, window, ...withSignal(signal) }),
    ]);
    const classes = codes === undefined ? undefined : Uint8Array.from(codes);
    // Coarse pixels reach beyond a swath's edge: without classes the 10 m bands alone tell where it is.
    const native = planes.filter((_, b) => BAND_RESOLUTION_M[this.readers[b]?.band ?? "B01"] === 10);
    const valid = validByValues(classes === undefined && native.length > 0 ? native : planes, nodata);
    if (classes !== undefined) for (let i = 0; i < valid.length; i++) if (classes[i] === 0) valid[i] = 0;
    const raster = emptyRaster(window, valid);
    for (const [i, { band, units }] of this.readers.entries())
      putDigitalNumbers(planes[i] ?? [], valid, units, bandOf(raster, BANDS.indexOf(band)));
    return { raster, classes };
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.readers, ...(this.classes === undefined ? [] : [this.classes])].map(({ file }) => file.close()),
    );
  }
}

async function readBand(
  reader: BandReader,
  window: PixelWindow,
  nodata: number,
  signal: AbortSignal | undefined,
): Promise<Samples> {
  const { file, mapping } = reader;
  const { startX, startY } = mapping;
  const own = { ...window, x: window.x + Math.round(startX), y: window.y + Math.round(startY) };
  const isInside = own.x >= 0 && own.y >= 0 && own.x + own.width <= file.width && own.y + own.height <= file.height;
  if (reader.factor !== undefined)
    return readNearest({ file, sample: 0, mapping, window, nodata, ...withSignal(signal) });
  if (!isSameGrid(mapping) || !isInside)
    return readBilinear({ file, sample: 0, mapping, window, nodata, ...withSignal(signal) });
  const [plane] = await file.read(own, [0], signal);
  return plane ?? new Float32Array(window.width * window.height);
}

interface UnitsQuestion {
  readonly item: StacItem;
  readonly named: readonly NamedAsset[];
  readonly files: readonly RasterFile[];
  readonly options: StacItemOptions;
}

function unitsOf(
  item: StacItem,
  named: NamedAsset | undefined,
  file: RasterFile,
  override: StacItemOptions,
): AssetUnits {
  const tags = { scale: file.tags.scales[0], offset: file.tags.offsets[0] };
  return unitsOfAsset(item, named?.asset ?? { href: "" }, { tags, override });
}

/** Floats are reflectance as often as digital numbers, and no product's offset is in them. */
const isUntold = ({ rule, scale }: AssetUnits, { types }: RasterFile): boolean =>
  types[0] === "float32" && scale === 1 && (rule === "none" || rule === "baseline");

/** One scale for all floats whose own isn't told, by what they hold together. */
async function guessUnits({ item, named, files, options }: UnitsQuestion): Promise<UnitsAnswer | undefined> {
  const untold = files.filter((file, b) => isUntold(unitsOf(item, named[b], file, options), file));
  if (untold.length === 0) return undefined;
  return chooseUnits({
    location: `Item ${item.id}`,
    types: untold.map(() => "float32"),
    scales: untold.map(() => undefined),
    offsets: untold.map(() => undefined),
    nodata: untold[0]?.tags.nodata,
    override: {},
    sampleValues: async () =>
      (await Promise.all(untold.map((file) => sampleValues(file, [0], file.tags.nodata)))).flat(2),
  });
}

function singleBand(file: RasterFile): RasterFile {
  if (file.types.length - file.alpha.length === 1 && !file.alpha.includes(0)) return file;
  throw new InvalidRequestError(`${file.location} has ${file.types.length} bands; wanted one a file`);
}

/** The red band's, which `decode` writes back; bands may differ and each is converted by its own. */
function commonUnits(readers: readonly BandReader[]): SourceUnits {
  const red = readers.find(({ band }) => band === "B04") ?? readers[0];
  const type = red?.file.types[0];
  const dtype = type === "uint8" || type === "int16" || type === "float32" ? type : "uint16";
  return { dtype, scale: red?.units.scale ?? 1, offset: red?.units.offset ?? 0, nodata: red?.file.tags.nodata ?? 0 };
}

function warningsOf(item: StacItem, grid: SourceGrid, readers: readonly BandReader[]): readonly string[] {
  const warnings: string[] = [];
  if (readers.some(({ units }) => units.rule === "baseline")) {
    warnings.push(`Item ${item.id} gives no raster:offset: 1000 is subtracted, as its processing baseline asks`);
  }
  if (grid.transform === undefined || grid.crs === undefined)
    warnings.push(`Item ${item.id} has no georeference in its assets or proj fields`);
  const missing = missingBands({ bands: readers.map(({ band }) => band), unknown: [] });
  if (missing !== undefined) warnings.push(`Item ${item.id}: ${missing}`);
  return warnings;
}

const shapeOf = ({ width, height, georeference }: RasterFile) => ({ width, height, transform: georeference.transform });

const withSignal = (signal: AbortSignal | undefined): { signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };

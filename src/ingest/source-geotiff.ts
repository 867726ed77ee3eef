import { access } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BANDS, type BandName } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import { bandOf, emptyRaster } from "./block.js";
import { fileNameOf, isRemote } from "../store/location.js";
import { repeatedBands, type NativeFactors } from "./source-native.js";
import { unwrapped } from "./source-onto-grid.js";
import type { Source, SourceBlock, SourceGrid, SourceUnits } from "./source.js";
import { chooseBands, missingBands, type BandChoice } from "./source-bands.js";
import { datetimeFromName, datetimeFromText, idFromName } from "./source-datetime.js";
import { mapGrid, readNearest, type GridMapping } from "./source-onto-grid.js";
import { describeTiff, type Described } from "./source-sidecar.js";
import { sampleValues } from "./source-sampling.js";
import { openRaster, type RasterOptions } from "./open-raster.js";
import type { RasterFile } from "./raster-file.js";
import { chooseUnits, type UnitsAnswer } from "./source-units.js";
import { absentBands, putDigitalNumbers, validByValues } from "./source-validity.js";

export interface GeoTiffOptions extends RasterOptions {
  /** dn = stored x scale + offset, instead of what the tags say; 10000 for reflectance in 0..1. */
  readonly scale?: number;
  /** Digital numbers; -1000 for numbers of processing baseline 04.00 and later whose offset is still in. */
  readonly offset?: number;
  /** Path or URL of a scene classification at any resolution; without it NAME_SCL.tif and SCL_NAME.tif are looked for. */
  readonly scl?: string;
  readonly id?: string;
  /** For a look that reads no pixels: `native` is left out. */
  readonly skipNative?: boolean;
  /** RFC 3339. */
  readonly datetime?: string;
}

/**
 * Opens a multi-band GeoTIFF as one date of imagery.
 *
 * Bands are found by description or position (chooseBands), numbers converted once (chooseUnits). Invalid is what the values
 * (validByValues), the internal mask, a NAME.tif.msk beside it, or scene class 0 say.
 *
 * @throws NotFoundError; InvalidRequestError for other bands; UnsupportedError for other types; CorruptDataError.
 */
export async function openGeoTiffSource(location: string, options: GeoTiffOptions = {}): Promise<Source> {
  const opened: RasterFile[] = [];
  const open = async (path: string): Promise<RasterFile> => {
    const file = await openRaster(path, options);
    opened.push(file);
    return file;
  };
  try {
    const main = await open(location);
    const described = await describeTiff(main, location);
    const { descriptions } = described.tags;
    const unmarked = await unmarkedAlpha(main, described);
    const alpha = [...described.alpha, ...unmarked];
    const choice = chooseBands({ descriptions, location: main.location, alpha });
    const answer = await unitsOf(main, described, choice, options);
    const { units } = answer;
    const warnings = [
      ...unmarked.map((sample) => `${main.location}: band ${sample + 1} is 0 or full everywhere: taken as opacity`),
      ...answer.warnings,
    ];
    const mask = await findSibling(location, ["NAME.EXT.msk"]);
    const scl =
      options.scl ??
      (choice.classes === undefined ? await findSibling(location, ["NAME_SCL.EXT", "SCL_NAME.EXT"]) : undefined);
    const maskFile = mask === undefined ? undefined : await open(mask);
    const classes = scl === undefined ? undefined : await open(scl);
    const native = options.skipNative === true ? {} : await repeatedBands(main, choice, options.signal);
    return new GeoTiffSource({
      location,
      main,
      native,
      described,
      choice,
      units,
      warnings,
      maskFile,
      classes,
      options,
    });
  } catch (error) {
    await Promise.all(opened.map((file) => file.close()));
    throw error;
  }
}

interface SourceParts {
  readonly location: string;
  readonly main: RasterFile;
  readonly native: NativeFactors;
  readonly described: Described;
  readonly choice: BandChoice;
  readonly units: SourceUnits;
  readonly warnings: readonly string[];
  readonly maskFile: RasterFile | undefined;
  readonly classes: RasterFile | undefined;
  readonly options: GeoTiffOptions;
}

class GeoTiffSource implements Source {
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
  readonly properties: Readonly<Record<string, unknown>> = {};
  private readonly parts: SourceParts;
  private readonly classMapping: GridMapping | undefined;

  constructor(parts: SourceParts) {
    const { main, described, choice, options, classes, maskFile } = parts;
    const { transform, crs, geoKeys, warnings } = described.georeference;
    const name = fileNameOf(parts.location);
    this.parts = parts;
    this.location = parts.location;
    this.id = options.id ?? idFromName(name);
    const { items } = described.tags;
    // GDAL keeps a changed tag 306 beside the file.
    const dated = datetimeOf(items, items["TIFFTAG_DATETIME"] ?? main.dateTime, parts.location);
    this.datetime = options.datetime ?? dated.datetime;
    this.grid = unwrapped({ width: main.width, height: main.height, transform, crs, geoKeys });
    this.units = parts.units;
    this.native = parts.native;
    this.absentBands = absentBands(choice.bands);
    this.hasClasses = classes !== undefined || choice.classes !== undefined;
    const identities = [main, maskFile, classes].map((file) => file?.identity ?? "-");
    this.fingerprint = [
      ...identities,
      ...(described.digest === "" ? [] : [described.digest]),
      options.scale ?? "-",
      options.offset ?? "-",
    ].join(" ");
    this.warnings = [
      ...warnings.map((text) => `${main.location}: ${text}`),
      ...(choice.by === "position"
        ? [`${main.location}: its bands have no names and were taken in the documented order`]
        : []),
      ...[missingBands(choice)].flatMap((text) => (text === undefined ? [] : [`${main.location}: ${text}`])),
      ...parts.warnings,
      ...(options.datetime === undefined ? dated.warnings.map((text) => `${main.location}: ${text}`) : []),
    ];
    this.classMapping = classes === undefined ? undefined : mapGrid(this.grid, shapeOf(classes), classes.location);
    if (maskFile !== undefined && (maskFile.width !== main.width || maskFile.height !== main.height)) {
      const [got, wanted] = [`${maskFile.width} x ${maskFile.height}`, `${main.width} x ${main.height}`];
      throw new InvalidRequestError(`${maskFile.location} has ${got} pixels; wanted ${wanted}, as its image`);
    }
  }

  async read(window: PixelWindow, signal?: AbortSignal): Promise<SourceBlock> {
    const { main, choice, maskFile } = this.parts;
    const own = choice.classes === undefined ? [] : [choice.classes];
    const samples = [...choice.samples, ...own, ...choice.masks];
    const [planes, inner, outer] = await Promise.all([
      main.read(window, samples, signal),
      main.readMask(window, signal),
      maskFile?.read(window, [0], signal),
    ]);
    const count = choice.bands.length;
    const bands = planes.slice(0, count);
    const ownClasses = own.length === 0 ? undefined : planes[count];
    const classes = await this.readClasses(window, ownClasses, signal);
    const valid = validByValues(bands, this.units.nodata);
    const masks = planes.slice(count + own.length);
    for (const mask of [inner, outer?.[0], classes, ...masks]) clearWhereZero(valid, mask);
    const raster = emptyRaster(window, valid);
    bands.forEach((plane, b) =>
      putDigitalNumbers(plane, valid, this.units, bandOf(raster, BANDS.indexOf(choice.bands[b] ?? "B01"))),
    );
    return { raster, classes };
  }

  async close(): Promise<void> {
    const { main, maskFile, classes } = this.parts;
    await Promise.all([main.close(), maskFile?.close(), classes?.close()]);
  }

  private async readClasses(
    window: PixelWindow,
    own: ArrayLike<number> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const { classes: file } = this.parts;
    if (file === undefined || this.classMapping === undefined)
      return own === undefined ? undefined : Uint8Array.from(own);
    const read = { file, sample: 0, mapping: this.classMapping, window, ...(signal === undefined ? {} : { signal }) };
    return Uint8Array.from(await readNearest(read));
  }
}

async function unitsOf(
  main: RasterFile,
  { tags }: Described,
  choice: BandChoice,
  options: GeoTiffOptions,
): Promise<UnitsAnswer> {
  const { types, location } = main;
  return chooseUnits({
    location,
    types: choice.samples.map((sample) => types[sample] ?? "other"),
    scales: choice.samples.map((sample) => tags.scales[sample]),
    offsets: choice.samples.map((sample) => tags.offsets[sample]),
    nodata: tags.nodata,
    override: options,
    sampleValues: async () => (await sampleValues(main, choice.samples, tags.nodata)).flat(),
  });
}

/** The last of thirteen samples without names where it is opacity in all but its mark: 0 or full everywhere, as no band of L1C is. */
async function unmarkedAlpha(main: RasterFile, { tags, alpha }: Described): Promise<readonly number[]> {
  const last = BANDS.length;
  if (alpha.length > 0 || main.types.length !== last + 1 || tags.descriptions.some((text) => text !== undefined))
    return [];
  const [values = []] = await sampleValues(main, [last], undefined);
  const [full] = values;
  const isFull = full === 1 || full === 255 || full === 32_767 || full === 65_535;
  return isFull && values.every((value) => value === full) ? [last] : [];
}

function clearWhereZero(valid: Uint8Array, mask: ArrayLike<number> | undefined): void {
  if (mask === undefined) return;
  for (let i = 0; i < valid.length; i++) if (mask[i] === 0) valid[i] = 0;
}

/**
 * Acquisition items first; then tag 306, which is in TIFF's words when the image was made, with a warning where the name (or its folder's)
 * has another day.
 */
function datetimeOf(
  items: Readonly<Record<string, string>>,
  dateTime: string | undefined,
  location: string,
): { readonly datetime: string | undefined; readonly warnings: readonly string[] } {
  for (const key of ACQUISITION_ITEMS) {
    const instant = items[key] === undefined ? undefined : datetimeFromText(items[key]);
    if (instant !== undefined) return { datetime: instant, warnings: [] };
  }
  const folder = location.split(/[\\/]/).at(-2) ?? "";
  const named = datetimeFromName(fileNameOf(location)) ?? datetimeFromName(folder);
  const tagged = dateTime === undefined ? undefined : datetimeFromText(dateTime);
  if (named === undefined || tagged === undefined || named.slice(0, 10) === tagged.slice(0, 10))
    return { datetime: tagged ?? named, warnings: [] };
  const days = `its DateTime tag says ${tagged.slice(0, 10)} and its name ${named.slice(0, 10)}`;
  return { datetime: tagged, warnings: [`${days}: the tag is taken; --datetime says otherwise`] };
}

const ACQUISITION_ITEMS = [
  "ACQUISITIONDATETIME",
  "SENSING_TIME",
  "DATATAKE_1_DATATAKE_SENSING_START",
  "DATETIME",
  "SYSTEM:TIME_START",
  "PRODUCT_START_TIME",
];

const shapeOf = (file: RasterFile): { width: number; height: number; transform: SourceGrid["transform"] } => ({
  width: file.width,
  height: file.height,
  transform: file.georeference.transform,
});

/** The first file beside `location` that exists, patterns filled in with its NAME and EXT; never for URLs. */
async function findSibling(location: string, patterns: readonly string[]): Promise<string | undefined> {
  if (isRemote(location) || location.startsWith("file:")) return undefined;
  const [, name = "", extension = "tif"] = /^(.*?)(?:\.(\w+))?$/.exec(basename(location)) ?? [];
  for (const pattern of patterns) {
    const path = join(dirname(location), pattern.replace("NAME", () => name).replace("EXT", extension));
    try {
      await access(path);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

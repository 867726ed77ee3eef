import { BANDS, parseBandName, type BandName } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";

/** Which stored sample is which band. */
export interface BandChoice {
  /** The bands that are there, in the order of core/bands; all 12 by position. */
  readonly bands: readonly BandName[];
  /** Sample index of each of them. */
  readonly samples: readonly number[];
  /** Names that are no band's, where bands are missing. */
  readonly unknown: readonly string[];
  /** Sample index of the scene classification, where a band is named SCL. */
  readonly classes: number | undefined;
  /** Samples that are 0 where a pixel is not to be shown: opacity, Sentinel Hub's dataMask. */
  readonly masks: readonly number[];
  /** "position": the bands have no names, so that their order was trusted. */
  readonly by: "name" | "position";
}

/** What a file tells of its samples. */
export interface SampleNames {
  readonly location: string;
  /** One a sample; undefined where it has none. */
  readonly descriptions: readonly (string | undefined)[];
  /** Samples marked as opacity. */
  readonly alpha?: readonly number[];
}

/** The 13 bands of an L1C product in ESA's order; B10 (cirrus) is dropped. */
const L1C_ORDER = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"];

/**
 * Finds the bands by name ("B4", "0_B4", "T16UFG_20200615T163901_B04_10m.jp2", "B04, red", "red", "Red Edge 1"), else, where no
 * sample has a name, by position: 12 bands in the order of core/bands, 13 in L1C's order. By name some may be missing. Samples of opacity are never bands.
 *
 * @throws InvalidRequestError that says what was found and what is wanted.
 */
export function chooseBands({ descriptions, location, alpha = [] }: SampleNames): BandChoice {
  const texts = descriptions.map((text, sample) => (alpha.includes(sample) ? undefined : text));
  const names = bandsOf(texts);
  const classes = texts.findIndex((text) => text !== undefined && CLASSES.test(text.trim()));
  const dataMasks = texts.flatMap((text, sample) =>
    text !== undefined && /^data_?mask$/i.test(text.trim()) ? [sample] : [],
  );
  const masks = [...alpha, ...dataMasks];
  const isCounted = names.every((name, sample) => name === undefined || isOrdinal(texts[sample], sample));
  if (isCounted && sayNothing(texts) && !isPartOfBands(texts, texts.length - alpha.length)) {
    const samples = byPosition({ descriptions, location, alpha });
    return { bands: BANDS, samples, unknown: [], classes: undefined, masks, by: "position" };
  }
  const several = BANDS.find((band) => names.filter((name) => name === band).length > 1);
  if (several !== undefined) {
    const count = names.filter((name) => name === several).length;
    throw new InvalidRequestError(
      `${count} bands named ${several} in ${location}, which has ${describe(descriptions)}; ${WANTED}`,
    );
  }
  const bands = BANDS.filter((band) => names.includes(band));
  const others = texts.flatMap((text) => (text !== undefined && OTHER_SENSORS.test(text.trim()) ? [text] : []));
  if (bands.length === 0 || (bands.length < BANDS.length && others.length > 0))
    throw strange(others, { descriptions, location });
  const known = [classes, ...masks];
  const unknown = texts.flatMap((text, sample) =>
    text === undefined || names[sample] !== undefined || known.includes(sample) ? [] : [text],
  );
  return {
    bands,
    samples: bands.map((band) => names.indexOf(band)),
    unknown: bands.length === BANDS.length ? [] : unknown,
    classes: classes === -1 ? undefined : classes,
    masks,
    by: "name",
  };
}

/** The band that each text names, as one set: where swir names start at 2 or nir at 1, they are counted as Digital Earth does. */
function bandsOf(texts: readonly (string | undefined)[]): readonly (BandName | undefined)[] {
  const found = texts.map((text) => (text === undefined ? undefined : bandInText(text)));
  const plain = texts.map((text) => text?.toLowerCase().replaceAll(/[^a-z0-9]/g, "") ?? "");
  const counted = plain.some((text) => text.endsWith("swir3")) ? DIGITAL_EARTH : SWIR;
  return found.map((name, i) => name ?? counted.find(([pattern]) => pattern.test(plain[i] ?? ""))?.[1]);
}

const SWIR: readonly (readonly [RegExp, BandName])[] = [
  [/^(nbart)?swir1(6\d\d)?$/, "B11"],
  [/^(nbart)?swir2(2\d\d)?$/, "B12"],
];
const DIGITAL_EARTH: readonly (readonly [RegExp, BandName])[] = [
  [/^(nbart)?nir1$/, "B08"],
  [/^(nbart)?nir2$/, "B8A"],
  [/^(nbart)?swir2$/, "B11"],
  [/^(nbart)?swir3$/, "B12"],
];

/**
 * The one band that a text names: the whole text, its part before a comma or bracket, or a band's number that stands alone in it.
 * Undefined for none, and for several ("B8/B4").
 */
export function bandInText(text: string): BandName | undefined {
  const whole = parseBandName(text) ?? COMMON[text.toLowerCase().replaceAll(/[^a-z0-9]/g, "")];
  if (whole !== undefined) return whole;
  const tokens = [...text.matchAll(/(?<![A-Za-z0-9])B(\d{1,2}A?)(?![A-Za-z0-9])/gi)].map(([token]) => token);
  const named = [...new Set(tokens.map((token) => parseBandName(token) ?? token.toUpperCase()))];
  const [only] = named;
  if (only !== undefined) return named.length === 1 ? parseBandName(only) : undefined;
  const [before = ""] = /^[^,(:;]+/.exec(text) ?? [];
  return before === text ? undefined : bandInText(before);
}

/** Sentinel-2's bands as Sen2Cor, Sentinel Hub, SNAP and Digital Earth call them, without spaces and hyphens. */
const COMMON: Readonly<Record<string, BandName>> = {
  coastal: "B01",
  coastalaerosol: "B01",
  ultrablue: "B01",
  blue: "B02",
  green: "B03",
  red: "B04",
  rededge1: "B05",
  rededge2: "B06",
  rededge3: "B07",
  vegetationrededge1: "B05",
  vegetationrededge2: "B06",
  vegetationrededge3: "B07",
  nir: "B08",
  nirbroad: "B08",
  narrownir: "B8A",
  nirnarrow: "B8A",
  rededge4: "B8A",
  vegetationrededge4: "B8A",
  watervapour: "B09",
  watervapor: "B09",
  nbartcoastalaerosol: "B01",
  nbartblue: "B02",
  nbartgreen: "B03",
  nbartred: "B04",
  nbartrededge1: "B05",
  nbartrededge2: "B06",
  nbartrededge3: "B07",
};

const CLASSES = /(^|[_ ])(SCL|scene[ _]classification)(?![A-Za-z])/i;

/** "Band 3" or "3" of the third sample (or the fourth): a number that some software writes for want of a name. */
function isOrdinal(text: string | undefined, sample: number): boolean {
  const number = text === undefined ? undefined : /^[^\d]*?0?(\d{1,2})\s*$/.exec(text)?.[1];
  return number !== undefined && (Number(number) === sample + 1 || Number(number) === sample);
}

/** True where texts are missing, all the same, or count the samples; other texts are names, which are not guessed at. */
function sayNothing(texts: readonly (string | undefined)[]): boolean {
  const given = texts.filter((text) => text !== undefined);
  const stems = new Set(given.map((text) => text.replace(/\d+\s*$/, "")));
  if (given.every((text) => text === given[0])) return true;
  return stems.size === 1 && texts.every((text, sample) => text === undefined || isOrdinal(text, sample));
}

/** True for the first few of B01 B02 B03 ... as products write them: names, though they count the samples; a whole set of them goes by position. */
function isPartOfBands(texts: readonly (string | undefined)[], count: number): boolean {
  const given = texts.filter((text) => text !== undefined);
  const isWhole = count === BANDS.length || count === L1C_ORDER.length;
  return !isWhole && given.length > 0 && given.every((text) => /^B\d\d$/.test(text));
}

function byPosition({ descriptions, location, alpha = [] }: SampleNames): readonly number[] {
  const samples = [...descriptions.keys()].filter((sample) => !alpha.includes(sample));
  if (samples.length === BANDS.length) return samples;
  if (samples.length === L1C_ORDER.length) return samples.filter((_, i) => L1C_ORDER[i] !== "B10");
  const opacity = alpha.length === 0 ? "no names" : "no names, and opacity";
  throw new InvalidRequestError(
    `${samples.length} ${samples.length === 1 ? "band" : "bands"} found in ${location} (${opacity}); ${WANTED}`,
  );
}

/** Bands of Landsat, MODIS and VIIRS go by the same numbers. */
const OTHER_SENSORS = /^(SR|ST)_(B\d|QA|ATRAN)|sur_refl|^L[CETMO]\d\d_|^QA_(PIXEL|RADSAT)$|^(VNP|MOD|MYD)\d/i;

function strange(others: readonly string[], { descriptions, location }: SampleNames): InvalidRequestError {
  const what =
    others.length > 0 ? `Bands of another sensor (${others.slice(0, 3).join(", ")})` : "No band known by its name";
  return new InvalidRequestError(`${what} in ${location}, which has ${describe(descriptions)}; ${WANTED}`);
}

/** What to say of bands that are missing; undefined where all are there. */
export function missingBands({ bands, unknown }: Pick<BandChoice, "bands" | "unknown">): string | undefined {
  const missing = BANDS.filter((band) => !bands.includes(band));
  if (missing.length === 0) return undefined;
  const names = unknown.slice(0, 6).map((text) => text.slice(0, 40));
  const others = names.length === 0 ? "" : ` (not taken for any: ${names.join(", ")})`;
  return `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing${others}: absent in what is made of it, never made up`;
}

function describe(descriptions: readonly (string | undefined)[]): string {
  const names = descriptions.map((text, i) => text ?? `band ${i + 1}`).slice(0, 20);
  return `${descriptions.length} ${descriptions.length === 1 ? "band" : "bands"}: ${names.join(" ").slice(0, 200)}`;
}

const WANTED = `wanted ${BANDS.join(" ")}: all in this order, or those that are there by name`;

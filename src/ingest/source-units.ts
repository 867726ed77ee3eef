import { InvalidRequestError, UnsupportedError } from "../core/errors.js";
import type { SourceUnits } from "./source.js";
import type { SampleType } from "./source-tiff-tags.js";

export interface UnitsQuestion {
  readonly location: string;
  /** Of the 12 bands. */
  readonly types: readonly SampleType[];
  readonly scales: readonly (number | undefined)[];
  readonly offsets: readonly (number | undefined)[];
  readonly nodata: number | undefined;
  /** The user's dn = stored x scale + offset; wins over the tags. */
  readonly override: { readonly scale?: number; readonly offset?: number };
  /** Some stored numbers of all bands without nodata and zeros, asked for only where a float32 file has no scale. */
  readonly sampleValues: () => Promise<readonly number[]>;
}

export interface UnitsAnswer {
  readonly units: SourceUnits;
  readonly warnings: readonly string[];
}

/** A scale below this turns stored numbers into reflectance (0.0001, 1/255); one above it into digital numbers (1). */
const REFLECTANCE_SCALE = 0.05;
/** Reflectance of the brightest cloud is about 1.6; a glint may be many times that, but never most of a scene. */
const REFLECTANCE_MEDIAN = 1.6;
/** Percent and 0..255 end here; of 12 bands of digital numbers, the brightest twentieth lies above even in dark water. */
const UNCERTAIN_TOP = 255;

/**
 * How stored numbers become digital numbers (reflectance x 10000), applied exactly once:
 *
 * 1. the user's scale and offset: dn = stored x scale + offset, whatever the tags say;
 * 2. GDAL's SCALE and OFFSET items: where the scale is below 0.05 they give reflectance, so dn = (stored x scale + offset) x 10000;
 *    else they give digital numbers, dn = stored x scale + offset;
 * 3. neither: integers are digital numbers; float32 whose sampled median is at most 1.6 is reflectance (with a warning), whatever
 *    single pixels hold; whole numbers, and others whose 95th percentile is above 255, are digital numbers (with a warning); what
 *    lies between may be percent and is refused, as uint8 is.
 *
 * @throws UnsupportedError for other or mixed types, and for scales that differ between bands.
 */
export async function chooseUnits(question: UnitsQuestion): Promise<UnitsAnswer> {
  const { location, nodata, override } = question;
  const dtype = commonType(question);
  const tagScale = common(question.scales, "scale", location);
  const tagOffset = common(question.offsets, "offset", location);
  const answer = (scale: number, offset: number, warnings: readonly string[] = []): UnitsAnswer => ({
    units: { dtype, scale, offset, nodata },
    warnings,
  });
  if (override.scale !== undefined || override.offset !== undefined) {
    const { scale = 1, offset = 0 } = override;
    if (Number.isFinite(scale) && scale !== 0 && Number.isFinite(offset)) return answer(scale, offset);
    throw new InvalidRequestError(
      `Scale ${scale} and offset ${offset} given for ${location}; wanted finite numbers, scale not 0`,
    );
  }
  const isTagged = (tagScale ?? 1) !== 1 || (tagOffset ?? 0) !== 0;
  if (isTagged) {
    const [scale, offset] = [tagScale ?? 1, tagOffset ?? 0];
    const toDn = Math.abs(scale) < REFLECTANCE_SCALE ? 10_000 : 1;
    if (scale !== 0) return answer(cleanProduct(scale, toDn), cleanProduct(offset, toDn));
    throw new InvalidRequestError(`${location} has the scale 0 in its tags; wanted another, or --scale and --offset`);
  }
  if (dtype === "uint8") {
    throw new UnsupportedError(
      `${location} is uint8 without a scale; wanted uint16, int16 or float32, or a scale to digital numbers`,
    );
  }
  if (dtype !== "float32") return answer(1, 0);
  return answerOf(await question.sampleValues());

  function answerOf(values: readonly number[]): UnitsAnswer {
    const sorted = Float64Array.from(values, Math.abs).sort();
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
    const [median, top] = [at(0.5), at(0.95)];
    const range = `float32 without a scale, median ${short(median)} where sampled`;
    const wholes = values.filter((value) => Number.isInteger(value)).length;
    const isWhole = wholes > 0.9 * values.length && top > REFLECTANCE_MEDIAN;
    if (values.length === 0 || (median <= REFLECTANCE_MEDIAN && !isWhole))
      return answer(10_000, 0, [`${location}: ${range}: taken as reflectance`]);
    if (isWhole || top > UNCERTAIN_TOP)
      return answer(1, 0, [`${location}: ${range}: taken as digital numbers, reflectance x 10000`]);
    throw new UnsupportedError(
      `${location}: ${range}, 95 % up to ${short(top)}: neither reflectance nor digital numbers; give --scale (100 for percent, 1 for reflectance x 10000)`,
    );
  }
}

const short = (value: number): number => Number(value.toPrecision(3));

function commonType({ types, location }: UnitsQuestion): SourceUnits["dtype"] {
  const [type] = types;
  const wanted = "wanted uint16, int16 or float32, the same in all bands";
  const other = types.find((each) => each !== type);
  if (other !== undefined) throw new UnsupportedError(`${location} mixes ${type} and ${other} bands; ${wanted}`);
  if (type === "uint8" || type === "uint16" || type === "int16" || type === "float32") return type;
  throw new UnsupportedError(
    `${location} is ${type === "other" ? "of an integer type of another size" : type}; ${wanted}`,
  );
}

function common(values: readonly (number | undefined)[], what: string, location: string): number | undefined {
  const [first] = values;
  const other = values.find((value) => value !== first);
  if (other === undefined && values.every((value) => value === first)) return first;
  throw new UnsupportedError(
    `${location} has the ${what} ${first ?? "none"} in one band and ${other ?? "none"} in another; wanted one`,
  );
}

/** 0.0001 x 10000 is 1, and not 1.0000000000000002. */
const cleanProduct = (value: number, factor: number): number => Number((value * factor).toPrecision(12));

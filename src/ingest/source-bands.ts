import { BANDS, parseBandName, type BandName } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";

/** Which stored sample is which band. */
export interface BandChoice {
  /** Sample index of each band, in the order of core/bands; length 12. */
  readonly samples: readonly number[];
  /** Sample index of the scene classification, where a band is named SCL. */
  readonly classes: number | undefined;
  /** "position": the bands have no names, so that their order was trusted. */
  readonly by: "name" | "position";
}

/** The 13 bands of an L1C product in ESA's order; B10 (cirrus) is dropped. */
const L1C_ORDER = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"];

/**
 * Finds the 12 bands by description ("B4", "b04", "B04, red", "red"), else, where no description is a band's name, by position:
 * 12 bands in the order of core/bands, 13 in L1C's order.
 *
 * @throws InvalidRequestError that says what was found and what is wanted.
 */
export function chooseBands(descriptions: readonly (string | undefined)[], location: string): BandChoice {
  const names = descriptions.map((text) => (text === undefined ? undefined : bandOf(text)));
  const classes = descriptions.findIndex(
    (text) => text !== undefined && /^(SCL|scene[ _]classification)\b/i.test(text.trim()),
  );
  if (names.every((name) => name === undefined)) return byPosition(descriptions.length, location);
  const samples = BANDS.map((band) => {
    const found = names.flatMap((name, sample) => (name === band ? [sample] : []));
    const [first] = found;
    if (first !== undefined && found.length === 1) return first;
    const problem = first === undefined ? `no band named ${band}` : `${found.length} bands named ${band}`;
    throw new InvalidRequestError(`${problem} in ${location}, which has ${describe(descriptions)}; ${wanted()}`);
  });
  return { samples, classes: classes === -1 ? undefined : classes, by: "name" };
}

function byPosition(count: number, location: string): BandChoice {
  const samples = [...Array(count).keys()];
  if (count === BANDS.length) return { samples, classes: undefined, by: "position" };
  if (count === L1C_ORDER.length) {
    const drop = L1C_ORDER.indexOf("B10");
    return { samples: samples.filter((sample) => sample !== drop), classes: undefined, by: "position" };
  }
  throw new InvalidRequestError(
    `${count} ${count === 1 ? "band" : "bands"} found in ${location} (no names); ${wanted()}`,
  );
}

/** The whole text, or its first word: "B04, red (665 nm)", "B8A_20m". */
function bandOf(text: string): BandName | undefined {
  const [word = ""] = /^\s*B\d{1,2}A?(?![0-9a-z])/i.exec(text) ?? [];
  return parseBandName(text) ?? parseBandName(word);
}

function describe(descriptions: readonly (string | undefined)[]): string {
  const names = descriptions.map((text, i) => text ?? `band ${i + 1}`).slice(0, 20);
  return `${descriptions.length} bands: ${names.join(" ").slice(0, 200)}`;
}

const wanted = (): string => `wanted 12: ${BANDS.join(" ")}, by description or in this order`;

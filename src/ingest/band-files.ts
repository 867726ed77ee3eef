import { basename, dirname, join } from "node:path";
import { parseBandName, type BandName } from "../core/bands.js";

/** What a single band's file is called. */
export interface BandFile {
  readonly band: BandName | "B10" | "SCL";
  /** Where the name tells it: "..._B04_10m.jp2". */
  readonly metres: number | undefined;
  /** All bands of one image have the same: the path with a star for band and resolution, outside R10m, R20m and R60m. */
  readonly group: string;
}

const TOKEN = /(?<![A-Za-z0-9])(B\d{1,2}A?|SCL)(?:_(10|20|60)m)?(?=\.\w+$)/i;
/** Landsat's bands are other ones under the same names. */
const OTHERS = /^L[CETMO]\d\d_/i;

/** Undefined where the name ends in no band. */
export function bandFileOf(path: string): BandFile | undefined {
  const name = basename(path);
  const match = TOKEN.exec(name);
  if (match === null || OTHERS.test(name)) return undefined;
  const [token = "", text = "", metres] = match;
  const band = /^scl$/i.test(text) ? "SCL" : /^B10$/i.test(text) ? "B10" : parseBandName(text);
  if (band === undefined) return undefined;
  const folder = dirname(path);
  const outer = /^R(10|20|60)m$/i.test(basename(folder)) ? dirname(folder) : folder;
  const group = join(outer, `${name.slice(0, match.index)}*${name.slice(match.index + token.length)}`);
  return { band, metres: metres === undefined ? undefined : Number(metres), group };
}

import type { Crs } from "../geo/crs.js";
import { isGeographic, normaliseCrs } from "../geo/crs.js";

/** GeoTIFF's keys by number: shorts, doubles and texts (OGC 19-008r4). */
export type KeyValues = ReadonlyMap<number, number | string>;

const KEY = {
  modelType: 1024,
  citation: 1026,
  geographic: 2048,
  geographicCitation: 2049,
  datum: 2050,
  ellipsoid: 2056,
  semiMajor: 2057,
  semiMinor: 2058,
  inverseFlattening: 2059,
  primeMeridian: 2061,
  toWgs84: 2062,
  projected: 3072,
  projectedCitation: 3073,
  projection: 3074,
  method: 3075,
  linearUnits: 3076,
  linearUnitSize: 3077,
} as const;

const USER_DEFINED = 32_767;

/** All keys of a directory, looked up in the tags that hold doubles and texts. */
export function keyValues(
  directory: readonly number[],
  doubles: readonly number[],
  ascii: string,
): { readonly values: KeyValues; readonly shifts: readonly number[] } {
  const values = new Map<number, number | string>();
  let shifts: readonly number[] = [];
  for (let i = 4; i + 3 < directory.length; i += 4) {
    const [key = 0, location = 0, count = 0, value = 0] = directory.slice(i, i + 4);
    if (location === 0) values.set(key, value);
    else if (location === 34_736) {
      values.set(key, doubles[value] ?? Number.NaN);
      if (key === KEY.toWgs84) shifts = doubles.slice(value, value + count);
    } else if (location === 34_737) values.set(key, ascii.slice(value, value + count).replace(/[|\0]+$/, ""));
  }
  return { values, shifts };
}

/**
 * The CRS that keys describe: an EPSG code, the WKT that Esri's software puts into a citation, or a PROJ string made from the
 * projection's parameters. Where keys name one that can't be told, its name: openCrs then refuses it by that. Undefined for none.
 */
export function crsOfKeys({ values, shifts }: ReturnType<typeof keyValues>): Crs | undefined {
  const model = values.get(KEY.modelType);
  const projected = codeAt(values, KEY.projected);
  const geographic = codeAt(values, KEY.geographic);
  const isProjected = model !== 2 && (projected !== undefined || values.has(KEY.projected) || values.has(KEY.method));
  if (isProjected && projected !== undefined) return `EPSG:${projected}`;
  const wkt = [KEY.projectedCitation, KEY.citation, KEY.geographicCitation]
    .map((key) => /(PROJCS|GEOGCS)\[.*\]/s.exec(String(values.get(key) ?? ""))?.[0])
    .find((found) => found !== undefined);
  if (wkt !== undefined) return normaliseCrs(wkt);
  const base = geographic === undefined ? ellipsoidOf(values, shifts) : `EPSG:${geographic}`;
  if (!isProjected && model !== 1 && model !== 3) {
    if (geographic !== undefined) return base;
    return base === undefined ? nameOf(values) : `+proj=longlat ${base} +no_defs`;
  }
  const projection = projectionOf(values);
  const datum = base === undefined ? undefined : datumOf(base, values);
  if (projection === undefined || datum === undefined) return nameOf(values);
  return `${projection} ${datum} +units=m${unitsOf(values)} +no_defs`;
}

/** The citation, for messages: undefined only where the keys tell of no CRS at all. */
function nameOf(values: KeyValues): string | undefined {
  const keys = [KEY.projectedCitation, KEY.citation, KEY.geographicCitation];
  const name = keys.map((key) => String(values.get(key) ?? "").trim()).find((text) => text !== "");
  const told = [KEY.modelType, KEY.projected, KEY.geographic, KEY.method].some((key) => values.has(key));
  return name ?? (told ? "user-defined" : undefined);
}

function codeAt(values: KeyValues, key: number): number | undefined {
  const code = values.get(key);
  return typeof code === "number" && code >= 1024 && code < USER_DEFINED ? code : undefined;
}

function ellipsoidOf(values: KeyValues, shifts: readonly number[]): string | undefined {
  const number = (key: number): number | undefined => {
    const value = values.get(key);
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
  const a = number(KEY.semiMajor);
  const meridian = number(KEY.primeMeridian);
  const pm = meridian === undefined || meridian === 0 ? "" : ` +pm=${meridian}`;
  const shift = shifts.length === 3 || shifts.length === 7 ? ` +towgs84=${shifts.join(",")}` : "";
  if (values.get(KEY.datum) === 6326) return `+datum=WGS84${pm}`;
  if (a === undefined) return ELLIPSOIDS[number(KEY.ellipsoid) ?? 0];
  const flattening = number(KEY.inverseFlattening);
  const b = flattening === undefined || flattening === 0 ? (number(KEY.semiMinor) ?? a) : a * (1 - 1 / flattening);
  return `+a=${a} +b=${b}${shift}${pm}`;
}

const ELLIPSOIDS: Readonly<Record<number, string>> = {
  7004: "+ellps=bessel",
  7008: "+ellps=clrk66",
  7019: "+ellps=GRS80",
  7022: "+ellps=intl",
  7024: "+ellps=krass",
  7030: "+ellps=WGS84",
};

/** Of a geographic CRS by its code, its datum as a PROJ string has it. */
function datumOf(base: string, values: KeyValues): string | undefined {
  if (!base.startsWith("EPSG:")) return base;
  if (base === "EPSG:4326") return "+datum=WGS84";
  const known: Readonly<Record<string, string>> = {
    "EPSG:4258": "+ellps=GRS80",
    "EPSG:4269": "+datum=NAD83",
    "EPSG:4267": "+datum=NAD27",
    "EPSG:4283": "+ellps=GRS80",
  };
  return isGeographic(base) ? (known[base] ?? ellipsoidOf(values, [])) : undefined;
}

function unitsOf(values: KeyValues): string {
  const code = values.get(KEY.linearUnits);
  const size = values.get(KEY.linearUnitSize);
  const metres =
    code === USER_DEFINED && typeof size === "number" ? size : code === 9002 ? 0.3048 : code === 9003 ? 1200 / 3937 : 1;
  return metres === 1 ? "" : ` +to_meter=${metres}`;
}

type Parameter = readonly [proj: string, ...keys: number[]];

const ORIGIN: readonly Parameter[] = [
  ["lat_0", 3081, 3085, 3089],
  ["lon_0", 3080, 3088, 3084, 3095],
];
const PARALLELS: readonly Parameter[] = [
  ["lat_1", 3078],
  ["lat_2", 3079],
];
const FALSE: readonly Parameter[] = [
  ["x_0", 3082, 3086, 3090],
  ["y_0", 3083, 3087, 3091],
];
const SCALE: Parameter = ["k_0", 3092, 3093];

/** Coordinate transformations of GeoTIFF (its section 6.3.3.3) that PROJ and proj4 have by the same parameters. */
const METHODS: Readonly<Record<number, readonly [name: string, parameters: readonly Parameter[]]>> = {
  1: ["tmerc", [...ORIGIN, SCALE, ...FALSE]],
  7: ["merc", [...ORIGIN, ["lat_ts", 3078], SCALE, ...FALSE]],
  8: ["lcc", [...ORIGIN, ...PARALLELS, ...FALSE]],
  9: ["lcc", [["lat_1", 3081], ...ORIGIN, SCALE, ...FALSE]],
  10: ["laea", [...ORIGIN, ...FALSE]],
  11: ["aea", [...ORIGIN, ...PARALLELS, ...FALSE]],
  12: ["aeqd", [...ORIGIN, ...FALSE]],
  13: ["eqdc", [...ORIGIN, ...PARALLELS, ...FALSE]],
  14: ["stere", [...ORIGIN, SCALE, ...FALSE]],
  15: ["stere", [["lat_ts", 3081], ["lon_0", 3095, 3080], SCALE, ...FALSE]],
  16: ["sterea", [...ORIGIN, SCALE, ...FALSE]],
  17: ["eqc", [["lat_ts", 3078], ...ORIGIN, ...FALSE]],
  18: ["cass", [...ORIGIN, ...FALSE]],
  19: ["gnom", [...ORIGIN, ...FALSE]],
  20: ["mill", [...ORIGIN, ...FALSE]],
  21: ["ortho", [...ORIGIN, ...FALSE]],
  22: ["poly", [...ORIGIN, SCALE, ...FALSE]],
  23: ["robin", [...ORIGIN, ...FALSE]],
  24: ["sinu", [...ORIGIN, ...FALSE]],
  25: ["vandg", [...ORIGIN, ...FALSE]],
  28: ["cea", [["lat_ts", 3078], ...ORIGIN, ...FALSE]],
};

function projectionOf(values: KeyValues): string | undefined {
  const zone = codeAtUtm(values.get(KEY.projection));
  if (zone !== undefined) return zone;
  const method = values.get(KEY.method);
  const found = typeof method === "number" ? METHODS[method] : undefined;
  if (found === undefined) return undefined;
  const [name, parameters] = found;
  const unit = Number(/to_meter=(\S+)/.exec(unitsOf(values))?.[1] ?? 1);
  const texts = parameters.flatMap(([proj, ...keys]) => {
    const value = keys.map((key) => values.get(key)).find((given) => typeof given === "number");
    if (value === undefined || (proj === "k_0" && value === 0)) return [];
    // PROJ wants these two in metres whatever the unit.
    return [`+${proj}=${proj === "x_0" || proj === "y_0" ? value * unit : value}`];
  });
  const pole = method === 15 ? [`+lat_0=${Number(values.get(3081) ?? 90) < 0 ? -90 : 90}`] : [];
  return [`+proj=${name}`, ...pole, ...texts].join(" ");
}

/** Projections 16001..16060 and 16101..16160 are UTM's. */
function codeAtUtm(code: number | string | undefined): string | undefined {
  if (typeof code !== "number") return undefined;
  if (code > 16_000 && code <= 16_060) return `+proj=utm +zone=${code - 16_000}`;
  return code > 16_100 && code <= 16_160 ? `+proj=utm +zone=${code - 16_100} +south` : undefined;
}

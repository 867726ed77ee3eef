import { createRequire } from "node:module";
import type proj4 from "proj4";
import { z } from "zod";
import { mendShift } from "./epsg-shifts.js";

/** What proj4 takes for a CRS. */
type Definition = Parameters<typeof proj4>[0];

const require = createRequire(import.meta.url);

const entrySchema = z.object({ proj4: z.string().nullish(), unit: z.string().nullish() });

/**
 * What proj4 reads for a CRS: a PROJ string, WKT, or PROJJSON as an object. Undefined for a code that EPSG doesn't have and for what
 * proj4 gets wrong, which a comparison with PROJ found.
 */
export function definitionOf(crs: string): Definition | undefined {
  const code = epsgCode(crs);
  if (code !== undefined) return epsgDefinition(code);
  const text = crs.trim();
  const own = /\bEXTENSION\s*\[\s*"PROJ4"\s*,\s*"([^"]+)"/i.exec(text)?.[1];
  if (own !== undefined) return own;
  if (MISREAD.some((pattern) => pattern.test(text))) return undefined;
  // Without them proj4 makes NaN of some projections.
  if (text.startsWith("+")) return text.replace(/\+proj=(?!longlat)\S+/, "$& +x_0=0 +y_0=0");
  if (/^(PROJCS|GEOGCS)\[/i.test(text)) return text;
  if (text.startsWith("{")) return parseJson(text);
  return WKT2.test(text) ? text : undefined;
}

/** What proj4 2.x takes without an error and puts elsewhere than PROJ. */
const MISREAD: readonly RegExp[] = [
  // Degrees about another pole, in WKT 2 and PROJJSON. (A projected CRS has a base too, and is derived by its projection.)
  /^GEO\w+\s*\[.*\bBASEGEO|"type"\s*:\s*"Derived\w*CRS"/is,
  // Shifts of a datum, meridians other than Greenwich's and oblique Mercators in WKT 2 and PROJJSON.
  /"type"\s*:\s*"BoundCRS"/,
  /^(PROJCRS|PROJECTEDCRS|GEO\w*CRS)\s*\[.*\bPRIMEM\s*\[\s*"[^"]*"\s*,\s*-?(?!0+(\.0+)?\s*[,\]])/is,
  /"prime_meridian"\s*:\s*\{(?![^}]*"name"\s*:\s*"Greenwich")/,
  /^(?!PROJCS).*oblique[_ ]mercator/is,
  // Parallels of true scale in WKT 1; ellipsoids in projections of spheres.
  /^PROJCS.*PROJECTION\s*\[\s*"(Equirectangular|Equidistant_Cylindrical|Plate_Carree|Mercator)".*"standard_parallel_1"\s*,\s*-?(?!0+(\.0+)?\s*\])/is,
  /^PROJ.*(Equidistant Cylindrical|Miller)|\+proj=(mill|ortho|gnom)(?!.*\+(R=|ellps=sphere))/is,
  /"name"\s*:\s*"(Equidistant Cylindrical|Miller Cylindrical|Orthographic|Gnomonic)/i,
];

const WKT2 = /^(PROJCRS|PROJECTEDCRS|GEOGCRS|GEOGRAPHICCRS|GEODCRS|GEODETICCRS)\[/i;

/** The code's number, or undefined for a CRS given by its definition. */
export function epsgCode(crs: string): number | undefined {
  const match = /^EPSG:(\d{4,6})$/.exec(crs);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** True when the CRS's unit is the degree. */
export function isGeographic(crs: string): boolean {
  if (crs === "EPSG:4326" || crs === "OGC:CRS84") return true;
  const definition = definitionOf(crs);
  if (typeof definition === "object") return "type" in definition && /^Geo(graphic|detic)CRS$/.test(definition.type);
  return /\+proj=longlat|^GEO(GCS|GCRS|GRAPHICCRS|DCRS|DETICCRS)\[/i.test(definition ?? "");
}

/**
 * A CRS as it is written in files and STAC (a code, URN or URL of EPSG; WKT 1 or 2; PROJJSON; a PROJ string) as the shortest that says
 * the same: "EPSG:n" where it tells its code, the horizontal part of a compound one.
 */
export function normaliseCrs(text: string): string {
  const trimmed = text.trim();
  const code =
    /^(?:urn:ogc:def:crs:EPSG:[^:]*:|https?:\/\/www\.opengis\.net\/def\/crs\/EPSG\/[^/]*\/|EPSG:+)(\d+)$/i.exec(
      trimmed,
    )?.[1];
  if (code !== undefined) return `EPSG:${code}`;
  if (/(CRS84$|:CRS84h?$)/.test(trimmed)) return "OGC:CRS84";
  if (trimmed.startsWith("{")) return fromProjJson(trimmed);
  return /^[A-Z]+\s*[[(]/i.test(trimmed) ? fromWkt(trimmed) : trimmed;
}

function fromWkt(wkt: string): string {
  const inner = /^(COMPD_CS|COMPOUNDCRS)\s*\[/i.test(wkt)
    ? /(PROJCS|PROJCRS|PROJECTEDCRS|GEOGCS|GEOGCRS|GEODCRS|GEOGRAPHICCRS|GEODETICCRS)\s*\[/i.exec(wkt)
    : null;
  const horizontal = inner === null ? wkt : wkt.slice(inner.index, closingBracket(wkt, inner.index) + 1);
  const code = /(?:AUTHORITY|ID)\s*\[\s*"EPSG"\s*,\s*"?(\d+)"?\s*\]\s*\]$/i.exec(horizontal.trim())?.[1];
  return code !== undefined && epsgDefinition(Number(code)) !== undefined ? `EPSG:${code}` : horizontal;
}

/** Where the first bracket that opens from `start` on is closed; brackets in quotes don't count. */
function closingBracket(text: string, start: number): number {
  let [depth, quoted] = [0, false];
  for (let i = start; i < text.length; i++) {
    const letter = text[i];
    if (letter === '"') quoted = !quoted;
    else if (!quoted && letter === "[") depth++;
    else if (!quoted && letter === "]" && --depth === 0) return i;
  }
  return text.length;
}

const projJsonSchema = z.looseObject({
  id: z.looseObject({ authority: z.string(), code: z.union([z.string(), z.number()]) }).optional(),
  components: z.array(z.unknown()).optional(),
});

function fromProjJson(text: string): string {
  const parsed = projJsonSchema.safeParse(parseJson(text));
  if (!parsed.success) return text;
  const { id, components } = parsed.data;
  if (id?.authority === "EPSG" && epsgDefinition(Number(id.code)) !== undefined) return `EPSG:${id.code}`;
  const inner = components?.[0];
  return inner === undefined ? text : fromProjJson(JSON.stringify(inner));
}

const anyProjJson = z.custom<Definition>((value) => typeof value === "object" && value !== null);

function parseJson(text: string): Definition | undefined {
  try {
    return anyProjJson.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** EPSG's own, from the package epsg-index, one small file a code. */
function epsgDefinition(code: number): string | undefined {
  if (code > 32600 && code <= 32660) return `+proj=utm +zone=${code - 32600} +datum=WGS84 +units=m +no_defs`;
  if (code > 32700 && code <= 32760) return `+proj=utm +zone=${code - 32700} +south +datum=WGS84 +units=m +no_defs`;
  const given = ADDED[code] ?? tableEntry(code);
  return given === undefined ? undefined : mendShift(given);
}

function tableEntry(code: number): string | undefined {
  try {
    const { proj4, unit } = entrySchema.parse(require(`epsg-index/s/${code}.json`));
    const isGrad = /^grad/i.test(unit ?? "");
    return proj4 == null || proj4 === "" || isGrad ? undefined : proj4;
  } catch {
    return undefined;
  }
}

/** What the table lacks or has without its shift to WGS84. */
const ADDED: Readonly<Record<number, string>> = {
  2056: "+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=2600000 +y_0=1200000 +ellps=bessel +towgs84=674.374,15.056,405.346,0,0,0,0 +units=m +no_defs",
  27700:
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy +towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs",
};

import type { Country } from "./world.js";
import type { Bounds } from "./api.js";

/** Somewhere to go to: a point with a zoom, where one was given, or a box. */
export type Place =
  | { readonly kind: "point"; readonly lon: number; readonly lat: number; readonly zoom: number | undefined }
  | { readonly kind: "box"; readonly bounds: Bounds; readonly name: string };

/**
 * The coordinates that a text names: latitude before longitude as maps write them ("41.98, 3.03"; "41°58'48\"N 3°1'48\"E"; "41.98 N 3.03 E"), in any
 * order where letters tell, or "zoom/lat/lon" as in the page's address. Undefined where it names none on Earth.
 */
export function parsePlace(text: string): Place | undefined {
  const address = /^#?(?:at=)?([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(text.trim());
  if (address !== null) return point(Number(address[2]), Number(address[3]), Number(address[1]));
  const angles = [...text.matchAll(ANGLE)].map(([, sign, degrees, minutes, seconds, side]) => ({
    value:
      (sign === "-" || sign === "−" ? -1 : 1) *
      (Number(degrees) + Number(minutes ?? 0) / 60 + Number(seconds ?? 0) / 3600),
    side: side?.toUpperCase(),
  }));
  const [first, second, ...others] = angles;
  // What is no number, sign or letter of a side was no coordinate.
  if (first === undefined || second === undefined || others.length > 0) return undefined;
  if (text.replaceAll(ANGLE, "").replaceAll(/[\s,;]/g, "") !== "") return undefined;
  const signed = ({ value, side }: typeof first): number => (side === "S" || side === "W" ? -Math.abs(value) : value);
  const isLon = ({ side }: typeof first): boolean => side === "E" || side === "W";
  const isLat = ({ side }: typeof first): boolean => side === "N" || side === "S";
  if ((isLon(first) && isLon(second)) || (isLat(first) && isLat(second))) return undefined;
  return isLon(first) || isLat(second)
    ? point(signed(second), signed(first), undefined)
    : point(signed(first), signed(second), undefined);
}

/** The country whose name a text begins or is part of. */
export function findCountry(countries: readonly Country[], text: string): Place | undefined {
  const wanted = plain(text);
  if (wanted === "") return undefined;
  const found =
    countries.find(({ name }) => plain(name) === wanted) ??
    countries.find(({ name }) => plain(name).startsWith(wanted)) ??
    countries.find(({ name }) => plain(name).includes(wanted));
  return found && { kind: "box", bounds: found.bounds, name: found.name };
}

/** "-41.98", "41°58'48.5\"N", "3 E". */
const ANGLE =
  /([-−+])?(\d+(?:\.\d+)?)\s*°?\s*(?:(\d+(?:\.\d+)?)\s*['′]\s*(?:(\d+(?:\.\d+)?)\s*(?:"|″|''))?)?\s*([NSEWnsew](?![a-z]))?/g;

function point(lat: number, lon: number, zoom: number | undefined): Place | undefined {
  const isOnEarth = Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && (zoom === undefined || zoom <= 24);
  return isOnEarth ? { kind: "point", lon, lat, zoom } : undefined;
}

function plain(text: string): string {
  return text
    .normalize("NFD")
    .replaceAll(/[^\p{Letter}]/gu, "")
    .toLowerCase();
}

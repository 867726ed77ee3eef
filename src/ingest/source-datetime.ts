import { createHash } from "node:crypto";

/**
 * An acquisition instant in a file's or product's name, as RFC 3339 UTC: "S2A_MSIL2A_20170613T101031", "boadella_2020-01-13",
 * "20200219", and "2019-09" for the first of a month. The first plausible one wins (products name the sensing time first).
 */
export function datetimeFromName(name: string): string | undefined {
  for (const pattern of NAME_PATTERNS) {
    for (const match of name.matchAll(pattern)) {
      const instant = instantOf(match.slice(1).map((text) => (text === undefined ? undefined : Number(text))));
      if (instant !== undefined) return instant;
    }
  }
  return undefined;
}

/** From the most to the least telling; the look-arounds keep numbers out that go on. */
const NAME_PATTERNS: readonly RegExp[] = [
  /(?<!\d)(\d{4})-?(\d\d)-?(\d\d)[T_ ](\d\d)[:-]?(\d\d)[:-]?(\d\d)(?!\d)/g,
  /(?<!\d)(\d{4})[-_.](\d\d)[-_.](\d\d)(?!\d)/g,
  /(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)/g,
  /(?<!\d)(\d{4})[-_](\d\d)(?![-_.]?\d)/g,
];

const DAY = String.raw`(\d{4})[:/-](\d\d)[:/-](\d\d)|(\d{4})(\d\d)(\d\d)`;
const CLOCK = String.raw`(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?`;
const ZONE = String.raw`Z|UTC|GMT|[+-]\d\d(?::?\d\d)?`;
const TEXT = new RegExp(`^(?:${DAY})(?:[T ]+(?:${CLOCK})\\s*(${ZONE})?)?$`, "i");

/**
 * TIFF tag 306 ("2020:01:13 10:50:31"), an ISO 8601 text, or milliseconds since 1970 (Earth Engine), as RFC 3339 UTC; undefined for
 * anything else. A time without a zone is UTC, whatever the zone of this machine.
 */
export function datetimeFromText(text: string): string | undefined {
  const trimmed = text.trim();
  if (/^\d{12,13}$/.test(trimmed)) return isoOf(new Date(Number(trimmed)));
  const match = TEXT.exec(trimmed);
  if (match === null) return undefined;
  const parts = match.slice(1);
  const [year, month, day] = parts[0] === undefined ? parts.slice(3, 6) : parts.slice(0, 3);
  const [hour = "0", minute = "0", second = "0", fraction = "0", zone = "Z"] = parts.slice(6);
  const local = instantOf([year, month, day, hour, minute, second].map(Number));
  if (local === undefined) return undefined;
  const milliseconds = Math.floor(Number(`0.${fraction}`) * 1000);
  return isoOf(new Date(Date.parse(local) + milliseconds - zoneMinutes(zone) * 60_000));
}

function zoneMinutes(zone: string): number {
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (match === null) return 0;
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0));
}

function instantOf(parts: readonly (number | undefined)[]): string | undefined {
  const [year = 0, month = 0, day = 1, hour = 0, minute = 0, second = 0] = parts;
  if (year < 1972 || year > 2100 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, Math.min(59, second)));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return isoOf(date);
}

const isoOf = (date: Date): string => date.toISOString().replace(".000Z", "Z");

/**
 * A file's or product's name as an item id: letters, digits, dot, underscore and hyphen only, no extension. Accents are dropped; where
 * letters of other scripts are lost, eight digits of the name's hash keep ids of different names apart.
 */
export function idFromName(name: string): string {
  const stem = name.replace(/\.(tiff?|jp2|vrt|json|geojson|safe|zip)$/i, "").normalize("NFKD");
  const plain = stem.replace(/\p{M}+/gu, "");
  const id = plain.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-._]+|[-._]+$/g, "");
  const isWhole = !/[^A-Za-z0-9._-]/u.test(plain.replace(/[\p{P}\p{S}\p{Z}\p{C}]/gu, ""));
  if (id !== "" && isWhole) return id;
  const hash = createHash("sha256").update(stem.normalize("NFC")).digest("hex").slice(0, 8);
  return id === "" ? `item-${hash}` : `${id}-${hash}`;
}

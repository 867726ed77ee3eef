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

/** TIFF tag 306 ("2020:01:13 10:50:31") or an ISO 8601 text, as RFC 3339 UTC; undefined for anything else. */
export function datetimeFromText(text: string): string | undefined {
  const match = /^\s*(\d{4})[:/-](\d\d)[:/-](\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-]00:?00)?)?\s*$/.exec(
    text,
  );
  return match === null
    ? undefined
    : instantOf(match.slice(1).map((part) => (part === undefined ? undefined : Number(part))));
}

function instantOf(parts: readonly (number | undefined)[]): string | undefined {
  const [year = 0, month = 0, day = 1, hour = 0, minute = 0, second = 0] = parts;
  if (year < 1972 || year > 2100 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, Math.min(59, second)));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.toISOString().replace(".000Z", "Z");
}

/** A file's or product's name as an item id: letters, digits, dot, underscore and hyphen only, no extension. */
export function idFromName(name: string): string {
  const stem = name.replace(/\.(tiff?|json|geojson)$/i, "");
  const id = stem.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
  return id === "" ? "item" : id;
}

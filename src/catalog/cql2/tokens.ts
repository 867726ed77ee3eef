import { InvalidRequestError } from "../../core/errors.js";

export interface Token {
  readonly kind: "name" | "quoted" | "text" | "number" | "sign" | "end";
  /** Of a name as written; of quoted names and text without quotes and escapes. */
  readonly value: string;
  /** Where it begins, characters. */
  readonly at: number;
}

/** The characters of names, from the standard's grammar (which takes them from XML's names). */
const START =
  "[:_A-Za-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFE\\u200C-\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}]";
const PART = `(?:${START}|[.0-9\\u0300-\\u036F\\u203F-\\u2040])`;

const PATTERN = new RegExp(
  [
    "\\s+",
    `(?<name>${START}${PART}*)`,
    '"(?<quoted>[^"]+)"',
    "'(?<text>(?:[^'\\\\]|''|\\\\[^])*)'",
    "(?<number>(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?)",
    "(?<sign><>|<=|>=|[-=<>+*/%^(),])",
  ].join("|"),
  "uy",
);

/** A text longer than this is no filter. */
const MAX_LENGTH = 500_000;

/** Takes CQL2 text apart. @throws InvalidRequestError at the first character that begins nothing. */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > MAX_LENGTH)
    throw new InvalidRequestError(`filter has ${text.length} characters; wanted at most ${MAX_LENGTH}`);
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(text);
    if (match === null)
      throw new InvalidRequestError(
        `filter can't be read at character ${at + 1}, "${text.slice(at, at + 20)}"; wanted CQL2 text`,
      );
    const [kind, value] = Object.entries(match.groups ?? {}).find(([, part]) => part !== undefined) ?? [];
    if (kind !== undefined && value !== undefined)
      tokens.push({ kind: kind as Token["kind"], value: kind === "text" ? unescape(value) : value, at });
    at += match[0].length;
  }
  return [...tokens, { kind: "end", value: "", at: text.length }];
}

/** Quotes are doubled or follow a backslash; a backslash before anything else stays, for LIKE to see. */
const unescape = (value: string): string => value.replaceAll(/''|\\'/g, "'");

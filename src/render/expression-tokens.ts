import { InvalidRequestError } from "../core/errors.js";

/** One word of an expression. */
export interface Token {
  readonly kind: "number" | "name" | "symbol" | "end";
  readonly text: string;
  /** Offset in the text, characters from 0. */
  readonly at: number;
  /** True when white space stands before it. */
  readonly spaced: boolean;
}

// In this order: a number with optional fraction and exponent, a name, an operator (the longer first).
const TOKEN =
  /(?<space>\s*)(?:(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))|(?<name>[A-Za-z_]\w*)|(?<symbol>\*\*|<<|>>|<=|>=|==|!=|[-+*/%()<>,&|^~]))/y;

/**
 * Cuts an expression into tokens, the last of kind "end".
 *
 * @throws InvalidRequestError at the first character that belongs to no token.
 */
export function tokenise(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const trimmedLength = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmedLength) {
    const from = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw strangeCharacter(text, from);
    const spaceLength = groups["space"]?.length ?? 0;
    tokens.push({ ...wordOf(groups), at: from + spaceLength, spaced: spaceLength > 0 });
  }
  tokens.push({ kind: "end", text: "", at: text.length, spaced: false });
  return tokens;
}

function wordOf(groups: Record<string, string | undefined>): Pick<Token, "kind" | "text"> {
  if (groups["number"] !== undefined) return { kind: "number", text: groups["number"] };
  if (groups["name"] !== undefined) return { kind: "name", text: groups["name"] };
  return { kind: "symbol", text: groups["symbol"] ?? "" };
}

function strangeCharacter(text: string, from: number): InvalidRequestError {
  const at = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
  return new InvalidRequestError(
    `Expression "${text.slice(0, 80)}" has "${text.slice(at, at + 1)}" at character ${at + 1}; wanted arithmetic over bands, ` +
      `for instance (B08-B04)/(B08+B04)`,
  );
}

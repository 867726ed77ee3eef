import { BANDS, isBandName, parseBandName } from "../core/bands.js";
import type { BandName } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import { tokenise } from "./expression-tokens.js";
import type { Token } from "./expression-tokens.js";

export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "**" | "<" | "<=" | ">" | ">=" | "==" | "!=" | "&" | "|";

/** Function name to its number of arguments; min and max take two or more. */
export const FUNCTIONS = {
  abs: 1,
  sqrt: 1,
  log: 1,
  log10: 1,
  log1p: 1,
  exp: 1,
  floor: 1,
  ceil: 1,
  round: 1,
  sin: 1,
  cos: 1,
  tan: 1,
  arcsin: 1,
  arccos: 1,
  arctan: 1,
  sinh: 1,
  cosh: 1,
  tanh: 1,
  arcsinh: 1,
  arccosh: 1,
  arctanh: 1,
  expm1: 1,
  arctan2: 2,
  min: 2,
  max: 2,
  where: 3,
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

/** Arithmetic over bands: what an expression means, without its spelling. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "band"; readonly band: BandName }
  | { readonly kind: "negate"; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: readonly Expression[] };

/** Nesting of brackets, signs and powers beyond which an expression is refused: the parser recurses. */
const MAX_DEPTH = 64;

/**
 * Parses one expression, for instance "(B08-B04)/(B08+B04)". Precedence as in Python, lowest first:
 *
 *     comparison (one, not chained)   < <= > >= == !=
 *     or |,   either ^,   and &,   shift << >>,   sum + -,   product * / %,   sign -x +x, not ~x,   power ** (to the right)
 *
 * Names: B01 .. B12, common names (red, nir), b1 .. b12 in lower case = position among `bands` (of all 12 b8 is B08, b9 is B8A), and
 * NAME_b1 as titiler-pgstac writes it. Two operands with only space between them are added, since an unescaped plus in a URL
 * arrives as a space.
 *
 * @throws InvalidRequestError when the text is not arithmetic or names an unknown band or function.
 */
export function parseExpression(text: string, bands: readonly BandName[] = BANDS): Expression {
  return new Parser(text, bands).parse();
}

/** Canonical text that parses to the same expression: no spaces, every operation in brackets. */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return String(expression.value);
    case "band":
      return expression.band;
    case "negate":
      return `(-${formatExpression(expression.operand)})`;
    case "binary":
      return `(${formatExpression(expression.left)}${expression.operator}${formatExpression(expression.right)})`;
    case "call":
      return `${expression.name}(${expression.args.map(formatExpression).join(",")})`;
  }
}

/** The bands that an expression reads, in order of first use. */
export function expressionBands(expression: Expression): readonly BandName[] {
  switch (expression.kind) {
    case "number":
      return [];
    case "band":
      return [expression.band];
    case "negate":
      return expressionBands(expression.operand);
    case "binary":
      return unique([...expressionBands(expression.left), ...expressionBands(expression.right)]);
    case "call":
      return unique(expression.args.flatMap((arg) => expressionBands(arg)));
  }
}

/** Binary operators by level, lowest precedence first. */
const LEVELS: readonly (readonly SpelledOperator[])[] = [
  ["<", "<=", ">", ">=", "==", "!="],
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const COMPARISON = 0;
const SUM = 5;

/** Those that mean others too. */
type SpelledOperator = BinaryOperator | "^" | "<<" | ">>";

const number = (value: number): Expression => ({ kind: "number", value });
const binary = (operator: BinaryOperator, left: Expression, right: Expression): Expression => ({
  kind: "binary",
  operator,
  left,
  right,
});

/** Whether it is 1 or 0. */
function isTruth(expression: Expression): boolean {
  if (expression.kind !== "binary") return false;
  const { operator, left, right } = expression;
  return (
    ["<", "<=", ">", ">=", "==", "!="].includes(operator) || (/[&|]/.test(operator) && isTruth(left) && isTruth(right))
  );
}

/** What an operator that means others does. */
function combine(operator: SpelledOperator, left: Expression, right: Expression): Expression {
  switch (operator) {
    case "<<":
      return binary("*", left, binary("**", number(2), right));
    case ">>":
      return { kind: "call", name: "floor", args: [binary("/", left, binary("**", number(2), right))] };
    case "^":
      return binary("!=", left, right);
    default:
      return binary(operator, left, right);
  }
}

class Parser {
  private readonly text: string;
  private readonly bands: readonly BandName[];
  private readonly tokens: readonly Token[];
  private position = 0;
  private depth = 0;

  constructor(text: string, bands: readonly BandName[]) {
    this.text = text;
    this.bands = bands;
    this.tokens = tokenise(text);
  }

  parse(): Expression {
    const expression = this.binary(COMPARISON);
    const rest = this.peek();
    if (rest.kind !== "end") throw this.unexpected(rest, "an operator or the end");
    return expression;
  }

  private binary(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      const operator = this.takeOperator(operators, level === SUM);
      if (operator === undefined) return left;
      const right = this.binary(level + 1);
      if (operator === "^" && !(isTruth(left) && isTruth(right)))
        throw this.refuse("has ^ between numbers; wanted it between comparisons, or ** for a power");
      left = combine(operator, left, right);
      if (level === COMPARISON) return left;
    }
  }

  private takeOperator(operators: readonly SpelledOperator[], spaceAdds: boolean): SpelledOperator | undefined {
    const token = this.peek();
    if (spaceAdds && token.spaced && (token.kind === "number" || token.kind === "name" || token.text === "("))
      return "+";
    const operator = token.kind === "symbol" ? operators.find((candidate) => candidate === token.text) : undefined;
    if (operator !== undefined) this.position++;
    return operator;
  }

  private unary(): Expression {
    if (++this.depth > MAX_DEPTH) throw this.refuse(`is nested more than ${MAX_DEPTH} deep`);
    const expression = this.signed();
    this.depth--;
    return expression;
  }

  private signed(): Expression {
    const token = this.peek();
    if (token.kind === "symbol" && (token.text === "-" || token.text === "+")) {
      this.position++;
      const operand = this.unary();
      return token.text === "-" ? { kind: "negate", operand } : operand;
    }
    if (token.kind === "symbol" && token.text === "~") {
      this.position++;
      const operand = this.unary();
      // Of whole numbers the bits.
      return isTruth(operand) ? binary("==", operand, number(0)) : binary("-", { kind: "negate", operand }, number(1));
    }
    const base = this.primary();
    if (this.peek().text !== "**") return base;
    this.position++;
    return { kind: "binary", operator: "**", left: base, right: this.unary() };
  }

  private primary(): Expression {
    const token = this.peek();
    this.position++;
    if (token.kind === "number") return { kind: "number", value: Number(token.text) };
    if (token.kind === "name")
      return this.peek().text === "(" && !this.peek().spaced ? this.call(token) : this.band(token);
    if (token.text !== "(") throw this.unexpected(token, "a band, a number or a bracket");
    const inner = this.binary(COMPARISON);
    this.expect(")");
    return inner;
  }

  private call(token: Token): Expression {
    const name = token.text.toLowerCase();
    if (!isFunctionName(name)) {
      throw this.refuse(`calls "${token.text}"; wanted one of ${Object.keys(FUNCTIONS).join(", ")}`);
    }
    this.expect("(");
    const args = [this.binary(COMPARISON)];
    while (this.peek().text === ",") {
      this.position++;
      args.push(this.binary(COMPARISON));
    }
    this.expect(")");
    const wanted = FUNCTIONS[name];
    const variadic = name === "min" || name === "max";
    if (args.length !== wanted && !(variadic && args.length > wanted)) {
      throw this.refuse(`gives ${name} ${args.length} arguments; wanted ${wanted}${variadic ? " or more" : ""}`);
    }
    return { kind: "call", name, args };
  }

  private band(token: Token): Expression {
    const band = resolveBand(token.text, this.bands);
    if (band === undefined) {
      throw this.refuse(`names "${token.text}"; wanted a band (${BANDS.join(", ")}) or b1 to b${this.bands.length}`);
    }
    return { kind: "band", band };
  }

  private expect(symbol: string): void {
    const token = this.peek();
    if (token.kind !== "symbol" || token.text !== symbol) throw this.unexpected(token, `"${symbol}"`);
    this.position++;
  }

  private peek(): Token {
    return this.tokens[this.position] ?? { kind: "end", text: "", at: this.text.length, spaced: false };
  }

  private unexpected(token: Token, wanted: string): InvalidRequestError {
    const got = token.kind === "end" ? "ends" : `has "${token.text}"`;
    return this.refuse(`${got} at character ${token.at + 1}; wanted ${wanted}`);
  }

  private refuse(problem: string): InvalidRequestError {
    return new InvalidRequestError(`Expression "${this.text.slice(0, 80)}" ${problem}`);
  }
}

function resolveBand(name: string, bands: readonly BandName[]): BandName | undefined {
  if (isBandName(name)) return name;
  const asset = /^(.+)_b(\d{1,2})$/i.exec(name);
  if (asset?.[1] !== undefined) {
    if (asset[1].toLowerCase() === "tec") return BANDS[Number(asset[2]) - 1];
    return asset[2] === "1" ? resolveBand(asset[1], bands) : undefined;
  }
  const position = /^b([1-9]\d?)$/.exec(name);
  return position === null ? parseBandName(name) : bands[Number(position[1]) - 1];
}

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}

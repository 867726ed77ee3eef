import { InvalidRequestError } from "../../core/errors.js";
import { COMPARISON, SIGNATURES, type Expression } from "./expression.js";
import { MAX_DEPTH, parseCql2Json } from "./parse-json.js";
import { GEOMETRY_NAMES, readWkt, type WktReader } from "./parse-wkt.js";
import { tokensOf, type Token } from "./tokens.js";

/**
 * A filter in CQL2 text, by the standard's grammar, as CQL2 JSON.
 *
 * @throws InvalidRequestError that says where the text stops being CQL2 and what was wanted there.
 */
export function parseCql2Text(text: string): Expression {
  const parser = new Parser(tokensOf(text));
  return parseCql2Json(parser.whole());
}

const RESERVED = new Set(["AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "DIV"]);
/** Operators that are written as functions, by their name in capitals. */
const FUNCTIONS: ReadonlyMap<string, string> = new Map(
  [...SIGNATURES.keys()]
    .filter((op) => /^[sta]_|^casei$|^accenti$/.test(op))
    .map((op) => [op.toUpperCase(), op] as const),
);

/** An expression before its kinds are checked. */
type Node = unknown;

const operation = (op: string, ...args: Node[]): Node => ({ op, args });

class Parser implements WktReader {
  private readonly tokens: readonly Token[];
  private next = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  whole(): Node {
    const node = this.condition();
    if (this.token().kind !== "end") this.fail("AND, OR or the end");
    return node;
  }

  /** booleanExpression: terms with OR between. */
  private condition(): Node {
    if (++this.depth > MAX_DEPTH)
      throw new InvalidRequestError(`filter is nested more than ${MAX_DEPTH} deep; wanted less`);
    const node = this.chain("OR", () => this.chain("AND", () => this.factor()));
    this.depth--;
    return node;
  }

  private chain(word: string, part: () => Node): Node {
    const parts = [part()];
    while (this.acceptWord(word)) parts.push(part());
    return parts.length === 1 ? parts[0] : operation(word.toLowerCase(), ...parts);
  }

  private factor(): Node {
    let negations = 0;
    while (this.acceptWord("NOT")) negations++;
    if (negations > MAX_DEPTH) this.fail(`at most ${MAX_DEPTH} times NOT`);
    let node = this.predicate();
    for (; negations > 0; negations--) node = operation("not", node);
    return node;
  }

  private predicate(): Node {
    const left = this.sum();
    const { kind, value } = this.token();
    if (kind === "sign" && (COMPARISON as readonly string[]).includes(value)) {
      this.next++;
      return operation(value, left, this.sum());
    }
    if (this.acceptWord("IS")) {
      const isNot = this.acceptWord("NOT");
      if (!this.acceptWord("NULL")) this.fail("NULL");
      return isNot ? operation("not", operation("isNull", left)) : operation("isNull", left);
    }
    const isNot = this.acceptWord("NOT");
    const node = this.wordPredicate(left);
    if (node === undefined) return isNot ? this.fail("LIKE, BETWEEN or IN") : left;
    return isNot ? operation("not", node) : node;
  }

  private wordPredicate(left: Node): Node {
    if (this.acceptWord("LIKE")) return operation("like", left, this.sum());
    if (this.acceptWord("BETWEEN")) {
      const low = this.sum();
      if (!this.acceptWord("AND")) this.fail("AND");
      return operation("between", left, low, this.sum());
    }
    if (!this.acceptWord("IN")) return undefined;
    this.expect("(");
    return operation("in", left, this.list());
  }

  private sum(): Node {
    let node = this.product();
    for (let sign = this.acceptSign("+", "-"); sign !== undefined; sign = this.acceptSign("+", "-"))
      node = operation(sign, node, this.product());
    return node;
  }

  private product(): Node {
    let node = this.power();
    for (;;) {
      const sign = this.acceptSign("*", "/", "%") ?? (this.acceptWord("DIV") ? "div" : undefined);
      if (sign === undefined) return node;
      node = operation(sign, node, this.power());
    }
  }

  private power(): Node {
    const node = this.signed();
    return this.accept("^") ? operation("^", node, this.signed()) : node;
  }

  private signed(): Node {
    const sign = this.acceptSign("-", "+");
    if (sign === undefined) return this.primary();
    if (this.token().kind === "number") return this.signedNumber(sign);
    return sign === "-" ? operation("*", -1, this.primary()) : this.fail("a number");
  }

  private primary(): Node {
    const { kind, value } = this.token();
    if (kind === "sign" && value === "(") {
      this.next++;
      return this.inParentheses();
    }
    if (kind === "end" || kind === "sign") return this.fail("a value");
    this.next++;
    if (kind === "text") return value;
    if (kind === "number") return Number(value);
    if (kind === "quoted") return { property: value };
    return this.named(value);
  }

  /** A condition, an arithmetic expression or an array. */
  private inParentheses(): Node {
    if (this.accept(")")) return [];
    const node = this.condition();
    if (this.accept(")")) return node;
    if (!this.accept(",")) this.fail('")" or ","');
    return [node, ...this.list()];
  }

  private named(name: string): Node {
    const word = name.toUpperCase();
    if (word === "TRUE" || word === "FALSE") return word === "TRUE";
    if (RESERVED.has(word)) {
      this.next--;
      return this.fail("a value");
    }
    if (GEOMETRY_NAMES.has(word) && (this.isNext("(") || this.isZ())) {
      this.acceptZ();
      return readWkt(word, this);
    }
    if (!this.accept("(")) return { property: name };
    if (word === "DATE" || word === "TIMESTAMP") {
      const text = this.text();
      this.expect(")");
      return { [word.toLowerCase()]: text };
    }
    if (word.startsWith("A_")) return operation(FUNCTIONS.get(word) ?? name, ...this.arrays());
    const args = this.list();
    if (word === "BBOX") return { bbox: args };
    if (word === "INTERVAL") return { interval: args };
    return { op: FUNCTIONS.get(word) ?? name, args };
  }

  /** Values up to the closing parenthesis; the opening one has been read. */
  private list(): Node[] {
    const values: Node[] = [];
    if (this.accept(")")) return values;
    do values.push(this.condition());
    while (this.accept(","));
    this.expect(")");
    return values;
  }

  /** Arguments of an array function, where parentheses around one value make an array of it. */
  private arrays(): Node[] {
    const values: Node[] = [];
    do values.push(this.accept("(") ? this.list() : this.condition());
    while (this.accept(","));
    this.expect(")");
    return values;
  }

  private text(): string {
    const { kind, value } = this.token();
    if (kind !== "text") this.fail("text in single quotes");
    this.next++;
    return value;
  }

  number(): number {
    return this.signedNumber(this.acceptSign("-", "+"));
  }

  isNumberNext(): boolean {
    const { kind, value } = this.token();
    return kind === "number" || (kind === "sign" && (value === "-" || value === "+"));
  }

  private signedNumber(sign: string | undefined): number {
    const { kind, value } = this.token();
    if (kind !== "number") this.fail("a number");
    this.next++;
    return sign === "-" ? -Number(value) : Number(value);
  }

  geometryName(): string {
    const name = this.token().value.toUpperCase();
    if (!GEOMETRY_NAMES.has(name)) this.fail("a geometry");
    this.next++;
    this.acceptZ();
    return name;
  }

  private acceptZ(): void {
    if (this.isZ()) this.next++;
  }

  private isZ(): boolean {
    return this.token().kind === "name" && this.token().value.toUpperCase() === "Z";
  }

  accept(sign: string): boolean {
    return this.acceptSign(sign) !== undefined;
  }

  expect(sign: string): void {
    if (!this.accept(sign)) this.fail(`"${sign}"`);
  }

  fail(wanted: string): never {
    const { kind, value, at } = this.token();
    const found = kind === "end" ? "the end" : `"${value.slice(0, 20)}"`;
    throw new InvalidRequestError(`filter has ${found} at character ${at + 1}; wanted ${wanted}`);
  }

  private isNext(sign: string): boolean {
    return this.token().kind === "sign" && this.token().value === sign;
  }

  private acceptSign(...signs: readonly string[]): string | undefined {
    const { kind, value } = this.token();
    if (kind !== "sign" || !signs.includes(value)) return undefined;
    this.next++;
    return value;
  }

  private acceptWord(word: string): boolean {
    const { kind, value } = this.token();
    if (kind !== "name" || value.toUpperCase() !== word) return false;
    this.next++;
    return true;
  }

  private token(): Token {
    return this.tokens[Math.min(this.next, this.tokens.length - 1)] ?? { kind: "end", value: "", at: 0 };
  }
}

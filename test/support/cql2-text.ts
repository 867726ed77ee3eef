import type { Expression, Operand } from "../../src/catalog/cql2/expression.js";

const SIGNS = new Set(["=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "div", "^"]);

/** CQL2 text of an expression, every part in parentheses; `pick` chooses among spellings that mean the same. */
export function cql2Text(expression: Expression, pick: (choices: number) => number): string {
  const text = (operand: Operand): string => {
    if (typeof operand === "string") return `'${operand.replaceAll("'", pick(2) === 0 ? "''" : "\\'")}'`;
    if (typeof operand === "boolean") return pick(2) === 0 ? String(operand) : String(operand).toUpperCase();
    if (typeof operand === "number") return pick(2) === 0 ? String(operand) : operand.toExponential();
    if (Array.isArray(operand)) return `(${(operand as readonly Operand[]).map(text).join(", ")})`;
    if (typeof operand !== "object") throw new Error("no operand");
    if ("property" in operand) return pick(2) === 0 ? `"${operand.property}"` : operand.property;
    if ("date" in operand) return `DATE('${operand.date}')`;
    if ("timestamp" in operand) return `TIMESTAMP( '${operand.timestamp}' )`;
    if ("interval" in operand) return `INTERVAL(${operand.interval.map((end) => text(end)).join(",")})`;
    if ("bbox" in operand) return `BBOX(${operand.bbox.join(",")})`;
    if ("type" in operand) return wkt(operand as { type: string; coordinates: unknown });
    if ("op" in operand) return operation(operand.op, operand.args);
    throw new Error("no operand");
  };
  const word = (name: string): string => [name, name.toUpperCase(), `\n${name.toLowerCase()}`][pick(3)] ?? name;
  const operation = (op: string, args: readonly Operand[]): string => {
    const parts = args.map(text);
    const [a = "", b = "", c = ""] = parts;
    if (op === "and" || op === "or") return `(${parts.join(` ${word(op)} `)})`;
    if (op === "not") return `(${word("not")} ${a})`;
    if (op === "isNull") return `(${a} ${word("is")} ${word("null")})`;
    if (op === "between") return `(${a} ${word("between")} ${b} ${word("and")} ${c})`;
    if (op === "like" || op === "in") return `(${a} ${word(op)} ${b})`;
    if (SIGNS.has(op)) return `(${a} ${op} ${b})`;
    return `${word(op)}(${parts.join(", ")})`;
  };
  return text(expression);
}

function wkt({ type, coordinates }: { readonly type: string; readonly coordinates: unknown }): string {
  const list = (value: unknown): string =>
    (value as unknown[]).every((one) => typeof one === "number")
      ? (value as number[]).join(" ")
      : (value as unknown[]).map((one) => (isPosition(one) ? list(one) : `(${list(one)})`)).join(", ");
  return `${type.toUpperCase()}(${list(coordinates)})`;
}

const isPosition = (value: unknown): boolean => typeof (value as unknown[])[0] === "number";

import type { BinaryOperator, FunctionName } from "./expression-parser.js";

/** Replaces the first `count` values of x by the operation's result. */
export type UnaryKernel = (x: Float64Array, count: number) => void;

/** Replaces the first `count` values of x by the operation's result on x and y. */
export type BinaryKernel = (x: Float64Array, y: Float64Array, count: number) => void;

/** Kernel of each operator; comparisons and logic give 1 or 0. */
export const BINARY_KERNELS: Readonly<Record<BinaryOperator, BinaryKernel>> = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  // As Python and numexpr have it: the sign is the divisor's.
  "%": paired((a, b) => a - b * Math.floor(a / b)),
  "**": paired((a, b) => a ** b),
  "<": paired((a, b) => Number(a < b)),
  "<=": paired((a, b) => Number(a <= b)),
  ">": paired((a, b) => Number(a > b)),
  ">=": paired((a, b) => Number(a >= b)),
  "==": paired((a, b) => Number(a === b)),
  "!=": paired((a, b) => Number(a !== b)),
  "&": paired((a, b) => Number(a !== 0 && b !== 0)),
  "|": paired((a, b) => Number(a !== 0 || b !== 0)),
};

/** Kernel of the sign. */
export const negate: UnaryKernel = mapped((a) => -a);

/** Kernel of each function of one argument. */
export const FUNCTION_KERNELS: Readonly<
  Record<Exclude<FunctionName, "min" | "max" | "arctan2" | "where">, UnaryKernel>
> = {
  abs: mapped(Math.abs),
  sqrt: mapped(Math.sqrt),
  log: mapped(Math.log),
  log10: mapped(Math.log10),
  log1p: mapped(Math.log1p),
  exp: mapped(Math.exp),
  floor: mapped(Math.floor),
  ceil: mapped(Math.ceil),
  round: mapped(Math.round),
  sin: mapped(Math.sin),
  cos: mapped(Math.cos),
  tan: mapped(Math.tan),
  arcsin: mapped(Math.asin),
  arccos: mapped(Math.acos),
  arctan: mapped(Math.atan),
  sinh: mapped(Math.sinh),
  cosh: mapped(Math.cosh),
  tanh: mapped(Math.tanh),
  arcsinh: mapped(Math.asinh),
  arccosh: mapped(Math.acosh),
  arctanh: mapped(Math.atanh),
  expm1: mapped(Math.expm1),
};

/** Kernel of each function that takes its arguments two by two. */
export const PAIR_KERNELS: Readonly<Record<"min" | "max" | "arctan2", BinaryKernel>> = {
  min: paired(Math.min),
  max: paired(Math.max),
  arctan2: paired(Math.atan2),
};

/** where(x, y, z): y where x is true (anything but 0, NaN is undefined), else z; left in x. */
export function choose(x: Float64Array, y: Float64Array, z: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) {
    const condition = x[i] ?? 0;
    if (condition === condition) x[i] = (condition === 0 ? z[i] : y[i]) ?? 0;
  }
}

// The four of arithmetic have loops of their own: a call per pixel through paired() takes some five times as long.
function add(x: Float64Array, y: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) x[i] = (x[i] ?? 0) + (y[i] ?? 0);
}

function subtract(x: Float64Array, y: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) x[i] = (x[i] ?? 0) - (y[i] ?? 0);
}

function multiply(x: Float64Array, y: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) x[i] = (x[i] ?? 0) * (y[i] ?? 0);
}

function divide(x: Float64Array, y: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) x[i] = (x[i] ?? 0) / (y[i] ?? 0);
}

function paired(operation: (a: number, b: number) => number): BinaryKernel {
  return (x, y, count) => {
    for (let i = 0; i < count; i++) x[i] = operation(x[i] ?? 0, y[i] ?? 0);
  };
}

function mapped(operation: (a: number) => number): UnaryKernel {
  return (x, count) => {
    for (let i = 0; i < count; i++) x[i] = operation(x[i] ?? 0);
  };
}

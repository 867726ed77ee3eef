import { assertNever } from "../core/assert.js";
import type { BandName } from "../core/bands.js";
import { throwIfCancelled } from "../core/worker-pool.js";
import { BINARY_KERNELS, FUNCTION_KERNELS, PAIR_KERNELS, choose, negate } from "./expression-kernels.js";
import type { BinaryKernel, UnaryKernel } from "./expression-kernels.js";
import type { Expression, FunctionName } from "./expression-parser.js";

/**
 * Evaluates an expression for every pixel: `bands` gives each band's samples (digital numbers), all of the length of the result.
 *
 * Comparisons and logic give 1 or 0, true is anything but 0. Where the result is undefined (division by zero, log of a negative)
 * it is NaN or infinite: such pixels have no colour.
 */
export function evaluateExpression(
  expression: Expression,
  bands: (band: BandName) => Float32Array,
  pixelCount: number,
): Float32Array {
  const program: Step[] = [];
  const registerCount = compile(expression, 0, program);
  const out = new Float32Array(pixelCount);
  // Blocks of 16 KB registers stay in the first-level cache while all steps run over them.
  const registers = Array.from({ length: registerCount }, () => new Float64Array(BLOCK));
  for (let from = 0; from < pixelCount; from += BLOCK) {
    throwIfCancelled();
    const count = Math.min(BLOCK, pixelCount - from);
    for (const step of program) runStep(step, registers, { bands, from, count });
    const result = registers[0];
    if (result !== undefined) out.set(result.subarray(0, count), from);
  }
  return out;
}

const BLOCK = 2048;

/** One instruction of a stack machine: reads registers from `at` on, writes register `at`. */
type Step =
  | { readonly kind: "number"; readonly at: number; readonly value: number }
  | { readonly kind: "band"; readonly at: number; readonly band: BandName }
  | { readonly kind: "unary"; readonly at: number; readonly apply: UnaryKernel }
  | { readonly kind: "binary"; readonly at: number; readonly apply: BinaryKernel }
  | { readonly kind: "where"; readonly at: number };

/** Appends the steps that leave the value in register `at`; returns how many registers the program needs so far. */
function compile(expression: Expression, at: number, program: Step[]): number {
  switch (expression.kind) {
    case "number":
      program.push({ kind: "number", at, value: expression.value });
      return at + 1;
    case "band":
      program.push({ kind: "band", at, band: expression.band });
      return at + 1;
    case "negate": {
      const used = compile(expression.operand, at, program);
      program.push({ kind: "unary", at, apply: negate });
      return used;
    }
    case "binary": {
      const left = compile(expression.left, at, program);
      const right = compile(expression.right, at + 1, program);
      program.push({ kind: "binary", at, apply: BINARY_KERNELS[expression.operator] });
      return Math.max(left, right);
    }
    case "call":
      return compileCall(expression.name, expression.args, at, program);
    default:
      return assertNever(expression);
  }
}

function compileCall(name: FunctionName, args: readonly Expression[], at: number, program: Step[]): number {
  // min and max fold as they go, so that any number of arguments needs two registers.
  const pairs = name === "min" || name === "max" || name === "arctan2";
  let used = at + 1;
  for (const [i, arg] of args.entries()) {
    used = Math.max(used, compile(arg, pairs ? at + Math.min(i, 1) : at + i, program));
    if (pairs && i > 0) program.push({ kind: "binary", at, apply: PAIR_KERNELS[name] });
  }
  if (name === "where") program.push({ kind: "where", at });
  else if (!pairs) program.push({ kind: "unary", at, apply: FUNCTION_KERNELS[name] });
  return used;
}

interface Block {
  readonly bands: (band: BandName) => Float32Array;
  readonly from: number;
  readonly count: number;
}

function runStep(step: Step, registers: readonly Float64Array[], block: Block): void {
  const [x, y, z] = [registers[step.at], registers[step.at + 1], registers[step.at + 2]];
  if (x === undefined) return;
  switch (step.kind) {
    case "number":
      x.fill(step.value, 0, block.count);
      return;
    case "band":
      x.set(block.bands(step.band).subarray(block.from, block.from + block.count));
      return;
    case "unary":
      step.apply(x, block.count);
      return;
    case "binary":
      if (y !== undefined) step.apply(x, y, block.count);
      return;
    case "where":
      if (y !== undefined && z !== undefined) choose(x, y, z, block.count);
      return;
    default:
      assertNever(step);
  }
}

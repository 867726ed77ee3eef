import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { BandName } from "../../../src/core/bands.js";
import { evaluateExpression } from "../../../src/render/expression.js";
import { parseExpression } from "../../../src/render/expression-parser.js";

const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const CHECK = fileURLToPath(new URL("../../../../test/clients/numexpr_check.py", import.meta.url));
const there = spawnSync(PYTHON, ["-c", "import numexpr"]).status === 0;
const skip = there ? false : "numexpr is not installed; TECTILE_TEST_PYTHON names a Python that has it";

const BANDS: Readonly<Partial<Record<BandName, readonly number[]>>> = {
  B02: [0, 1, 2, 3, 500, 1200, 3000, 9999, 7, 64],
  B04: [1, 1, 5, 2, 450, 1300, 10, 4, 7, 3],
  B08: [3, 2, 1, 4, 4000, 800, 2500, 1, 7, 2],
};
const LENGTH = 10;

type Answer = readonly (number | null)[];

function byNumexpr(expressions: readonly string[], type: string): readonly Answer[] {
  const input = JSON.stringify({ type, bands: BANDS, expressions });
  const { stdout, stderr } = spawnSync(PYTHON, [CHECK], { input, encoding: "utf8", maxBuffer: 2 ** 26 });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as readonly Answer[];
}

function compare(expressions: readonly string[], type: string): void {
  const theirs = byNumexpr(expressions, type);
  for (const [i, text] of expressions.entries()) {
    const ours = evaluateExpression(parseExpression(text), (band) => Float32Array.from(BANDS[band] ?? []), LENGTH);
    for (const [k, wanted] of (theirs[i] ?? []).entries()) {
      const got = ours[k] ?? Number.NaN;
      // Beyond float32 there is no difference to see.
      if (wanted === null || Math.abs(wanted) > 1e30) assert.ok(!(Math.abs(got) < 1e30), `${text}: ${got}, not finite`);
      else assert.ok(Math.abs(got - wanted) <= 1e-5 * Math.max(1, Math.abs(wanted)), `${text}: ${got}, not ${wanted}`);
    }
  }
}

const number = fc.constantFrom("1.0", "2.0", "0.5", "3.5", "B02", "B04", "B08");
// Not two constants, which numexpr folds to Python's integers.
const band = fc.constantFrom("B02", "B04", "B08");
const FUNCTIONS = ["abs", "sqrt", "log", "log10", "log1p", "exp", "expm1", "floor", "ceil", "sin", "cos", "tan"];
const MORE = ["arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"];

const { value } = fc.letrec<{ value: string; truth: string }>((tie) => ({
  // Well-conditioned: where a rounding more or less is not another number.
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    number,
    fc.tuple(tie("value"), fc.constantFrom("+", "-", "*", "/"), number).map(([a, o, b]) => `(${a}${o}${b})`),
    fc.tuple(tie("value"), fc.constantFrom("+", "*"), tie("value")).map(([a, o, b]) => `${a}${o}${b}`),
    fc.tuple(fc.constantFrom("abs", "arctan", "tanh", "arcsinh"), tie("value")).map(([f, a]) => `${f}(${a}/7)`),
    fc.tuple(tie("truth"), tie("value"), tie("value")).map(([t, a, b]) => `where(${t},${a},${b})`),
  ),
  truth: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(band, fc.constantFrom("<", "<=", ">", ">=", "==", "!="), number).map(([a, o, b]) => `(${a}${o}${b})`),
    fc.tuple(tie("truth"), fc.constantFrom("&", "|", "^"), tie("truth")).map(([a, o, b]) => `(${a} ${o} ${b})`),
    tie("truth").map((a) => `(~${a})`),
  ),
}));

test("random expressions are what numexpr makes of them", { skip }, () => {
  compare(fc.sample(value, { numRuns: 400, seed: 7 }), "float64");
});

test("each function and operator is numexpr's, and bits are moved as those of whole numbers", { skip }, () => {
  compare(
    [
      "arctan2(B02,B08)",
      "(B02-3.5)%B04",
      "B08/B04%1.5",
      ...[...FUNCTIONS, ...MORE].flatMap((name) => [`${name}(B04)`, `${name}(B04/B08)`, `${name}(-B02/10000)`]),
    ],
    "float64",
  );
  compare(
    [
      "B02>>1",
      "B02>>B04%4",
      "B02<<3",
      "~B02",
      "~(B02>B04)",
      "B02+1<<2",
      "1+(B02>>2)*2",
      "B02%B04",
      "-B02>>1",
      "B08**2%7",
    ],
    "int64",
  );
});

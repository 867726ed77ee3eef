import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BANDS } from "../../../src/core/bands.js";
import { evaluateExpression } from "../../../src/render/expression.js";
import { expressionBands, formatExpression, parseExpression } from "../../../src/render/expression-parser.js";

test("names mean bands by name, common name, position and titiler-pgstac's suffix", () => {
  const cases = {
    B08: "B08",
    b08: "B08",
    b8: "B08",
    nir: "B08",
    b9: "B8A",
    B9: "B09",
    b09: "B09",
    B8A: "B8A",
    b8a: "B8A",
    b10: "B09",
    b12: "B12",
    red: "B04",
    B04_b1: "B04",
    tec_b4: "B04",
  };
  for (const [text, band] of Object.entries(cases)) assert.equal(formatExpression(parseExpression(text)), band, text);
});

test("positions count among the bands that are given", () => {
  assert.equal(formatExpression(parseExpression("b1-b2", ["B08", "B04"])), "(B08-B04)");
  assert.throws(() => parseExpression("b3", ["B08", "B04"]), { message: /names "b3"; .* or b1 to b2$/ });
});

test("precedence is Python's", () => {
  const cases = {
    "1+2*3": 7,
    "(1+2)*3": 9,
    "-2**2": -4,
    "2**3**2": 512,
    "2**-1": 0.5,
    "8/4/2": 1,
    "8-4-2": 2,
    "1+1==2": 1,
    "1+1 & 0": 0,
    "(1<2)&(2<3)": 1,
    "(1>2)|(2<3)": 1,
    "--3": 3,
    "+3": 3,
    "1e3/1E+2": 10,
    ".5*4.": 2,
    "min(3,1,2)": 1,
    "max(3,1,2)": 3,
    "where(2>1,5,6)": 5,
    "where(0,5,6)": 6,
    "abs(-2)": 2,
    "sqrt(16)": 4,
    "log10(1000)": 3,
    "arctan2(0,1)": 0,
    "round(2.6)": 3,
  };
  for (const [text, value] of Object.entries(cases))
    assert.ok(Math.abs(value - valueOf(text)) < 1e-6, `${text} gave ${valueOf(text)}`);
});

test("a plus that a URL turned into a space still adds", () => {
  assert.equal(formatExpression(parseExpression("(B08-B04)/(B08 B04)")), "((B08-B04)/(B08+B04))");
});

test("what is not arithmetic is refused, saying where", () => {
  const cases: Readonly<Record<string, RegExp>> = {
    "B08 -": /ends at character 6; wanted a band/,
    "": /ends at character 1; wanted a band/,
    B13: /names "B13"; wanted a band \(B01, /,
    "process.exit()": /has "\." at character 8; wanted arithmetic/,
    "eval(B04)": /calls "eval"; wanted one of abs/,
    "constructor(B04)": /calls "constructor"/,
    "import os": /names "import"/,
    "1<2<3": /has "<" at character 4; wanted an operator or the end/,
    "(B04": /ends at character 5; wanted "\)"/,
    "B04)": /has "\)" at character 4/,
    "where(B04,1)": /gives where 2 arguments; wanted 3/,
    "min(B04)": /gives min 1 arguments; wanted 2 or more/,
    "B04;B08": /has ";" at character 4/,
    "B04 = 2": /has "=" at character 5/,
    "1.2.3": /has "1" at character 1/,
    "'B04'": /has "'" at character 1/,
  };
  for (const [text, message] of Object.entries(cases)) {
    assert.throws(() => parseExpression(text), { code: "invalid-request", message }, text);
  }
  assert.throws(() => parseExpression("(".repeat(100) + "1" + ")".repeat(100)), {
    message: /nested more than 64 deep/,
  });
});

test("division by zero and logs of negatives give no finite number", () => {
  for (const text of ["B04/0", "0/(B04-B04)", "log(-B04)", "sqrt(-1)", "where(0/0,1,2)"])
    assert.ok(!Number.isFinite(valueOf(text)), text);
});

test("the bands of an expression come once each, in order of use", () => {
  assert.deepEqual(expressionBands(parseExpression("(B08-B04)/(B08+max(B04,B11))")), ["B08", "B04", "B11"]);
});

/** A random expression as text, with the function that computes it directly: the oracle. */
interface Known {
  readonly text: string;
  readonly at: (bands: readonly number[]) => number;
}

const { known } = fc.letrec<{ known: Known }>((tie) => {
  const sub = tie("known");
  const binary = (symbol: string, apply: (a: number, b: number) => number): fc.Arbitrary<Known> =>
    fc
      .tuple(sub, sub)
      .map(([a, b]) => ({ text: `(${a.text}) ${symbol} (${b.text})`, at: (v) => apply(a.at(v), b.at(v)) }));
  return {
    known: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      fc.nat(11).map((i): Known => ({ text: `${BANDS[i]}`, at: (v) => v[i] ?? 0 })),
      fc
        .double({ min: 0, max: 1e4, noNaN: true })
        .map((n): Known => ({ text: n.toFixed(4), at: () => Number(n.toFixed(4)) })),
      binary("+", (a, b) => a + b),
      binary("-", (a, b) => a - b),
      binary("*", (a, b) => a * b),
      binary("/", (a, b) => a / b),
      binary("<=", (a, b) => (a <= b ? 1 : 0)),
      binary("!=", (a, b) => (a === b ? 0 : 1)),
      binary("&", (a, b) => (a !== 0 && b !== 0 ? 1 : 0)),
      sub.map((a): Known => ({ text: `-(${a.text})`, at: (v) => -a.at(v) })),
      sub.map((a): Known => ({ text: `sqrt(abs(${a.text}))`, at: (v) => Math.sqrt(Math.abs(a.at(v))) })),
      fc.tuple(sub, sub, sub).map(([a, b, c]): Known => ({
        text: `where(${a.text}, ${b.text}, ${c.text})`,
        at: (v) => (Number.isNaN(a.at(v)) ? Number.NaN : a.at(v) === 0 ? c.at(v) : b.at(v)),
      })),
      fc.array(sub, { minLength: 2, maxLength: 4 }).map((args): Known => ({
        text: `max(${args.map((a) => a.text).join()})`,
        at: (v) => Math.max(...args.map((a) => a.at(v))),
      })),
    ),
  };
});

test("evaluation over many pixels equals evaluation of one, and canonical text means the same", () => {
  // More pixels than a block, so that the last block is a part.
  const pixelCount = 2500;
  const planes = BANDS.map((_, b) => Float32Array.from({ length: pixelCount }, (_, i) => (i * (b + 3) * 7919) % 6007));
  fc.assert(
    fc.property(known, fc.integer({ min: 0, max: pixelCount - 1 }), ({ text, at }, i) => {
      const expression = parseExpression(text);
      const band = (name: (typeof BANDS)[number]): Float32Array => planes[BANDS.indexOf(name)] ?? new Float32Array();
      const wanted = Math.fround(at(planes.map((plane) => plane[i] ?? 0)));
      assert.ok(
        Object.is(evaluateExpression(expression, band, pixelCount)[i], wanted) ||
          (wanted === 0 && evaluateExpression(expression, band, pixelCount)[i] === 0),
        text,
      );
      const again = evaluateExpression(parseExpression(formatExpression(expression)), band, pixelCount);
      assert.ok(Object.is(again[i], wanted) || (wanted === 0 && again[i] === 0), formatExpression(expression));
    }),
    { numRuns: 150 },
  );
});

function valueOf(text: string): number {
  return evaluateExpression(parseExpression(text), () => new Float32Array([4]), 1)[0] ?? 0;
}

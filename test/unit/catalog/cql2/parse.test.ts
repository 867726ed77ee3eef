import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Expression } from "../../../../src/catalog/cql2/expression.js";
import { parseCql2Json } from "../../../../src/catalog/cql2/parse-json.js";
import { parseCql2Text } from "../../../../src/catalog/cql2/parse-text.js";
import { InvalidRequestError } from "../../../../src/core/errors.js";
import { anyExpression } from "../../../support/cql2-arbitrary.js";
import { cql2Text } from "../../../support/cql2-text.js";

test("text and JSON of one expression give the same", () => {
  fc.assert(
    fc.property(anyExpression, fc.infiniteStream(fc.nat(5)), (expression, choices) => {
      const pick = (most: number): number => Number(choices.next().value) % most;
      assert.deepEqual(plain(parseCql2Text(cql2Text(expression, pick))), plain(expression));
      assert.deepEqual(parseCql2Json(expression), expression);
    }),
    { seed: 21, numRuns: 3000 },
  );
});

/** -0 is 0 in JSON. */
const plain = (expression: Expression): unknown => JSON.parse(JSON.stringify(expression));

const cover = { property: "eo:cloud_cover" };
const PAIRS: readonly (readonly [string, Expression])[] = [
  // Precedence: AND before OR, ^ before *, * before +, NOT before AND.
  [
    "a=1 OR b=2 AND NOT c=3",
    {
      op: "or",
      args: [
        { op: "=", args: [{ property: "a" }, 1] },
        {
          op: "and",
          args: [
            { op: "=", args: [{ property: "b" }, 2] },
            { op: "not", args: [{ op: "=", args: [{ property: "c" }, 3] }] },
          ],
        },
      ],
    },
  ],
  ["eo:cloud_cover < 20", { op: "<", args: [cover, 20] }],
  ["eo:cloud_cover<-1.5e1", { op: "<", args: [cover, -15] }],
  [
    "x = 1 - 2 * y ^ 2",
    {
      op: "=",
      args: [
        { property: "x" },
        { op: "-", args: [1, { op: "*", args: [2, { op: "^", args: [{ property: "y" }, 2] }] }] },
      ],
    },
  ],
  ["x NOT IN (1, 2)", { op: "not", args: [{ op: "in", args: [{ property: "x" }, [1, 2]] }] }],
  ["x is not null", { op: "not", args: [{ op: "isNull", args: [{ property: "x" }] }] }],
  [
    "T_DURING(datetime, INTERVAL('2024-01-01', '..'))",
    { op: "t_during", args: [{ property: "datetime" }, { interval: ["2024-01-01", ".."] }] },
  ],
  [
    "s_intersects(geometry, POINT Z (1 -2 3))",
    { op: "s_intersects", args: [{ property: "geometry" }, { type: "Point", coordinates: [1, -2, 3] }] },
  ],
  ["a_containedby(x, ('a', 'b'))", { op: "a_containedBy", args: [{ property: "x" }, ["a", "b"]] }],
];

test("precedence, words and literals are those of the standard", () => {
  for (const [text, json] of PAIRS) assert.deepEqual(parseCql2Text(text), json, text);
});

test("BETWEEN as drafts had it is today's", () => {
  const draft = { op: "not", args: [{ op: "between", args: [cover, [0, 50]] }] };
  assert.deepEqual(parseCql2Json(draft), parseCql2Text("NOT eo:cloud_cover BETWEEN 0 AND 50"));
});

const WRONG: readonly (readonly [unknown, RegExp])[] = [
  ["eo:cloud_cover <", /the end at character 17; wanted a value/],
  ["eo:cloud_cover < 20 AND", /wanted a value/],
  ["eo:cloud_cover << 20", /"<" at character 17; wanted a value/],
  ["a = 1 b = 2", /"b" at character 7; wanted AND, OR or the end/],
  ["(a = 1", /wanted "\)"/],
  ["a = 'open", /can't be read at character 5/],
  ["a LIKE 5", /wanted a pattern as text/],
  ["a + 1", /wanted a condition/],
  ["Buffer(geometry, 10) = 1", /uses "Buffer"/],
  ["DATE('2024-02-30') < updated", /date "2024-02-30"; wanted RFC 3339/],
  ["updated < TIMESTAMP('yesterday')", /instant "yesterday"/],
  ["T_DURING(datetime, INTERVAL('2024-02-01','2024-01-01'))", /ends before it begins/],
  ["s_intersects(geometry, POINT(200 0))", /-180 to 180/],
  ["s_intersects(geometry, POLYGON((0 0, 1 1, 0 0)))", /4 positions or more/],
  ["s_intersects(geometry, BBOX(1,2,3))", /3 numbers; wanted 4/],
  [`${"(".repeat(1000)}a=1${")".repeat(1000)}`, /nested more than 100 deep/],
  [`${"NOT ".repeat(1000)}a=1`, /at most 100 times NOT/],
  [`a IN (${"1,".repeat(20_000)}1)`, /more than 10000 operands/],
  [{ op: "and", args: [true] }, /and has 1 arguments; wanted 2 or more/],
  [{ op: "=", args: [1, 2, 3] }, /= has 3 arguments; wanted 2/],
  [{ op: "lower", args: ["a"] }, /uses "lower"/],
  [{ op: "=" }, /array "args"/],
  [{ op: "=", args: [{ property: 5 }, 1] }, /property's name/],
  [{ op: "=", args: [null, 1] }, /wanted a CQL2 expression/],
  [[], /wanted a condition/],
  [{ a: 1 }, /wanted an object with "op"/],
  [nested(1000), /nested more than 100 deep/],
];

function nested(depth: number): unknown {
  return depth === 0 ? true : { op: "not", args: [nested(depth - 1)] };
}

test("what is no CQL2 is refused with a place and what was wanted", () => {
  for (const [filter, sentence] of WRONG) {
    const parse = (): unknown => (typeof filter === "string" ? parseCql2Text(filter) : parseCql2Json(filter));
    assert.throws(
      parse,
      (error) => error instanceof InvalidRequestError && sentence.test(error.message),
      JSON.stringify(filter).slice(0, 80),
    );
  }
});

test("no text makes the parser fail in another way", () => {
  const pieces = fc.constantFrom(
    "(",
    ")",
    ",",
    "'",
    '"',
    "a",
    "1",
    "AND",
    "NOT",
    "IN",
    "BETWEEN",
    "=",
    "<",
    "-",
    "POINT",
    "INTERVAL",
    "DATE",
    "..",
    "\\",
    "%",
    " ",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      try {
        parseCql2Text(parts.join(" "));
      } catch (error) {
        assert.ok(error instanceof InvalidRequestError, String(error));
      }
    }),
    { seed: 22, numRuns: 5000 },
  );
});

import fc from "fast-check";
import type { Expression, Operand } from "../../src/catalog/cql2/expression.js";

const NUMBERS = ["eo:cloud_cover", "gsd"];
const TEXTS = ["platform", "title"];
const BOOLEANS = ["night"];
const property = (names: readonly string[]): fc.Arbitrary<Operand> =>
  fc.constantFrom(...names.map((name) => ({ property: name })));
const op = (names: readonly string[], ...args: readonly fc.Arbitrary<Operand>[]): fc.Arbitrary<Expression> =>
  fc.tuple(fc.constantFrom(...names), ...args).map(([name, ...given]) => ({ op: name, args: given }));

const numeral: fc.Arbitrary<Operand> = fc.constantFrom(-3, 0, 1, 2, 2.5, 10, 20, 1e3, 7);
const word: fc.Arbitrary<Operand> = fc.constantFrom("a", "b", "A", "ab", "it's", "ünder", "50%", "");
const pattern: fc.Arbitrary<Operand> = fc.constantFrom("%", "a%", "%b", "_", "A_", "%'%", "50\\%", "", "ab");
const number: fc.Arbitrary<Operand> = fc.letrec((tie) => ({
  number: fc.oneof(
    { maxDepth: 3 },
    numeral,
    property(NUMBERS),
    op(["+", "-", "*", "/"], tie("number") as fc.Arbitrary<Operand>, tie("number") as fc.Arbitrary<Operand>),
  ),
})).number;
const text: fc.Arbitrary<Operand> = fc.oneof(word, property(TEXTS));
const instant = fc.constantFrom("2024-01-01T00:00:00Z", "2024-03-05T10:30:00.5Z", "2024-06-01T00:00:00Z");
const end = fc.oneof(instant, fc.constant(".."), fc.constant({ property: "datetime" }));
const interval: fc.Arbitrary<Operand> = fc.tuple(end, end).map(([a, b]) => ({
  interval: typeof a === "string" && typeof b === "string" && a !== ".." && b !== ".." && a > b ? [b, a] : [a, b],
}));
const time: fc.Arbitrary<Operand> = fc.oneof(
  fc.constant({ property: "datetime" }),
  instant.map((timestamp) => ({ timestamp })),
  fc.constant({ date: "2024-03-05" }),
  interval,
);
const degrees = fc.integer({ min: -8, max: 8 });
const box: fc.Arbitrary<Operand> = fc
  .tuple(degrees, degrees, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .map(([x, y, w, h]) => ({ bbox: [x, y, x + w, y + h] }));
const shape: fc.Arbitrary<Operand> = fc.oneof(
  fc.tuple(degrees, degrees).map(([x, y]) => ({ type: "Point" as const, coordinates: [x, y] as [number, number] })),
  fc
    .uniqueArray(fc.tuple(degrees, degrees), { minLength: 2, maxLength: 4, selector: ([x, y]) => `${x} ${y}` })
    .map((coordinates) => ({ type: "LineString" as const, coordinates })),
  fc.tuple(degrees, degrees, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).map(([x, y, w, h]) => ({
    type: "Polygon" as const,
    coordinates: [
      [
        [x, y],
        [x + w, y],
        [x + w, y + h],
        [x, y],
      ] as [number, number][],
    ],
  })),
  box,
);

/** Conditions that SQL has too. */
export const plainPredicate: fc.Arbitrary<Expression> = fc.oneof(
  op(["=", "<>", "<", ">", "<=", ">="], number, number),
  op(["=", "<>", "<", ">"], text, text),
  op(["=", "<>"], property(BOOLEANS), fc.boolean()),
  op(["like"], property(TEXTS), pattern),
  op(["between"], number, number, number),
  op(["in"], number, fc.array(numeral, { minLength: 1, maxLength: 4 })),
  op(["in"], property(TEXTS), fc.array(word, { minLength: 1, maxLength: 4 })),
  op(["isNull"], property([...NUMBERS, ...TEXTS])),
);

export const spatialPredicate: fc.Arbitrary<Expression> = op(
  ["s_intersects", "s_disjoint", "s_equals", "s_touches", "s_within", "s_overlaps", "s_crosses", "s_contains"],
  fc.constant({ property: "geometry" }),
  shape,
);

const otherPredicate: fc.Arbitrary<Expression> = fc.oneof(
  op(["t_after", "t_before", "t_during", "t_intersects", "t_finishedBy", "t_metBy"], time, time),
  op(
    ["a_equals", "a_contains", "a_containedBy", "a_overlaps"],
    property(["instruments"]),
    fc.array(word, { maxLength: 3 }),
  ),
  op(["="], op(["casei", "accenti"], text), op(["casei"], word)),
  spatialPredicate,
);

/** Conditions joined by AND, OR and NOT. */
function joined(predicate: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.letrec((tie) => {
    const condition = tie("condition") as fc.Arbitrary<Expression>;
    return {
      condition: fc.oneof(
        { maxDepth: 4, depthSize: "small" },
        predicate,
        fc
          .tuple(fc.constantFrom("and", "or"), fc.array(condition, { minLength: 2, maxLength: 3 }))
          .map(([name, args]) => ({ op: name, args })),
        condition.map((one) => ({ op: "not", args: [one] })),
      ),
    };
  }).condition;
}

export const plainExpression = joined(plainPredicate);
export const anyExpression = joined(fc.oneof(plainPredicate, otherPredicate));

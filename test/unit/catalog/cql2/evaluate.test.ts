import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { Column, Columns } from "../../../../src/catalog/cql2/columns.js";
import { compileFilter } from "../../../../src/catalog/cql2/evaluate.js";
import type { Expression } from "../../../../src/catalog/cql2/expression.js";
import { parseCql2Text } from "../../../../src/catalog/cql2/parse-text.js";
import { partsOf, type Geometry } from "../../../../src/catalog/geometry.js";
import { boundsGeometry, boundsOfParts } from "../../../../src/catalog/intersects.js";
import { InvalidRequestError } from "../../../../src/core/errors.js";
import { plainExpression, spatialPredicate } from "../../../support/cql2-arbitrary.js";

const ORACLE = fileURLToPath(new URL("../../../../../test/clients/cql2_oracle.py", import.meta.url));
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";

interface Row {
  readonly properties: Readonly<Record<string, string | number | boolean | null>>;
  readonly geometry: Geometry;
}

const row: fc.Arbitrary<Row> = fc
  .record({
    cover: fc.constantFrom(0, 1, 2.5, 10, 20, 95, null),
    gsd: fc.constantFrom(10, 20, null),
    platform: fc.constantFrom("a", "b", "A", "ab", "it's", "50%", "ünder", null),
    title: fc.constantFrom("a", "ab", "", null),
    night: fc.constantFrom(true, false, null),
    at: fc.tuple(fc.integer({ min: -8, max: 8 }), fc.integer({ min: -8, max: 8 }), fc.integer({ min: 1, max: 6 })),
  })
  .map(({ cover, gsd, platform, title, night, at: [x, y, size] }) => ({
    properties: { "eo:cloud_cover": cover, gsd, platform, title, night },
    geometry: boundsGeometry([x, y, x + size, y + size]),
  }));

const numeric = new Set(["eo:cloud_cover", "gsd"]);

function columnsOf(rows: readonly Row[]): Columns {
  const column = (name: string): Column | undefined => {
    if (name === "geometry")
      return {
        kind: "geometry",
        at: (i) => rows[i]?.geometry ?? assert.fail(),
        box: (i) => boundsOfParts(partsOf(rows[i]?.geometry ?? assert.fail())),
      };
    const values = rows.map(({ properties }) => properties[name] ?? undefined);
    if (numeric.has(name))
      return { kind: "number", values: Float64Array.from(values.map((one) => Number(one ?? Number.NaN))) };
    return rows.some(({ properties }) => name in properties) ? { kind: "value", values } : undefined;
  };
  return { column, names: ["eo:cloud_cover"] };
}

function compareWithOracle(expressions: readonly Expression[], rows: readonly Row[]): void {
  const input = JSON.stringify({ rows, expressions });
  const { stdout, stderr, status } = spawnSync(PYTHON, [ORACLE], { input, encoding: "utf8", maxBuffer: 1e8 });
  assert.equal(status, 0, stderr);
  const answers = JSON.parse(stdout) as number[][];
  const columns = columnsOf(rows);
  let kept = 0;
  expressions.forEach((expression, i) => {
    const keeps = compileFilter(expression, columns);
    const ours = rows.flatMap((_, at) => (keeps(at) ? [at] : []));
    kept += ours.length;
    assert.deepEqual(ours, answers[i], JSON.stringify(expression));
  });
  // An evaluator that keeps all or nothing would prove nothing.
  assert.ok(
    kept > 0.05 * rows.length * expressions.length && kept < 0.95 * rows.length * expressions.length,
    String(kept),
  );
}

test("conditions, arithmetic and what isn't there are as in SQL", () => {
  compareWithOracle(fc.sample(plainExpression, { seed: 31, numRuns: 2000 }), fc.sample(row, { seed: 32, numRuns: 60 }));
});

test("relations of shapes are as in Shapely", (t) => {
  if (spawnSync(PYTHON, ["-c", "import shapely"]).status !== 0)
    return t.skip("shapely is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  const found = fc.sample(spatialPredicate, { seed: 33, numRuns: 600 });
  compareWithOracle(found, fc.sample(row, { seed: 34, numRuns: 25 }));
});

/** A table of one row: what each text is of it; unknown counts as not kept. */
const ROW: Readonly<Record<string, unknown>> = {
  name: "Straße à Orléans",
  tags: ["a", "b"],
  one: 7,
  start: "2024-03-01T00:00:00Z",
  end: "2024-03-10",
};
const TIME = Date.UTC(2024, 2, 5, 10, 30);

const oneRow: Columns = {
  names: ["datetime"],
  column(name) {
    if (name === "datetime") return { kind: "instant", values: Float64Array.of(TIME) };
    if (name === "one") return { kind: "number", values: Float64Array.of(7) };
    if (name === "nothing") return { kind: "value", values: [undefined] };
    if (name === "geometry") {
      const geometry = boundsGeometry([179, -1, -179, 1]);
      return { kind: "geometry", at: () => geometry, box: () => [179, -1, 181, 1] };
    }
    return name in ROW ? { kind: "value", values: [ROW[name]] } : undefined;
  },
};

const HOLDS: Readonly<Record<string, boolean>> = {
  "CASEI(name) = CASEI('STRASSE À ORLÉANS')": true,
  "ACCENTI(name) LIKE '%Orleans'": true,
  "ACCENTI(CASEI(name)) LIKE ACCENTI(CASEI('%orleans'))": true,
  "name LIKE '%orleans'": false,
  "a_contains(tags, ('a','b'))": true,
  "a_equals(tags, ('b','a'))": true,
  "a_overlaps(tags, ('c','b'))": true,
  "a_containedBy(tags, ('a','c'))": false,
  "one % 4 = 3 AND one div 2 = 3 AND 2 ^ one = 128": true,
  "one / 0 IS NULL": true,
  "NOT (nothing = 1)": false,
  "nothing IS NULL": true,
  "tags IN ('b', 'c')": true,
  "tags IN ('c')": false,
  "one = '7' AND one IN ('7', '8')": true,
  "datetime = TIMESTAMP('2024-03-05T10:30:00Z')": true,
  "datetime > '2024-03-05T10:29:59.9Z'": true,
  "datetime BETWEEN DATE('2024-03-05') AND DATE('2024-03-06')": true,
  "start < datetime": true,
  "T_AFTER(datetime, DATE('2024-03-04'))": true,
  "T_AFTER(datetime, DATE('2024-03-05'))": false,
  "T_DURING(datetime, DATE('2024-03-05'))": true,
  "T_DURING(datetime, INTERVAL(start, end))": true,
  "T_DURING(datetime, INTERVAL('..', '2024-03-05'))": true,
  "T_CONTAINS(INTERVAL(start, '..'), datetime)": true,
  "T_MEETS(INTERVAL('2024-01-01', '2024-03-05T10:30:00Z'), datetime)": true,
  "T_FINISHEDBY(INTERVAL('2024-01-01T00:00:00Z', '2024-03-05T10:30:00Z'), datetime)": true,
  "T_DISJOINT(INTERVAL('..', '2024-01-01'), INTERVAL(start, end))": true,
  "T_INTERSECTS(nothing, datetime)": false,
  "S_INTERSECTS(geometry, POINT(180 0))": true,
  "S_INTERSECTS(geometry, BBOX(-180,-1,-179.5,1))": true,
  "S_INTERSECTS(geometry, BBOX(178,-1,179.5,1))": true,
  "S_DISJOINT(geometry, BBOX(0,0,10,10))": true,
  "S_CONTAINS(geometry, POINT(-179.5 0.5))": true,
};

test("words, arrays, times and the antimeridian", () => {
  for (const [text, expected] of Object.entries(HOLDS))
    assert.equal(compileFilter(parseCql2Text(text), oneRow)(0), expected, text);
});

const REFUSED: Readonly<Record<string, RegExp>> = {
  "cloud_cover < 20": /"cloud_cover" is not a property that items here have/,
  "one < 'seven'": /compares a number with "seven"/,
  "datetime < 'yesterday'": /compares an instant with "yesterday"/,
  "datetime < 5": /compares an instant with 5/,
  "geometry = 'x'": /geometry geometry as if it were a value/,
  "s_intersects(name, POINT(0 0))": /takes name for a geometry/,
  "s_within(geometry, POLYGON((0 0, 2 2, 2 0, 0 2, 0 0)))": /isn't valid/,
  "t_after(one, DATE('2024-01-01'))": /takes one for a time/,
  "one LIKE 'a%'": /LIKE of a number/,
};

test("unknown properties and values that can't be compared are refused", () => {
  for (const [text, sentence] of Object.entries(REFUSED))
    assert.throws(
      () => compileFilter(parseCql2Text(text), oneRow),
      (error) => error instanceof InvalidRequestError && sentence.test(error.message),
      text,
    );
});

test("a pattern of many wildcards takes no time that grows with their power", () => {
  const columns: Columns = { names: [], column: () => ({ kind: "value", values: ["a".repeat(5000)] }) };
  const keeps = compileFilter({ op: "like", args: [{ property: "x" }, `${"%a".repeat(200)}b`] }, columns);
  assert.equal(keeps(0), false);
});

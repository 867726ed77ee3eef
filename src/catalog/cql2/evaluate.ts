import { InvalidRequestError } from "../../core/errors.js";
import type { Columns } from "./columns.js";
import {
  ARRAY,
  COMPARISON,
  isOperation,
  isProperty,
  SPATIAL,
  TEMPORAL,
  type Expression,
  type Operand,
  type Operation,
} from "./expression.js";
import { isLike, patternOf } from "./patterns.js";
import { comparable, scalarReader, wantColumn, type Scalar, type ScalarReader } from "./scalars.js";
import { spatialTest } from "./shapes.js";
import { RELATIONS, spanReader } from "./times.js";

/** SQL's three values, so that AND is the least, OR the greatest and NOT the rest to 2. */
const [FALSE, UNKNOWN, TRUE] = [0, 1, 2];
type Test = (row: number) => number;

/**
 * A filter over a table: true for the rows that it keeps. What compares with a value that isn't there is unknown, and NOT leaves it so.
 *
 * @throws InvalidRequestError for an unknown property, or values of kinds that can't be compared.
 */
export function compileFilter(expression: Expression, columns: Columns): (row: number) => boolean {
  const test = compile(expression, columns);
  return (row) => test(row) === TRUE;
}

function compile(operand: Operand, columns: Columns): Test {
  if (typeof operand === "boolean") return operand ? () => TRUE : () => FALSE;
  if (isProperty(operand)) return truthOf(columnTruth(operand.property, columns));
  if (!isOperation(operand)) throw new InvalidRequestError("filter has a value where a condition is wanted");
  const { op, args } = operand;
  const [a = "", b = ""] = args;
  if (op === "and" || op === "or")
    return chain(
      op === "and",
      args.map((arg) => compile(arg, columns)),
    );
  if (op === "not") {
    const inner = compile(a, columns);
    return (row) => TRUE - inner(row);
  }
  if (op === "isNull") return nullTest(a, columns);
  if (op === "like") return likeTest(scalar(a, columns), scalar(b, columns));
  if (op === "in") return memberTest(scalar(a, columns), b as readonly Operand[], columns);
  if (op === "between") return betweenTest(args, columns);
  if (isOneOf(COMPARISON, op)) return compare(op, scalar(a, columns), scalar(b, columns));
  if (isOneOf(SPATIAL, op)) return truthOf(spatialTest(op, [a, b], columns));
  if (isOneOf(TEMPORAL, op)) {
    const [one, other, relation] = [spanReader(a, columns), spanReader(b, columns), RELATIONS[op]];
    return truthOf((row) => {
      const [x, y] = [one(row), other(row)];
      return x === undefined || y === undefined ? undefined : relation(x, y);
    });
  }
  if (isOneOf(ARRAY, op)) return arrayTest(op, arrayReader(a, columns), arrayReader(b, columns));
  throw new InvalidRequestError(`filter has ${op} where a condition is wanted`);
}

const isOneOf = <T extends string>(list: readonly T[], op: string): op is T => (list as readonly string[]).includes(op);

const truthOf =
  (read: (row: number) => boolean | undefined): Test =>
  (row) => {
    const value = read(row);
    return value === undefined ? UNKNOWN : value ? TRUE : FALSE;
  };

function scalar(operand: Operand, columns: Columns): ScalarReader {
  return scalarReader(operand, columns, (operation: Operation) => {
    const test = compile(operation, columns);
    return (row) => {
      const value = test(row);
      return value === UNKNOWN ? undefined : value === TRUE;
    };
  });
}

function columnTruth(name: string, columns: Columns): (row: number) => boolean | undefined {
  const { read } = scalar({ property: name }, columns);
  return (row) => {
    const value = read(row);
    return typeof value === "boolean" ? value : undefined;
  };
}

function chain(isAnd: boolean, tests: readonly Test[]): Test {
  const [first, second] = tests;
  const stop = isAnd ? FALSE : TRUE;
  const worse = isAnd ? Math.min : Math.max;
  if (tests.length === 2 && first !== undefined && second !== undefined)
    return (row) => {
      const one = first(row);
      return one === stop ? stop : worse(one, second(row));
    };
  return (row) => {
    let value = TRUE - stop;
    for (const test of tests) {
      value = worse(value, test(row));
      if (value === stop) break;
    }
    return value;
  };
}

function compare(op: (typeof COMPARISON)[number], left: ScalarReader, right: ScalarReader): Test {
  const [a, b] = comparable(left, right);
  const { values } = a;
  const limit = b.constant;
  if (values !== undefined && typeof limit === "number") return compareColumn(op, values, limit);
  return (row) => {
    const [x, y] = [a.read(row), b.read(row)];
    if (x === undefined || y === undefined || typeof x !== typeof y) return UNKNOWN;
    return holds(op, x, y) ? TRUE : FALSE;
  };
}

function holds(op: (typeof COMPARISON)[number], x: NonNullable<Scalar>, y: NonNullable<Scalar>): boolean {
  switch (op) {
    case "=":
      return x === y;
    case "<>":
      return x !== y;
    case "<":
      return x < y;
    case ">":
      return x > y;
    case "<=":
      return x <= y;
    case ">=":
      return x >= y;
  }
}

/** The commonest question, a million times: no value leaves its typed array. */
function compareColumn(op: (typeof COMPARISON)[number], values: Float64Array, limit: number): Test {
  const truth = (value: number, isTrue: boolean): number => (isTrue ? TRUE : value === value ? FALSE : UNKNOWN);
  const at = (row: number): number => values[row] ?? Number.NaN;
  switch (op) {
    case "=":
      return (row) => truth(at(row), at(row) === limit);
    case "<>":
      return (row) => truth(at(row), at(row) < limit || at(row) > limit);
    case "<":
      return (row) => truth(at(row), at(row) < limit);
    case ">":
      return (row) => truth(at(row), at(row) > limit);
    case "<=":
      return (row) => truth(at(row), at(row) <= limit);
    case ">=":
      return (row) => truth(at(row), at(row) >= limit);
  }
}

function betweenTest([value = "", low = "", high = ""]: readonly Operand[], columns: Columns): Test {
  const [one, from, to] = [scalar(value, columns), scalar(low, columns), scalar(high, columns)];
  return chain(true, [compare(">=", one, from), compare("<=", one, to)]);
}

function nullTest(operand: Operand, columns: Columns): Test {
  if (!isProperty(operand)) {
    if (!isOperation(operand)) return () => FALSE;
    const { read } = scalar(operand, columns);
    return (row) => (read(row) === undefined ? TRUE : FALSE);
  }
  const column = wantColumn(operand.property, columns);
  if (column.kind === "geometry") return () => FALSE;
  if (column.kind === "value")
    return (row) => (column.values[row] === undefined || column.values[row] === null ? TRUE : FALSE);
  return (row) => (Number.isNaN(column.values[row] ?? Number.NaN) ? TRUE : FALSE);
}

function likeTest(text: ScalarReader, pattern: ScalarReader): Test {
  if (text.kind === "number" || text.kind === "instant" || text.kind === "boolean")
    throw new InvalidRequestError(`filter has LIKE of a ${text.kind}; wanted text`);
  const parts = patternOf(String(pattern.constant));
  return (row) => {
    const value = text.read(row);
    return typeof value !== "string" ? UNKNOWN : isLike(value, parts) ? TRUE : FALSE;
  };
}

function memberTest(value: ScalarReader, list: readonly Operand[], columns: Columns): Test {
  const members = list.map((member) => comparable(value, scalar(member, columns)));
  const constants = members.map(([, { constant }]) => constant);
  const first = members[0]?.[0] ?? value;
  if (constants.every((one) => one !== undefined)) {
    const set = new Set<Scalar>(constants);
    return (row) => {
      const one = first.read(row);
      if (one !== undefined) return set.has(one) ? TRUE : FALSE;
      // Of an array, such as instruments, one member will do.
      const array = first.raw?.[row];
      return Array.isArray(array) ? (array.some((member) => set.has(member as Scalar)) ? TRUE : FALSE) : UNKNOWN;
    };
  }
  return chain(
    false,
    members.map(([one, member]) => compare("=", one, member)),
  );
}

/** The members of an array, each as text by which equal ones are equal. */
type ArrayReader = (row: number) => ReadonlySet<string> | undefined;

function arrayReader(operand: Operand, columns: Columns): ArrayReader {
  if (isProperty(operand)) {
    const column = wantColumn(operand.property, columns);
    if (column.kind !== "value")
      throw new InvalidRequestError(`filter takes ${operand.property} for an array, which it isn't`);
    return (row) => {
      const value = column.values[row];
      return Array.isArray(value) ? new Set(value.map((one) => JSON.stringify(one))) : undefined;
    };
  }
  const members = (operand as readonly Operand[]).map((member) => {
    if (typeof member === "object" && "date" in member) return () => member.date;
    if (typeof member === "object" && "timestamp" in member) return () => member.timestamp;
    return scalar(member, columns).read;
  });
  return (row) => new Set(members.map((read) => JSON.stringify(read(row) ?? null)));
}

function arrayTest(op: (typeof ARRAY)[number], left: ArrayReader, right: ArrayReader): Test {
  const within = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => [...a].every((one) => b.has(one));
  return truthOf((row) => {
    const [a, b] = [left(row), right(row)];
    if (a === undefined || b === undefined) return undefined;
    switch (op) {
      case "a_contains":
        return within(b, a);
      case "a_containedBy":
        return within(a, b);
      case "a_equals":
        return within(a, b) && within(b, a);
      case "a_overlaps":
        return [...a].some((one) => b.has(one));
    }
  });
}

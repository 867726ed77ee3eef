import type { AlgorithmName } from "./algorithms.js";
import type { Values } from "./values.js";

/** One value of those of a pixel, in the order of the planes. */
type Reduction = (values: Float64Array) => number;

const sum: Reduction = (values) => values.reduce((a, b) => a + b, 0);
const mean: Reduction = (values) => sum(values) / values.length;

/** With one degree of freedom less. */
const variance: Reduction = (values) => {
  const middle = mean(values);
  return values.reduce((a, b) => a + (b - middle) ** 2, 0) / (values.length - 1);
};

const median: Reduction = (values) => {
  const sorted = values.toSorted();
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half)] ?? 0)) / 2;
};

/** ITU-R 601-2. */
const luma: Reduction = ([red = 0, green = 0, blue = 0]) =>
  (red * 299) / 1000 + (green * 587) / 1000 + (blue * 114) / 1000;

const REDUCTIONS = {
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  median,
  mean,
  std: (values) => Math.sqrt(variance(values)),
  var: variance,
  sum,
  grayscale: luma,
  bitonal: (values) => ((values.length === 3 ? luma(values) : (values[0] ?? 0)) > 127 ? 255 : 0),
  normalizedIndex: ([first = 0, second = 0]) => Math.fround(second - first) / Math.fround(second + first),
} as const satisfies Partial<Record<AlgorithmName, Reduction>>;

/** One value a pixel; one that isn't finite is a hole. */
export function reduceBands(values: Values, name: keyof typeof REDUCTIONS): Values {
  const { planes, isWhole } = values;
  const reduce: Reduction = REDUCTIONS[name];
  const isCut = name === "grayscale" && isWhole;
  const valid = values.valid.slice();
  const out = new Float32Array(valid.length);
  const pixel = new Float64Array(planes.length);
  for (let i = 0; i < out.length; i++) {
    if (valid[i] === 0) continue;
    for (let p = 0; p < planes.length; p++) pixel[p] = planes[p]?.[i] ?? 0;
    const value = reduce(pixel);
    if (!Number.isFinite(value)) valid[i] = 0;
    else out[i] = isCut ? Math.trunc(value) : value;
  }
  return { ...values, planes: [out], valid };
}

const ROUNDINGS = { cast: Math.trunc, ceil: Math.ceil, floor: Math.floor } as const;

/** Each value as a byte; those above come round again, as NumPy's. */
export function toBytes(values: Values, name: keyof typeof ROUNDINGS): Values {
  const round = ROUNDINGS[name];
  return { ...values, planes: values.planes.map((plane) => plane.map((value) => round(value) & 255)) };
}

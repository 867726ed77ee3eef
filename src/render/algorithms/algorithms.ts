import { InvalidRequestError } from "../../core/errors.js";
import type { Range } from "../render-spec.js";

/** A number that an algorithm takes, as JSON Schema tells it; null: none unless given. */
export interface AlgorithmParameter {
  readonly default: number | null;
  readonly minimum: number;
  readonly maximum: number;
  readonly title: string;
  readonly type: "integer" | "number";
  readonly description?: string;
}

/** What is told of an algorithm, as TiTiler 2 tells it. */
export interface AlgorithmKind {
  readonly title: string;
  readonly description: string;
  /** Values a pixel that it takes; undefined: any number. */
  readonly takes?: readonly number[];
  /** Values a pixel that it gives; undefined: as many as it takes. */
  readonly gives?: number;
  /** NumPy's word; undefined: as what it takes. float64 is float32 here. */
  readonly dtype?: "uint8" | "float32" | "float64";
  /** Of its values, where they have bounds. */
  readonly range?: Range;
  /** Names of its values; undefined: those of what it takes. */
  readonly names?: readonly string[];
  readonly parameters?: Readonly<Record<string, AlgorithmParameter>>;
}

const integer = (title: string, value: number, [minimum, maximum]: Range): AlgorithmParameter => ({
  default: value,
  minimum,
  maximum,
  title,
  type: "integer",
});
const number = (title: string, value: number | null, [minimum, maximum]: Range): AlgorithmParameter => ({
  ...integer(title, 0, [minimum, maximum]),
  default: value,
  type: "number",
});
const HEIGHTS: Range = [-99_999, 99_999];
const NODATA_HEIGHT = number("Nodata Height", null, HEIGHTS);
const EXAGGERATION = number("Z Exaggeration", 1, [1e-6, 1e6]);
const BYTES: Range = [0, 255];

const ofBands = (name: string, title: string, description: string, dtype?: "float64"): AlgorithmKind => ({
  title,
  description,
  gives: 1,
  names: [name],
  ...(dtype === undefined ? {} : { dtype }),
});
const toBytes = (title: string): AlgorithmKind => ({ title, description: `${title}.`, dtype: "uint8", range: BYTES });

/** titiler.core 2.4's algorithms. */
export const ALGORITHMS = {
  hillshade: {
    title: "Hillshade",
    description: "Create hillshade from DEM dataset.",
    takes: [1],
    gives: 1,
    dtype: "uint8",
    names: ["hillshade"],
    parameters: {
      azimuth: integer("Azimuth", 45, [0, 360]),
      angle_altitude: number("Angle Altitude", 45, [-90, 90]),
      buffer: integer("Buffer", 3, [0, 99]),
      z_exaggeration: EXAGGERATION,
    },
  },
  slope: {
    title: "Slope",
    description: "Calculate degrees of slope from DEM dataset.",
    takes: [1],
    gives: 1,
    dtype: "float32",
    range: [0, 90],
    names: ["slope"],
    parameters: {
      buffer: { ...integer("Buffer", 3, [0, 99]), description: "Buffer size for edge effects" },
      z_exaggeration: EXAGGERATION,
    },
  },
  contours: {
    title: "Contours",
    description: "Create contours from DEM dataset.",
    takes: [1],
    gives: 3,
    dtype: "uint8",
    names: ["contours_r", "contours_g", "contours_b"],
    parameters: {
      increment: integer("Increment", 35, [0, 999]),
      thickness: integer("Thickness", 1, [0, 10]),
      minz: integer("Minz", -12_000, HEIGHTS),
      maxz: integer("Maxz", 8000, HEIGHTS),
    },
  },
  normalizedIndex: {
    title: "Normalized Difference Index",
    description: "Compute normalized difference index from two bands.",
    takes: [2],
    gives: 1,
    dtype: "float32",
    range: [-1, 1],
    names: ["(b2 - b1) / (b2 + b1)"],
  },
  terrarium: {
    title: "Terrarium",
    description: "Encode DEM into RGB (Mapzen Terrarium).",
    takes: [1],
    gives: 3,
    dtype: "uint8",
    names: ["terrarium_r", "terrarium_g", "terrarium_b"],
    parameters: { nodata_height: NODATA_HEIGHT },
  },
  terrainrgb: {
    title: "TerrainRGB",
    description: "Encode DEM into RGB (Mapbox Terrain RGB).",
    takes: [1],
    gives: 3,
    dtype: "uint8",
    names: ["terrain_r", "terrain_g", "terrain_b"],
    parameters: {
      interval: number("Interval", 0.1, [0, 1]),
      baseval: number("Baseval", -10_000, HEIGHTS),
      nodata_height: NODATA_HEIGHT,
    },
  },
  cast: toBytes("Cast data to Integer"),
  ceil: toBytes("Round data to the smallest integer"),
  floor: toBytes("Round data to the largest integer"),
  min: ofBands("min", "Min", "Return Min values along the `bands` axis."),
  max: ofBands("max", "Max", "Return Max values along the `bands` axis."),
  median: ofBands("median", "Median", "Return Median values along the `bands` axis.", "float64"),
  mean: ofBands("mean", "Mean", "Return Mean values.", "float64"),
  std: {
    ...ofBands("std", "Standard deviation", "Return the Standard Deviation along the `bands` axis.", "float64"),
    takes: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  },
  var: {
    ...ofBands("var", "Variance", "Return Variance along the `bands` axis.", "float64"),
    takes: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  },
  sum: ofBands("sum", "Sum", "Return Sum values along the `bands` axis."),
  grayscale: {
    ...ofBands(
      "grayscale",
      "Transform a RGB Image to Grayscale",
      "Transform a RGB Image to Grayscale using the ITU-R 601-2 luma.",
    ),
    takes: [3],
  },
  bitonal: {
    ...ofBands(
      "bitonal",
      "Transform an Image to Bitonal",
      "All values larger than 127 are set to 255 (white), all other values to 0 (black).",
    ),
    takes: [1, 3],
    dtype: "uint8",
  },
} as const satisfies Readonly<Record<string, AlgorithmKind>>;

export type AlgorithmName = keyof typeof ALGORITHMS;
export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly AlgorithmName[];

/** An algorithm with its numbers: plain data. */
export interface Algorithm {
  readonly name: AlgorithmName;
  /** All that it takes, null for none. */
  readonly numbers: Readonly<Record<string, number | null>>;
  /** Of the picture, in its CRS's unit: what slopes are of. plan.ts fills it in; it is not said in requests. */
  readonly pixelSize?: readonly [x: number, y: number];
}

export function kindOf({ name }: Pick<Algorithm, "name">): AlgorithmKind {
  return ALGORITHMS[name];
}

/** Pixels that it takes off each side of a picture, as it has looked at neighbours there. */
export function insetOf(algorithm: Algorithm | undefined): number {
  return algorithm?.numbers["buffer"] ?? 0;
}

/** Whether a pixel's value depends on those around it. */
export function looksAround({ name }: Algorithm): boolean {
  return name === "hillshade" || name === "slope";
}

/**
 * `algorithm_params`, a JSON object of numbers, over the algorithm's defaults.
 *
 * @throws InvalidRequestError naming the parameter, what it is and what is wanted.
 */
export function readAlgorithm(name: AlgorithmName, params: string | undefined): Algorithm {
  const rules = kindOf({ name }).parameters ?? {};
  const given = objectOf(params);
  const known = Object.keys(rules);
  for (const key of Object.keys(given))
    if (!known.includes(key))
      throw new InvalidRequestError(
        `algorithm_params has "${key.slice(0, 40)}", which ${name} doesn't take; wanted ${known.length === 0 ? "none" : known.join(", ")}`,
      );
  const numbers = Object.fromEntries(known.map((key) => [key, numberOf(key, given[key], rules[key])]));
  if (name === "contours" && !(Number(numbers["minz"]) < Number(numbers["maxz"])))
    throw new InvalidRequestError(
      `algorithm_params has minz ${numbers["minz"]} and maxz ${numbers["maxz"]}; wanted minz below maxz`,
    );
  if (name === "terrainrgb" && numbers["interval"] === 0)
    throw new InvalidRequestError("algorithm_params has interval 0; wanted more than 0");
  return { name, numbers };
}

/** Of `algorithm_params`; none where it isn't given. @throws InvalidRequestError */
export function objectOf(text = "{}"): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw new InvalidRequestError(
    `algorithm_params is "${text.slice(0, 60)}"; wanted a JSON object such as {"azimuth":90}`,
  );
}

function numberOf(key: string, value: unknown, rule: AlgorithmParameter | undefined): number | null {
  if (rule === undefined || value === undefined) return rule?.default ?? null;
  if (value === null && rule.default === null) return null;
  const { type, minimum, maximum } = rule;
  const isNumber = typeof value === "number" && (type === "number" || Number.isInteger(value));
  if (isNumber && value >= minimum && value <= maximum) return value;
  throw new InvalidRequestError(
    `algorithm_params has ${key} ${JSON.stringify(value)?.slice(0, 40)}; wanted ${type === "integer" ? "a whole number" : "a number"} from ${minimum} to ${maximum}`,
  );
}

/** @throws InvalidRequestError where an algorithm doesn't take so many values a pixel. */
export function checkTaken({ name }: Algorithm, count: number): void {
  const { takes } = kindOf({ name });
  if (takes === undefined || takes.includes(count)) return;
  const wanted = takes.length > 2 ? `${takes[0]} or more` : takes.join(" or ");
  throw new InvalidRequestError(
    `algorithm=${name} is of ${wanted} ${wanted === "1" ? "band or expression" : "bands or expressions"}, and the request names ${count}; assets or expression choose them`,
  );
}

/** What becomes black and white of each of its values, where a request doesn't say; `ranges` are those of what it takes. */
export function usualRanges({ name }: Algorithm, ranges: readonly Range[]): readonly Range[] {
  const { gives = ranges.length, dtype, range = dtype === "uint8" ? BYTES : widest(ranges) } = kindOf({ name });
  const [low, high] = range;
  const half = (high - low) / 2;
  const own: Readonly<Partial<Record<AlgorithmName, Range>>> = {
    sum: [low * ranges.length, high * ranges.length],
    std: [0, half],
    var: [0, half ** 2],
  };
  return Array.from({ length: gives }, () => own[name] ?? range);
}

const widest = (ranges: readonly Range[]): Range => [
  Math.min(...ranges.map(([low]) => low)),
  Math.max(...ranges.map(([, high]) => high)),
];

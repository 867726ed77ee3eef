import { InvalidRequestError } from "../core/errors.js";

/**
 * One step of a colour formula (rio-color): acts on values of 0..1 after the rescale.
 * `bands` are positions of the picture's red, green and blue: 0, 1, 2.
 */
export type ColourOperation =
  | { readonly kind: "gamma"; readonly bands: readonly number[]; readonly gamma: number }
  | { readonly kind: "sigmoidal"; readonly bands: readonly number[]; readonly contrast: number; readonly bias: number }
  | { readonly kind: "saturation"; readonly factor: number };

/**
 * Parses "gamma RGB 1.2, sigmoidal RGB 6 0.5, saturation 1.2" (commas optional, any case).
 *
 * @throws InvalidRequestError naming the word that is wrong.
 */
export function parseColorFormula(text: string): readonly ColourOperation[] {
  const words = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  const operations: ColourOperation[] = [];
  while (words.length > 0) operations.push(takeOperation(words, text));
  if (operations.length > MAX_OPERATIONS) throw refuse(text, `${operations.length} steps`, `at most ${MAX_OPERATIONS}`);
  return operations;
}

/** The tone curve of one band: gamma and sigmoidal steps in order, from 0..1 to 0..1. */
export function toneCurve(operations: readonly ColourOperation[], band: number): (value: number) => number {
  const steps = operations.flatMap((operation) => {
    if (operation.kind === "saturation" || !operation.bands.includes(band)) return [];
    if (operation.kind === "gamma") return [(value: number) => value ** (1 / operation.gamma)];
    return [(value: number) => sigmoid(value, operation.contrast, operation.bias)];
  });
  return (value) => steps.reduce((result, step) => Math.min(1, Math.max(0, step(result))), value);
}

const MAX_OPERATIONS = 8;

function takeOperation(words: string[], text: string): ColourOperation {
  const name = words.shift();
  if (name === "saturation") return { kind: "saturation", factor: takeNumber(words, text, [0, 10]) };
  if (name === "gamma")
    return { kind: "gamma", bands: takeBands(words, text), gamma: takeNumber(words, text, [0.01, 100]) };
  if (name !== "sigmoidal") throw refuse(text, `"${name}"`, "gamma, sigmoidal or saturation");
  const bands = takeBands(words, text);
  return {
    kind: "sigmoidal",
    bands,
    contrast: takeNumber(words, text, [-100, 100]),
    bias: takeNumber(words, text, [0, 1]),
  };
}

function takeBands(words: string[], text: string): readonly number[] {
  const word = words.shift() ?? "nothing";
  if (!/^[rgb]{1,3}$/.test(word)) throw refuse(text, `"${word}"`, "bands such as RGB or R");
  return [0, 1, 2].filter((i) => word.includes("rgb".charAt(i)));
}

function takeNumber(words: string[], text: string, [min, max]: readonly [number, number]): number {
  const word = words.shift() ?? "nothing";
  const value = Number(word);
  if (!(value >= min && value <= max)) throw refuse(text, `"${word}"`, `a number from ${min} to ${max}`);
  return value;
}

function refuse(text: string, got: string, wanted: string): InvalidRequestError {
  return new InvalidRequestError(`color_formula "${text.slice(0, 80)}" has ${got}; wanted ${wanted}`);
}

/** rio-color's sigmoidal contrast: s(v) = (f(v) - f(0)) / (f(1) - f(0)), f(v) = 1 / (1 + exp(contrast (bias - v))). */
function sigmoid(value: number, contrast: number, bias: number): number {
  if (contrast === 0) return value;
  const logistic = (v: number): number => 1 / (1 + Math.exp(Math.abs(contrast) * (bias - v)));
  const [low, high] = [logistic(0), logistic(1)];
  if (contrast > 0) return (logistic(value) - low) / (high - low);
  // A negative contrast is the inverse of the positive one.
  return bias + Math.log(1 / (low + value * (high - low)) - 1) / contrast;
}

import type { ContextReference, ContextShape } from "../../src/codec/context/perceptron-coder.js";
import { MEAN_OUTPUTS, HIDDEN, type ContextWeights, type Perceptron } from "../../src/codec/context/context-weights.js";
import { laplacianTables } from "./symbol-rows.js";

const STEPS = [20800, 12800, 7600, 4240, 2400, 1400];
const CLASSES = 9;
const PREDICTED = 24;

/** Context weights of random numbers: every path is taken, nothing is predicted well. */
export function randomContext(random: () => number, temporal: boolean, channels = 1024) {
  const whole = (length: number, most: number): Int16Array =>
    Int16Array.from({ length }, () => Math.round((2 * random() - 1) * most));
  const perceptron = (features: number, outputs: number): Perceptron => ({
    first: whole(CLASSES * features * HIDDEN, 500),
    bias: whole(channels * HIDDEN, 900),
    out: whole(CLASSES * outputs * HIDDEN, 150),
  });
  const order = strongest(channels);
  const weights: ContextWeights = {
    temporal,
    channels,
    order,
    bounds: Uint16Array.from({ length: 17 }, (_, t) => (t * channels) >> 4),
    steps: Uint16Array.from(STEPS),
    classes: Uint8Array.from(order, (id) => id % CLASSES),
    linearSpan: Math.min(PREDICTED, channels),
    linearIndex: Int16Array.from(order, (_, c) => (c < PREDICTED ? c : -1)),
    linear: whole(PREDICTED * 49, 600),
    expect: Int16Array.from({ length: 256 }, (_, i) => 5 * i),
    level: Uint8Array.from({ length: STEPS.length * channels }, () => Math.floor(20 + 90 * random())),
    base: Int16Array.from(
      { length: STEPS.length * channels },
      (_, i) => 1700 - Math.floor((1300 * (i % channels)) / 1024),
    ),
    scale: perceptron(temporal ? 32 : 24, 1),
    mean: temporal ? { ...perceptron(26, MEAN_OUTPUTS), base: whole(channels * MEAN_OUTPUTS, 120) } : undefined,
  };
  const degain = STEPS.map(() => Float32Array.from({ length: channels }, () => 0.8 + 0.5 * random()));
  return { weights, tables: laplacianTables(degain) };
}

/** Ids by component and frequency, the lowest first. */
function strongest(channels: number): Uint16Array {
  const ids = Array.from({ length: 12 * 256 }, (_, id) => id);
  const rank = (id: number): number => 3 * (id >> 8) + ((id >> 4) & 15) + (id & 15);
  return Uint16Array.from(ids.sort((a, b) => rank(a) - rank(b)).slice(0, channels));
}

/** A chunk of falling energy and other dates of it, in random axes. */
export function randomChunk(
  random: () => number,
  shape: { readonly rows: number; readonly columns: number; readonly channels: number; readonly dates: number },
): ContextShape & { readonly symbols: Int16Array } {
  const { rows, columns, channels, dates } = shape;
  const size = rows * columns;
  const part = (count: number): ContextReference => {
    const quality = Math.floor(random() * STEPS.length);
    const symbols = Int16Array.from({ length: count * size }, (_, i) => {
      const spread = 12 * Math.exp((-5 * Math.floor(i / size)) / 1024);
      return random() < 0.0005
        ? Math.round(32766 * random() - 16383)
        : Math.round(spread * (random() + random() - 1) ** 3);
    });
    return {
      quality,
      step8: Math.floor((STEPS[quality] ?? 1) * (0.9 + 0.2 * random())),
      mult: Uint8Array.from({ length: size }, () => (random() < 0.15 ? 48 : 16)),
      clear: Uint8Array.from({ length: size }, () => Math.floor(128 * random())),
      axes: randomAxes(random),
      symbols,
      channels: count,
    };
  };
  const references = Array.from({ length: dates }, (_, n) => part(Math.max(1, channels - 7 * n)));
  return { ...part(channels), rows, columns, references };
}

/** Rotations of neighbouring bands, one after another. */
function randomAxes(random: () => number): Float32Array {
  const out = new Float32Array(432);
  for (let g = 0; g < 3; g++) {
    const m = Array.from({ length: 12 }, (_, i) => Float64Array.from({ length: 12 }, (_, j) => (i === j ? 1 : 0)));
    for (let i = 0; i < 11; i++) {
      const [a, b, t] = [m[i], m[i + 1], 2 * random() - 1];
      if (a === undefined || b === undefined) continue;
      const [cos, sin] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
      const turned = a.map((v, k) => cos * v - sin * (b[k] ?? 0));
      m[i + 1] = b.map((v, k) => cos * v + sin * (a[k] ?? 0));
      m[i] = turned;
    }
    m.forEach((row, i) => out.set(row, (g * 12 + i) * 12));
  }
  return out;
}

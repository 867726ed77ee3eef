import { InvalidRequestError } from "../../core/errors.js";
import { colormapTable } from "../colormaps.js";
import type { Algorithm } from "./algorithms.js";
import type { Values } from "./values.js";

/** Rates of change a pixel, as numpy.gradient has them: between both neighbours, at the edges to the only one. */
interface Gradient {
  /** Down and across. */
  readonly down: Float64Array;
  readonly across: Float64Array;
  /** 1 where all of the neighbours used are. */
  readonly valid: Uint8Array;
}

function gradient({ planes: [plane = new Float32Array()], valid, width, height }: Values): Gradient {
  const down = new Float64Array(plane.length);
  const across = new Float64Array(plane.length);
  const both = new Uint8Array(plane.length);
  for (let r = 0; r < height; r++) {
    const [above, below] = [Math.max(0, r - 1), Math.min(height - 1, r + 1)];
    for (let c = 0; c < width; c++) {
      const [left, right] = [Math.max(0, c - 1), Math.min(width - 1, c + 1)];
      const i = r * width + c;
      const [a, b] = [above * width + c, below * width + c];
      const [d, e] = [r * width + left, r * width + right];
      down[i] = ((plane[b] ?? 0) - (plane[a] ?? 0)) / Math.max(1, below - above);
      across[i] = ((plane[e] ?? 0) - (plane[d] ?? 0)) / Math.max(1, right - left);
      both[i] = valid[a] !== 0 && valid[b] !== 0 && valid[d] !== 0 && valid[e] !== 0 ? 1 : 0;
    }
  }
  return { down, across, valid: both };
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

export function hillshade(values: Values, { numbers }: Algorithm): Values {
  const { down, across, valid } = gradient(values);
  const exaggeration = numbers["z_exaggeration"] ?? 1;
  const azimuth = radians(360 - (numbers["azimuth"] ?? 45));
  const altitude = radians(numbers["angle_altitude"] ?? 45);
  const out = new Float32Array(down.length);
  for (let i = 0; i < out.length; i++) {
    const x = (down[i] ?? 0) * exaggeration;
    const y = (across[i] ?? 0) * exaggeration;
    const slope = Math.PI / 2 - Math.atan(Math.sqrt(x * x + y * y));
    const shaded =
      Math.sin(altitude) * Math.sin(slope) +
      Math.cos(altitude) * Math.cos(slope) * Math.cos(azimuth - Math.atan2(-x, y));
    out[i] = Math.trunc(Math.max(0, (255 * (shaded + 1)) / 2));
  }
  return { ...values, planes: [out], valid };
}

export function slope(values: Values, { numbers, pixelSize: [wide, high] = [1, 1] }: Algorithm): Values {
  const { down, across, valid } = gradient(values);
  const exaggeration = numbers["z_exaggeration"] ?? 1;
  // As TiTiler: rows by the width of a pixel.
  const out = Float32Array.from(down, (rate, i) => {
    const x = (rate * exaggeration) / wide;
    const y = ((across[i] ?? 0) * exaggeration) / high;
    return (Math.atan(Math.sqrt(x * x + y * y)) * 180) / Math.PI;
  });
  return { ...values, planes: [out], valid };
}

export function contours(values: Values, { numbers }: Algorithm): Values {
  const [plane = new Float32Array()] = values.planes;
  const { increment = 35, thickness = 1, minz = -12_000, maxz = 8000 } = numbers;
  const [step, thick, low, high] = [Number(increment), Number(thickness), Number(minz), Number(maxz)];
  const table = colormapTable("terrain");
  const planes = [0, 1, 2].map(() => new Float32Array(plane.length));
  for (let i = 0; i < plane.length; i++) {
    const value = plane[i] ?? 0;
    // NumPy's remainder has the sign of the divisor; of 0 it is no number, and no line.
    if (((value % step) + step) % step < thick) continue;
    const entry = Math.trunc(((Math.min(high, Math.max(low, value)) - low) / (high - low)) * 254 + 1);
    for (const [c, out] of planes.entries()) out[i] = table[3 * entry + c] ?? 0;
  }
  return { ...values, planes };
}

/** Heights where there are none, if the request gives one. */
function filled(
  values: Values,
  height: number | null | undefined,
): { readonly plane: Float32Array; valid: Uint8Array } {
  const [plane = new Float32Array()] = values.planes;
  const { valid } = values;
  if (height === null || height === undefined) return { plane, valid };
  return {
    plane: plane.map((value, i) => (valid[i] === 0 ? height : value)),
    valid: new Uint8Array(valid.length).fill(1),
  };
}

export function terrarium(values: Values, { numbers }: Algorithm): Values {
  const { plane, valid } = filled(values, numbers["nodata_height"]);
  const raised = Float64Array.from(plane, (value) => Math.min(65_535, Math.max(0, value + 32_768)));
  const planes = [(d: number) => d / 256, (d: number) => d % 256, (d: number) => (d * 256) % 256].map((part) =>
    Float32Array.from(raised, (d) => Math.trunc(part(d)) & 255),
  );
  return { ...values, planes, valid };
}

const MOST_STEPS = 256 ** 3;

/** @throws InvalidRequestError where heights differ by more steps than three bytes tell. */
export function terrainRgb(values: Values, { numbers }: Algorithm): Values {
  const base = numbers["baseval"] ?? -10_000;
  const interval = numbers["interval"] ?? 0.1;
  const { plane, valid } = filled(values, numbers["nodata_height"]);
  let [low, high] = [Infinity, -Infinity];
  const steps = Int32Array.from(plane, (value, i) => {
    const number = (value - base) / interval;
    // What stands for no height is cut, other heights are rounded, to even.
    const step = values.valid[i] === 0 ? Math.trunc(number) : roundToEven(number);
    if (values.valid[i] !== 0) [low, high] = [Math.min(low, step), Math.max(high, step)];
    return step;
  });
  if (high - low > MOST_STEPS)
    throw new InvalidRequestError(
      `algorithm=terrainrgb tells ${MOST_STEPS} steps, and values here differ by ${high - low}; wanted a greater interval`,
    );
  const planes = [16, 8, 0].map((shift) => Float32Array.from(steps, (step) => (step >> shift) & 255));
  return { ...values, planes, valid };
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

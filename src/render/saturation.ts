/**
 * Multiplies the chroma of sRGB colours in CIE LCh (D65), as rio-color does; values 0..1, in place, results clipped to 0..1.
 *
 *     sRGB -> linear -> XYZ -> Lab, (a, b) x factor, and back. Scaling a and b scales the chroma and keeps the hue.
 */
export function saturate(red: Float32Array, green: Float32Array, blue: Float32Array, factor: number): void {
  for (let i = 0; i < red.length; i++) {
    const r = toLinear(red[i] ?? 0);
    const g = toLinear(green[i] ?? 0);
    const b = toLinear(blue[i] ?? 0);
    const fx = labCurve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE_X);
    const fy = labCurve(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const fz = labCurve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE_Z);
    const x = WHITE_X * labCurveInverse(fy + factor * (fx - fy));
    const y = labCurveInverse(fy);
    const z = WHITE_Z * labCurveInverse(fy - factor * (fy - fz));
    red[i] = fromLinear(3.2404542 * x - 1.5371385 * y - 0.4985314 * z);
    green[i] = fromLinear(-0.969266 * x + 1.8760108 * y + 0.041556 * z);
    blue[i] = fromLinear(0.0556434 * x - 0.2040259 * y + 1.0572252 * z);
  }
}

const WHITE_X = 0.95047;
const WHITE_Z = 1.08883;
const DELTA = 6 / 29;

function toLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function fromLinear(value: number): number {
  const companded = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
  return Math.min(1, Math.max(0, companded));
}

function labCurve(t: number): number {
  return t > DELTA ** 3 ? Math.cbrt(t) : t / (3 * DELTA * DELTA) + 4 / 29;
}

function labCurveInverse(f: number): number {
  return f > DELTA ? f ** 3 : 3 * DELTA * DELTA * (f - 4 / 29);
}

/** A grid's size, pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An integer hash (Murmur3's finaliser over mixed inputs), 0 .. 2^32 - 1: the same on every machine. */
export function hash(seed: number, a: number, b = 0): number {
  let h = Math.imul(seed ^ Math.imul(a, 0x85ebca6b), 0xcc9e2d51) ^ Math.imul(b + 0x9e3779b9, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The hash as a number in 0 .. 1. */
export function random(seed: number, a: number, b = 0): number {
  return hash(seed, a, b) / 0x100000000;
}

/** 0 below `from`, 1 above `to`, smooth between; `from` may be the larger one. */
export function smoothstep(from: number, to: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

export interface FractalOptions {
  readonly seed: number;
  /** Wavelength of the first octave, pixels. */
  readonly scalePx: number;
  readonly octaves: number;
  /** Amplitude of each octave relative to the one before; 0.5. */
  readonly gain?: number;
  /** Folds each octave at 0, which makes ridges. */
  readonly ridged?: boolean;
  /** How much longer features are along x than along y; 1. */
  readonly stretch?: number;
}

const TABLE = 1024;

/** Fractal gradient noise over a whole grid, about -1 .. 1 (ridged: 0 .. 1). Octaves are turned against each other. */
export function fractalField({ width, height }: Size, options: FractalOptions): Float32Array {
  const { seed, scalePx, octaves, gain = 0.5, ridged = false, stretch = 1 } = options;
  const out = new Float32Array(width * height);
  const table = makeTable(seed);
  let amplitude = 1;
  let total = 0;
  for (let octave = 0; octave < octaves; octave++) {
    const frequency = 2 ** octave / scalePx;
    const angle = octave * 0.61 + random(seed, 901) * (stretch === 1 ? 6.28 : 0);
    const cos = (Math.cos(angle) * frequency) / stretch;
    const sin = Math.sin(angle) * frequency;
    const [shiftX, shiftY] = [random(seed, 911, octave) * 997, random(seed, 919, octave) * 991];
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const n = gradientNoise(
          table,
          c * cos - r * sin + shiftX + 4096,
          (c * sin) / stretch + r * Math.cos(angle) * frequency + shiftY + 4096,
        );
        const at = r * width + c;
        out[at] = (out[at] ?? 0) + amplitude * (ridged ? 1 - Math.min(1, 2 * Math.abs(n)) : n);
      }
    }
    total += amplitude;
    amplitude *= gain;
  }
  // Gradient noise seldom leaves -0.7 .. 0.7, and octaves average out.
  const norm = ridged ? 1 / total : 1.7 / total;
  for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) * norm;
  return out;
}

/** Smooth noise along a line, about -1 .. 1. */
export function lineNoise(seed: number, x: number): number {
  const cell = Math.floor(x);
  const t = x - cell;
  const [a, b] = [2 * random(seed, cell) - 1, 2 * random(seed, cell + 1) - 1];
  return a + (b - a) * t * t * (3 - 2 * t);
}

/** Standard normal deviates; power of two in number, so that an index can be masked. */
export function gaussianTable(seed: number): Float32Array {
  return Float32Array.from({ length: 1 << 16 }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log(1 - random(seed, i, 1)));
    return radius * Math.cos(2 * Math.PI * random(seed, i, 2));
  });
}

interface NoiseTable {
  readonly permutation: Uint16Array;
  readonly gradientX: Float32Array;
  readonly gradientY: Float32Array;
}

function makeTable(seed: number): NoiseTable {
  const permutation = new Uint16Array(2 * TABLE);
  for (let i = 0; i < TABLE; i++) permutation[i] = i;
  for (let i = TABLE - 1; i > 0; i--) {
    const j = hash(seed, i, 7) % (i + 1);
    const swap = permutation[i] ?? 0;
    permutation[i] = permutation[j] ?? 0;
    permutation[j] = swap;
  }
  permutation.copyWithin(TABLE, 0, TABLE);
  const angles = Float32Array.from({ length: TABLE }, (_, i) => 2 * Math.PI * random(seed, i, 8));
  return { permutation, gradientX: angles.map(Math.cos), gradientY: angles.map(Math.sin) };
}

/** Perlin's gradient noise with his quintic fade; x and y must be positive. */
function gradientNoise({ permutation, gradientX, gradientY }: NoiseTable, x: number, y: number): number {
  const ix = x | 0;
  const iy = y | 0;
  const fx = x - ix;
  const fy = y - iy;
  const x0 = ix & (TABLE - 1);
  const x1 = (ix + 1) & (TABLE - 1);
  const top = permutation[iy & (TABLE - 1)] ?? 0;
  const bottom = permutation[(iy + 1) & (TABLE - 1)] ?? 0;
  const g00 = permutation[x0 + top] ?? 0;
  const g01 = permutation[x1 + top] ?? 0;
  const g10 = permutation[x0 + bottom] ?? 0;
  const g11 = permutation[x1 + bottom] ?? 0;
  const n00 = (gradientX[g00] ?? 0) * fx + (gradientY[g00] ?? 0) * fy;
  const n01 = (gradientX[g01] ?? 0) * (fx - 1) + (gradientY[g01] ?? 0) * fy;
  const n10 = (gradientX[g10] ?? 0) * fx + (gradientY[g10] ?? 0) * (fy - 1);
  const n11 = (gradientX[g11] ?? 0) * (fx - 1) + (gradientY[g11] ?? 0) * (fy - 1);
  const u = fx * fx * fx * (fx * (fx * 6 - 15) + 10);
  const v = fy * fy * fy * (fy * (fy * 6 - 15) + 10);
  const upper = n00 + (n01 - n00) * u;
  return upper + (n10 + (n11 - n10) * u - upper) * v;
}

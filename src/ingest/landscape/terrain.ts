import { meander, stampDistance, type Point } from "./lines.js";
import { fractalField, lineNoise, smoothstep, type Size } from "./noise.js";

/** The lie of the land. All fields have height x width entries. */
export interface Terrain {
  /** Metres above the sea. */
  readonly elevationM: Float32Array;
  /** Rise a pixel towards the east and the south, metres a metre. */
  readonly slopeX: Float32Array;
  readonly slopeY: Float32Array;
  /** 0 in the plain, 1 in the hills. */
  readonly hill: Float32Array;
  /** Pixels to the shore: positive on land, negative at sea. */
  readonly shore: Float32Array;
  /** Pixels to the river's bank, negative in the water. */
  readonly river: Float32Array;
  /** Pixels to the nearest brook. */
  readonly brook: Float32Array;
  /** Below 1 inside the lake. */
  readonly lake: Float32Array;
  readonly mouth: Point;
}

const VALLEY_PX = 90;

/** Hills in the north-west, a plain, the sea in the east; a river that meanders from the hills to the sea, a lake among the hills. */
export function makeTerrain(seed: number, size: Size): Terrain {
  const { width, height } = size;
  const span = Math.max(width, height);
  const fields = makeShape(seed, size, span);
  const swing = (x: number, y: number): number => 1.25 * (1 - 0.75 * (fields.hill[indexAt(size, x, y)] ?? 0));
  const mouth: Point = [coastX(seed, 0.66, span), 0.66 * span];
  const course = meander(seed + 20, [0.02 * span, 0.3 * span], mouth, swing);
  const past = Array.from({ length: 40 }, (_, i): Point => [mouth[0] + i, mouth[1] + 4 * lineNoise(seed + 27, i / 12)]);
  const river = new Float32Array(width * height).fill(VALLEY_PX);
  stampDistance(river, size, [...course, ...past], VALLEY_PX);
  const brook = new Float32Array(width * height).fill(VALLEY_PX);
  const sources: readonly Point[] = [
    [0.3, 0.02],
    [0.12, 0.62],
    [0.5, 0.97],
    [0.58, 0.02],
    [0.3, 0.95],
  ];
  for (const [i, [u, v]] of sources.entries()) {
    const join = course[Math.floor(course.length * (0.3 + 0.12 * i))] ?? mouth;
    stampDistance(
      brook,
      size,
      meander(seed + 30 + i, [u * span, v * span], join, (x, y) => 0.6 * swing(x, y)),
      40,
    );
  }
  carve(fields.elevationM, river, brook, fields.hill);
  const widthOf = (c: number): number => 1.3 + 2.6 * smoothstep(0, 0.9 * span, c);
  for (let i = 0; i < river.length; i++) river[i] = (river[i] ?? 0) - widthOf(i % width);
  return { ...fields, ...slopesOf(fields.elevationM, size), river, brook, mouth };
}

type Shape = Pick<Terrain, "elevationM" | "hill" | "shore" | "lake">;

function makeShape(seed: number, size: Size, span: number): Shape {
  const { width, height } = size;
  const count = width * height;
  const broad = fractalField(size, { seed: seed + 1, scalePx: 0.45 * span, octaves: 4 });
  const ridges = fractalField(size, { seed: seed + 2, scalePx: 0.2 * span, octaves: 7, gain: 0.52, ridged: true });
  const swell = fractalField(size, { seed: seed + 3, scalePx: 0.12 * span, octaves: 5 });
  const coast = fractalField(size, { seed: seed + 4, scalePx: 0.16 * span, octaves: 7, gain: 0.5 });
  const shape = {
    elevationM: new Float32Array(count),
    hill: new Float32Array(count),
    shore: new Float32Array(count),
    lake: new Float32Array(count),
  };
  for (let r = 0; r < height; r++) {
    const v = r / span;
    const line = coastX(seed, v, span);
    for (let c = 0; c < width; c++) {
      const u = c / span;
      const at = r * width + c;
      const shore = line - c + 0.055 * span * (coast[at] ?? 0);
      const hill = smoothstep(0.2, 0.75, 0.78 - 0.75 * u - 0.55 * v + 0.3 * (broad[at] ?? 0));
      const [lx, ly] = [(u - 0.47) / 0.075, (v - 0.2) / 0.05];
      shape.shore[at] = shore;
      shape.hill[at] = hill;
      shape.lake[at] = Math.hypot(lx + 0.35 * ly, ly) + 1.5 * (coast[at] ?? 0) + 0.8 * (swell[at] ?? 0);
      const plain = 4 + 40 * smoothstep(0, 0.8 * span, shore) + 7 * (swell[at] ?? 0) * smoothstep(0, 60, shore);
      shape.elevationM[at] =
        shore < 0 ? 0 : Math.max(0.5, plain + hill * (60 + 900 * (ridges[at] ?? 0) ** 1.5 + 110 * (broad[at] ?? 0)));
    }
  }
  return shape;
}

/** The coast's mean line: a bay in the middle, a headland in the south. */
function coastX(seed: number, v: number, span: number): number {
  const bay =
    0.05 * Math.cos(6.28 * (v - 0.1)) + 0.035 * lineNoise(seed + 5, 3.1 * v) + 0.05 * smoothstep(0.75, 0.95, v);
  return span * (0.84 + bay);
}

/** Streams lower the land around them, more so among hills. */
function carve(elevationM: Float32Array, river: Float32Array, brook: Float32Array, hill: Float32Array): void {
  for (let i = 0; i < elevationM.length; i++) {
    const main = 1 - smoothstep(6, VALLEY_PX, river[i] ?? 0);
    const side = 1 - smoothstep(1, 40, brook[i] ?? 0);
    const keep = 1 - Math.max(0.9 * main, 0.5 * side) * (0.25 + 0.6 * (hill[i] ?? 0));
    elevationM[i] = (elevationM[i] ?? 0) * keep;
  }
}

function slopesOf(elevationM: Float32Array, { width, height }: Size): Pick<Terrain, "slopeX" | "slopeY"> {
  const slopeX = new Float32Array(elevationM.length);
  const slopeY = new Float32Array(elevationM.length);
  for (let r = 0; r < height; r++) {
    const [above, below] = [Math.max(0, r - 1) * width, Math.min(height - 1, r + 1) * width];
    for (let c = 0; c < width; c++) {
      const at = r * width + c;
      const row = r * width;
      slopeX[at] =
        ((elevationM[row + Math.min(width - 1, c + 1)] ?? 0) - (elevationM[row + Math.max(0, c - 1)] ?? 0)) / 20;
      slopeY[at] = ((elevationM[below + c] ?? 0) - (elevationM[above + c] ?? 0)) / 20;
    }
  }
  return { slopeX, slopeY };
}

function indexAt({ width, height }: Size, x: number, y: number): number {
  const c = Math.min(width - 1, Math.max(0, Math.floor(x)));
  return Math.min(height - 1, Math.max(0, Math.floor(y))) * width + c;
}

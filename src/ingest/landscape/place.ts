import { road, stampDistance, type Point } from "./lines.js";
import { fractalField, random, smoothstep, type Size } from "./noise.js";
import { makeParcels, type Parcels } from "./parcels.js";
import { makeTerrain, type Terrain } from "./terrain.js";

/** What covers the ground, the same on every date. */
export const COVER = {
  sea: 0,
  lake: 1,
  river: 2,
  beach: 3,
  deciduous: 4,
  conifer: 5,
  scrub: 6,
  rock: 7,
  meadow: 8,
  crop: 9,
  town: 10,
  industry: 11,
} as const;

/** The place without its weather and seasons. All fields have height x width entries. */
export interface Place extends Size {
  readonly seed: number;
  readonly terrain: Terrain;
  readonly fields: Parcels;
  /** Houses and streets, where there are any. */
  readonly streets: Parcels;
  /** Values of COVER. */
  readonly cover: Uint8Array;
  /** Share of the pixel that is road, 0..1. */
  readonly road: Float32Array;
  /** Share that is hedge or trees along a lane, 0..1. */
  readonly hedge: Float32Array;
  /** 0 in the country, 1 in the middle of a town. */
  readonly built: Float32Array;
  /** Wandering over hundreds of metres, about -1..1: soils, moisture. */
  readonly soil: Float32Array;
  /** Wandering from pixel to pixel, about -1..1: crowns, furrows. */
  readonly grain: Float32Array;
}

interface Settlement {
  readonly at: Point;
  readonly radiusPx: number;
}

/** Builds the place: about a second for 1024 x 1024 pixels; equal for equal arguments. */
export function makePlace(seed: number, size: Size): Place {
  const { width, height } = size;
  const count = width * height;
  const terrain = makeTerrain(seed, size);
  const soil = fractalField(size, { seed: seed + 40, scalePx: 80, octaves: 4, gain: 0.55 });
  const grain = fractalField(size, { seed: seed + 41, scalePx: 5, octaves: 2, gain: 0.8 });
  const woods = fractalField(size, { seed: seed + 42, scalePx: 75, octaves: 5, gain: 0.55 });
  const patches = fractalField(size, { seed: seed + 43, scalePx: 30, octaves: 4, gain: 0.6 });
  const settlements = settle(seed, size, terrain);
  const built = buildUp(size, settlements, patches);
  const parts = { ...size, terrain, built, soil, woods, patches };
  const cover = new Uint8Array(count);
  for (let i = 0; i < count; i++) cover[i] = coverAt(parts, i);
  const open = cover.map((code) => (code === COVER.crop || code === COVER.meadow || code === COVER.scrub ? 1 : 0));
  const housed = cover.map((code) => (code === COVER.town || code === COVER.industry ? 1 : 0));
  const fields = makeParcels(seed + 50, size, { block: 64, strip: [7, 30], piece: [14, 70], bend: 10 }, open);
  const streets = makeParcels(seed + 60, size, { block: 42, strip: [5, 9], piece: [6, 16], bend: 5 }, housed);
  settleWoodEdges(cover, fields, woods);
  const roads = makeRoads(seed, size, settlements);
  for (let i = 0; i < count; i++) if ((terrain.shore[i] ?? 0) < 1 || cover[i] === COVER.lake) roads[i] = 0;
  return {
    ...size,
    seed,
    terrain,
    fields,
    streets,
    cover,
    road: roads,
    hedge: makeHedges(fields, cover, patches),
    built,
    soil,
    grain,
  };
}

function settle(seed: number, { width, height }: Size, terrain: Terrain): readonly Settlement[] {
  const span = Math.max(width, height);
  const town: Settlement = { at: [0.6 * span, 0.53 * span], radiusPx: 0.05 * span };
  const port: Settlement = {
    at: [terrain.mouth[0] - 0.02 * span, terrain.mouth[1] - 0.07 * span],
    radiusPx: 0.028 * span,
  };
  const villages: Settlement[] = [];
  for (let i = 0; i < 200 && villages.length < 11; i++) {
    const at: Point = [width * random(seed, 70, i), height * random(seed, 71, i)];
    const index = Math.floor(at[1]) * width + Math.floor(at[0]);
    const isDry =
      (terrain.shore[index] ?? 0) > 25 && (terrain.river[index] ?? 0) > 12 && (terrain.lake[index] ?? 0) > 1.8;
    const isFree = [town, port, ...villages].every(
      (other) => Math.hypot(other.at[0] - at[0], other.at[1] - at[1]) > 0.12 * span,
    );
    if (isDry && isFree && (terrain.hill[index] ?? 0) < 0.55)
      villages.push({ at, radiusPx: span * (0.007 + 0.009 * random(seed, 72, i)) });
  }
  return [town, port, ...villages];
}

function buildUp({ width, height }: Size, settlements: readonly Settlement[], patches: Float32Array): Float32Array {
  const built = new Float32Array(width * height);
  for (const { at, radiusPx } of settlements) {
    const reach = 3 * radiusPx;
    for (let r = Math.max(0, Math.floor(at[1] - reach)); r < Math.min(height, at[1] + reach); r++) {
      for (let c = Math.max(0, Math.floor(at[0] - reach)); c < Math.min(width, at[0] + reach); c++) {
        const i = r * width + c;
        const distance = Math.hypot(c - at[0], r - at[1]) / radiusPx;
        built[i] = Math.max(
          built[i] ?? 0,
          Math.exp(-distance * distance * 0.8) + 0.95 * (patches[i] ?? 0) * smoothstep(3, 0.6, distance),
        );
      }
    }
  }
  return built;
}

interface CoverParts extends Size {
  readonly terrain: Terrain;
  readonly built: Float32Array;
  readonly soil: Float32Array;
  readonly woods: Float32Array;
  readonly patches: Float32Array;
}

function coverAt({ terrain, built, soil, woods, patches }: CoverParts, i: number): number {
  const shore = terrain.shore[i] ?? 0;
  const river = terrain.river[i] ?? 0;
  const hill = terrain.hill[i] ?? 0;
  const wood = woods[i] ?? 0;
  const steep = Math.hypot(terrain.slopeX[i] ?? 0, terrain.slopeY[i] ?? 0);
  if (shore < 0) return COVER.sea;
  if ((terrain.lake[i] ?? 9) < 1) return COVER.lake;
  if (river < 0) return COVER.river;
  if (shore < 2.2 + 4.5 * (soil[i] ?? 0)) return COVER.beach;
  if (shore < 1.2) return COVER.rock;
  if ((built[i] ?? 0) > 0.42) return (soil[i] ?? 0) > 0.42 ? COVER.industry : COVER.town;
  const brook = terrain.brook[i] ?? 0;
  if (river < 2.5 + 5 * wood || brook < 1.2 + 2.2 * wood) return COVER.deciduous;
  const height = terrain.elevationM[i] ?? 0;
  const patch = patches[i] ?? 0;
  if (hill > 0.3 && height > 470 + 170 * wood + 150 * patch) {
    if (steep > 0.7 + 0.5 * patch) return COVER.rock;
    return steep > 0.4 + 0.5 * wood + 0.3 * patch ? COVER.scrub : COVER.meadow;
  }
  const wooded = 1.5 * hill + 0.9 * wood + 1.2 * Math.min(0.5, steep) + 0.16 * patch - 0.75;
  if (wooded > 0.18) return height + 160 * (soil[i] ?? 0) > 300 ? COVER.conifer : COVER.deciduous;
  if (wooded > 0.02 && hill > 0.15) return COVER.scrub;
  if (wood > 0.46) return (soil[i] ?? 0) > 0 ? COVER.conifer : COVER.deciduous;
  if (river < 9 + 14 * (soil[i] ?? 0) || hill > 0.45) return COVER.meadow;
  return COVER.crop;
}

/** Woods end where fields begin: a field mostly at the wood's edge is wood or field as a whole. */
function settleWoodEdges(cover: Uint8Array, fields: Parcels, woods: Float32Array): void {
  for (let i = 0; i < cover.length; i++) {
    const code = cover[i];
    const field = fields.field[i] ?? 0;
    if (code === COVER.crop && (woods[i] ?? 0) > 0.16 && (field & 7) < 4) cover[i] = COVER.deciduous;
    else if (code === COVER.meadow && (field & 7) === 0) cover[i] = COVER.scrub;
  }
}

/** Hedges stand in some parts of the country only. */
function makeHedges(fields: Parcels, cover: Uint8Array, patches: Float32Array): Float32Array {
  const hedge = new Float32Array(cover.length);
  for (let i = 0; i < cover.length; i++) {
    if (cover[i] !== COVER.crop && cover[i] !== COVER.meadow) continue;
    const field = fields.field[i] ?? 0;
    const grown = smoothstep(-0.05, 0.5, patches[i] ?? 0);
    const block = smoothstep(1.3, 0.4, fields.blockEdge[i] ?? 9) * 0.75;
    const own = (field & 15) < 6 ? smoothstep(1.1, 0.3, fields.edge[i] ?? 9) * 0.6 : 0;
    hedge[i] = Math.max(block, own) * grown;
  }
  return hedge;
}

function makeRoads(seed: number, size: Size, settlements: readonly Settlement[]): Float32Array {
  const { width, height } = size;
  const [town, port] = settlements;
  const minor = new Float32Array(width * height).fill(9);
  const major = new Float32Array(width * height).fill(9);
  const centre = town?.at ?? [width / 2, height / 2];
  for (const [i, { at }] of settlements.entries()) {
    if (i === 0) continue;
    const nearest = settlements
      .slice(0, i)
      .reduce(
        (best, other) => (gap(other.at, at) < gap(best.at, at) ? other : best),
        settlements[0] ?? { at, radiusPx: 1 },
      );
    stampDistance(minor, size, road(seed + 80 + i, at, nearest.at, 0.12), 3);
  }
  const ends: readonly Point[] = [
    [0.62 * width, 0],
    [0.55 * width, height],
    [0, 0.75 * height],
  ];
  for (const [i, end] of ends.entries()) stampDistance(minor, size, road(seed + 100 + i, centre, end, 0.08), 3);
  // A motorway past the town, from north to south.
  const bypass: Point = [centre[0] + 0.09 * width, centre[1]];
  for (const [i, end] of [
    [0.76 * width, 0],
    [0.7 * width, height],
  ].entries()) {
    stampDistance(major, size, road(seed + 110 + i, bypass, [end[0] ?? 0, end[1] ?? 0], 0.06), 4);
  }
  if (port !== undefined) stampDistance(minor, size, road(seed + 120, port.at, bypass, 0.05), 3);
  return minor.map((distance, i) =>
    Math.max(0.62 * smoothstep(1.15, 0.35, distance), 0.95 * smoothstep(2.1, 1, major[i] ?? 9)),
  );
}

const gap = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

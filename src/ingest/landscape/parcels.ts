import { fractalField, hash, random, type Size } from "./noise.js";

/** The patchwork of fields: each pixel's field and how far its edge is. */
export interface Parcels {
  /** A field's hash: the same for all its pixels. */
  readonly field: Uint32Array;
  /** Pixels to the nearest edge of the field. */
  readonly edge: Float32Array;
  /** Pixels to the nearest edge of the block of fields, where lanes and hedges run. */
  readonly blockEdge: Float32Array;
  /** Direction of the field's rows, radians. */
  readonly angle: Float32Array;
}

/** Sizes, pixels. */
export interface ParcelLayout {
  readonly block: number;
  /** Widths of strips and lengths of pieces, from and to. */
  readonly strip: readonly [number, number];
  readonly piece: readonly [number, number];
  /** How far edges are bent. */
  readonly bend: number;
}

/**
 * Fields as old farmland has them: blocks of land (a Voronoi diagram with softly bent edges), each cut into strips in a direction of
 * its own and the strips into fields of uneven length. Only where `wanted` is not 0.
 */
export function makeParcels(seed: number, size: Size, layout: ParcelLayout, wanted: Uint8Array): Parcels {
  const { width, height } = size;
  const count = width * height;
  const bendX = fractalField(size, { seed: seed + 1, scalePx: 90, octaves: 3 });
  const bendY = fractalField(size, { seed: seed + 2, scalePx: 90, octaves: 3 });
  const drift = fractalField(size, { seed: seed + 3, scalePx: 420, octaves: 2 });
  const parcels = {
    field: new Uint32Array(count),
    edge: new Float32Array(count),
    blockEdge: new Float32Array(count),
    angle: new Float32Array(count),
  };
  const near = new NearestBlock(seed, layout.block);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const at = r * width + c;
      if (wanted[at] === 0) continue;
      const x = c + layout.bend * (bendX[at] ?? 0);
      const y = r + layout.bend * (bendY[at] ?? 0);
      near.find(x, y);
      const { block } = near;
      // Neighbouring blocks lie much alike: a slow drift of direction, and some of them across it.
      const tilt = random(block, 1) < 0.14 ? 1.57 : 0;
      const angle = Math.round(5 * (2 * (drift[near.centre(width, height)] ?? 0) + 0.35 * random(block, 2))) / 5 + tilt;
      const along = (x - near.x) * Math.cos(angle) + (y - near.y) * Math.sin(angle);
      const across = (y - near.y) * Math.cos(angle) - (x - near.x) * Math.sin(angle);
      const strip = cut(hash(block, 3), across, between(layout.strip, random(block, 4) ** 2));
      const piece = cut(
        hash(block, 5, strip.index),
        along,
        between(layout.piece, random(block, 6, strip.index) ** 1.5),
      );
      parcels.field[at] = hash(block, strip.index + 1000, piece.index);
      parcels.edge[at] = Math.min(strip.edge, piece.edge, near.edge);
      parcels.blockEdge[at] = near.edge;
      parcels.angle[at] = angle;
    }
  }
  return parcels;
}

const between = ([from, to]: readonly [number, number], share: number): number => from + (to - from) * share;

/** Where a position falls among cuts at uneven distances, and how near the next cut is. */
function cut(seed: number, position: number, spacing: number): { index: number; edge: number } {
  const cell = Math.floor(position / spacing);
  const at = (i: number): number => (i + 0.55 * (random(seed, i + 500) - 0.5)) * spacing;
  const index = position < at(cell) ? cell - 1 : position >= at(cell + 1) ? cell + 1 : cell;
  return { index, edge: Math.min(position - at(index), at(index + 1) - position) };
}

/** The block whose jittered centre is nearest; a class, so that a pixel costs no allocation. */
class NearestBlock {
  block = 0;
  /** Centre of the block. */
  x = 0;
  y = 0;
  /** Pixels to the edge between this block and the next nearest. */
  edge = 0;
  private readonly seed: number;
  private readonly spacing: number;

  constructor(seed: number, spacing: number) {
    this.seed = seed;
    this.spacing = spacing;
  }

  find(x: number, y: number): void {
    const { spacing } = this;
    const [column, row] = [Math.floor(x / spacing), Math.floor(y / spacing)];
    let best = Infinity;
    let [nextX, nextY, next] = [0, 0, Infinity];
    for (let j = row - 1; j <= row + 1; j++) {
      for (let i = column - 1; i <= column + 1; i++) {
        const block = hash(this.seed, i + 5000, j + 5000);
        const cx = (i + 0.1 + (0.8 * (block & 0xffff)) / 0xffff) * spacing;
        const cy = (j + 0.1 + (0.8 * (block >>> 16)) / 0xffff) * spacing;
        const distance = (x - cx) * (x - cx) + (y - cy) * (y - cy);
        if (distance < best) {
          [nextX, nextY, next] = [this.x, this.y, best];
          best = distance;
          this.x = cx;
          this.y = cy;
          this.block = block;
        } else if (distance < next) [nextX, nextY, next] = [cx, cy, distance];
      }
    }
    this.edge = (next - best) / (2 * Math.hypot(nextX - this.x, nextY - this.y) + 1e-6);
  }

  /** Index of the pixel at the block's centre. */
  centre(width: number, height: number): number {
    const c = Math.min(width - 1, Math.max(0, Math.round(this.x)));
    const r = Math.min(height - 1, Math.max(0, Math.round(this.y)));
    return r * width + c;
  }
}

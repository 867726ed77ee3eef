import type { NpyPlanes } from "../../test/support/npy.js";

/** Tiles side by side: grey levels of up to three planes, NaN where nothing is drawn. */
export class TileSteps {
  readonly across: number;
  readonly down: number;
  private readonly side: number;
  private readonly planes: readonly Float32Array[];

  constructor(side: number, across: number, down: number) {
    this.side = side;
    this.across = across;
    this.down = down;
    this.planes = [0, 1, 2].map(() => new Float32Array(across * down * side * side).fill(Number.NaN));
  }

  put(tile: NpyPlanes, column: number, row: number): void {
    const { side } = this;
    const mask = tile.planes - 1;
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        if (tile.at(mask, y, x) === 0) continue;
        const at = (row * side + y) * this.across * side + column * side + x;
        for (let p = 0; p < mask; p++) (this.planes[p] ?? new Float32Array())[at] = tile.at(p, y, x);
      }
  }

  /** Mean steps between neighbours, grey levels: across an edge of tiles, and of one tile. */
  steps(): { readonly edge: number; readonly inside: number } {
    const sums = { edge: [0, 0], inside: [0, 0] };
    const { side } = this;
    const width = this.across * side;
    for (const plane of this.planes)
      for (let i = 0; i < plane.length; i++) {
        const [x, y] = [i % width, Math.floor(i / width)];
        for (const [next, isEdge] of [
          [x + 1 < width ? i + 1 : -1, x % side === side - 1],
          [i + width, y % side === side - 1],
        ] as const) {
          const step = Math.abs((plane[i] ?? Number.NaN) - (plane[next] ?? Number.NaN));
          if (Number.isNaN(step)) continue;
          const sum = sums[isEdge ? "edge" : "inside"];
          sum[0] = (sum[0] ?? 0) + step;
          sum[1] = (sum[1] ?? 0) + 1;
        }
      }
    const mean = ([sum = 0, count = 0]: readonly number[]): number => sum / count;
    return { edge: mean(sums.edge), inside: mean(sums.inside) };
  }
}

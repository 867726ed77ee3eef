import { sharedMemory } from "../../core/shared-memory.js";
import { STRIDE } from "../../core/geometry.js";
import type { PixelMasks } from "../context/clear-shares.js";

/** SCL codes under which nobody reads texture: clouds of medium and high probability. */
const CLOUD: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => Number(code === 8 || code === 9));
/** A position's step, in sixteenths of the chunk's. */
export const PLAIN_MULT = 16;
/** Half the overlap of the lapped basis, pixels. */
const REACH = STRIDE / 2;

/**
 * Steps of a chunk's positions in sixteenths of its own: `cloudMult` where every pixel that a position's basis functions reach inside the
 * chunk is cloud or invalid, else 16. A decoder knows it from the lossless classes.
 */
export function positionSteps({ width, height, valid, classes }: PixelMasks, cloudMult: number): Uint8Array {
  const [rows, columns] = [Math.ceil(height / STRIDE), Math.ceil(width / STRIDE)];
  const out = new Uint8Array(sharedMemory(rows * columns)).fill(PLAIN_MULT);
  if (classes === undefined || cloudMult === PLAIN_MULT || valid === "none") return out;
  const isHidden = hiddenCells({ width, height, valid, classes });
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      let isCloud = true;
      for (let y = 2 * r - 1; isCloud && y < 2 * r + 3; y++)
        for (let x = 2 * c - 1; isCloud && x < 2 * c + 3; x++) isCloud = isHidden(y, x);
      if (isCloud) out[r * columns + c] = cloudMult;
    }
  }
  return out;
}

/** Tells of a square of REACH pixels whether all of it that lies inside is cloud or invalid; each is looked at once, when first asked about. */
function hiddenCells({ width, height, valid, classes }: PixelMasks): (row: number, column: number) => boolean {
  const [rows, columns] = [Math.ceil(height / REACH), Math.ceil(width / REACH)];
  const known = new Uint8Array(rows * columns);
  const look = (row: number, column: number): boolean => {
    const right = Math.min(width, REACH * (column + 1));
    for (let y = REACH * row; y < Math.min(height, REACH * (row + 1)); y++) {
      for (let i = y * width + REACH * column; i < y * width + right; i++) {
        if (CLOUD[classes?.[i] ?? 0] === 0 && (valid === "all" || valid[i] !== 0)) return false;
      }
    }
    return true;
  };
  return (row, column) => {
    if (row < 0 || column < 0 || row >= rows || column >= columns) return true;
    const cell = row * columns + column;
    if (known[cell] === 0) known[cell] = look(row, column) ? HIDDEN : SEEN;
    return known[cell] === HIDDEN;
  };
}

const [HIDDEN, SEEN] = [1, 2];

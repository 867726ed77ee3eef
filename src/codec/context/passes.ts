/** One pass over a group of channels: positions whose symbols are decoded together, and the neighbours they may look at. */
export interface Pass {
  /** Which bias the network takes: 0 without neighbours, 1..4 by how near these lie. */
  readonly kind: number;
  /** Indices row * columns + column, ascending. */
  readonly positions: Int32Array;
  /** Four indices a position, -1 outside the chunk; empty for kind 0. */
  readonly neighbours: Int32Array;
}

/** The passes of the first group of channels and of every later one. */
export interface Passes {
  readonly first: readonly Pass[];
  readonly later: readonly Pass[];
  /** Every position, without neighbours: for a forecast. */
  readonly forecast: Pass;
}

const NEAR = [
  [],
  [-2, -2, -2, 2, 2, -2, 2, 2],
  [-2, 0, 2, 0, 0, -2, 0, 2],
  [-1, -1, -1, 1, 1, -1, 1, 1],
  [-1, 0, 1, 0, 0, -1, 0, 1],
] as const;

const known = new Map<number, Passes>();

/**
 * The order of positions in a chunk of rows x columns latents: a pyramid for the first group (every 4th row and column; between four of
 * them; the rest of even rows and columns; odd rows and columns; the other half of the checkerboard), two halves of a checkerboard
 * (He et al. 2021) for later ones.
 */
export function passesOf(rows: number, columns: number): Passes {
  const key = rows * 256 + columns;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const select = (kind: number, kinds: readonly number[]): Pass => {
    const positions: number[] = [];
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) if (kinds.includes(kindOf(i, j))) positions.push(i * columns + j);
    return {
      kind,
      positions: Int32Array.from(positions),
      neighbours: Int32Array.from(positions.flatMap((at) => around(at, kind, rows, columns))),
    };
  };
  const wanted = (passes: readonly Pass[]): readonly Pass[] => passes.filter(({ positions }) => positions.length > 0);
  const passes = {
    first: wanted([0, 1, 2, 3, 4].map((kind) => select(kind, [kind]))),
    later: wanted([select(0, [0, 1, 2, 3]), select(4, [4])]),
    forecast: select(0, [0, 1, 2, 3, 4]),
  };
  known.set(key, passes);
  return passes;
}

function kindOf(i: number, j: number): number {
  if (i % 2 === 1 && j % 2 === 1) return 3;
  if (i % 2 === 1 || j % 2 === 1) return 4;
  if (i % 4 === 0 && j % 4 === 0) return 0;
  return i % 4 === 2 && j % 4 === 2 ? 1 : 2;
}

function around(at: number, kind: number, rows: number, columns: number): number[] {
  const offsets = NEAR[kind] ?? [];
  const out: number[] = [];
  for (let k = 0; k < offsets.length; k += 2) {
    const [i, j] = [Math.floor(at / columns) + (offsets[k] ?? 0), (at % columns) + (offsets[k + 1] ?? 0)];
    out.push(i < 0 || j < 0 || i >= rows || j >= columns ? -1 : i * columns + j);
  }
  return out;
}

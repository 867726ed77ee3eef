import { CHUNK_POSITIONS } from "../../core/geometry.js";
import { isSymbolList, type LatentChunk, type LatentWindow, type SpectralScale } from "../../core/latents.js";
import { COMPONENTS, FREQUENCIES, GROUP } from "./geometry.js";
import type { LappedKernels } from "./kernels.js";

/** A chunk's part in a window; rows and columns of positions, half open. */
export interface Piece {
  readonly chunk: LatentChunk;
  readonly spectral: SpectralScale;
  /** Of the level. */
  readonly row: number;
  readonly column: number;
  /** Of the chunk: the positions that the window takes. */
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

/** What a piece stores that isn't 0, in the kernels' memory; see assembly/coefficients.ts. */
export interface PieceList {
  readonly value: number;
  readonly at: number;
  readonly starts: number;
  readonly channels: number;
}

/** The parts of a window's chunks that are stored, halo included. */
export function piecesOf(window: LatentWindow): readonly Piece[] {
  const { row, column, rows, columns } = window;
  return window.chunks.flatMap((chunk, i): readonly Piece[] => {
    const { spectral } = chunk;
    if (chunk.channels === 0 || spectral === undefined) return [];
    const top = (window.chunkRow + Math.floor(i / window.chunkColumns)) * CHUNK_POSITIONS;
    const left = (window.chunkColumn + (i % window.chunkColumns)) * CHUNK_POSITIONS;
    const span = (from: number, count: number, start: number, length: number): readonly [number, number] => [
      Math.max(0, start - from),
      Math.min(length, start + count - from),
    ];
    const [mine, across] = [span(top, rows, row, chunk.rows), span(left, columns, column, chunk.columns)];
    if (mine[0] >= mine[1] || across[0] >= across[1]) return [];
    return [{ chunk, spectral, row: top, column: left, rows: mine, columns: across }];
  });
}

/** What a position may be looked at beyond its chunk's symbols, in symbols. */
const PADDING = 64;

/** Lists a piece's values, weighted digital numbers; they live until the kernels' memory is freed. `gains`: of its quality, one a channel. */
export function listPiece(
  { chunk, spectral, row, column, rows, columns }: Piece,
  window: LatentWindow,
  gains: Float32Array,
  kernels: LappedKernels,
): PieceList {
  const { symbols, channels } = chunk;
  const positions = chunk.rows * chunk.columns;
  const masks = new Uint16Array(Math.ceil(positions / 16));
  const places = new Int32Array(positions).fill(-1);
  for (let r = rows[0]; r < rows[1]; r++) {
    for (let c = columns[0]; c < columns[1]; c++) {
      const p = r * chunk.columns + c;
      masks[p >> 4] = (masks[p >> 4] ?? 0) | (1 << (p & 15));
      places[p] = (row + r - window.row) * window.columns + column + c - window.column;
    }
  }
  const inside = channels * (rows[1] - rows[0]) * (columns[1] - columns[0]);
  const most = isSymbolList(symbols) ? Math.min(inside, symbols.values.length) : inside;
  const [value, at, starts] = [kernels.take(2 * most), kernels.take(most), kernels.take(channels + 1)];
  const list = { value, at, starts, channels };
  const place = {
    places: kernels.place(places),
    mult: kernels.place(spectral.mult),
    gains: kernels.place(gains),
    step: spectral.step,
  };
  if (isSymbolList(symbols)) {
    const [from, values, at8] = [symbols.starts, symbols.values, symbols.places].map((part) => kernels.place(part));
    kernels.collectListed({ starts: from ?? 0, values: values ?? 0, places: at8 ?? 0 }, place, list);
    return list;
  }
  const source = { symbols: kernels.place(symbols, PADDING), kind: symbols.BYTES_PER_ELEMENT, channels, positions };
  kernels.collect(source, { ...place, masks: kernels.place(masks) }, list);
  return list;
}

/** For each channel of a basis the planes that its values are turned to, and the indices of their shares in axes. */
export interface TurnTable {
  /** Of channel c: entries first[c] to first[c + 1]. */
  readonly first: Int32Array;
  /** Two numbers each: the plane, the index. */
  readonly entries: Int32Array;
}

/** `wanted`: the coefficients in common axes that have a plane, in the planes' order: component * FREQUENCIES + frequency. */
export function turnTable(order: Uint16Array, wanted: ArrayLike<number>): TurnTable {
  const listed = Array.from(
    { length: FREQUENCIES },
    () => [] as { readonly component: number; readonly plane: number }[],
  );
  for (let plane = 0; plane < wanted.length; plane++) {
    const id = wanted[plane] ?? 0;
    listed[id % FREQUENCIES]?.push({ component: Math.floor(id / FREQUENCIES), plane });
  }
  const first = new Int32Array(order.length + 1);
  const entries: number[] = [];
  order.forEach((id, channel) => {
    const axis = ((GROUP[id % FREQUENCIES] ?? 0) * COMPONENTS + Math.floor(id / FREQUENCIES)) * COMPONENTS;
    for (const { component, plane } of listed[id % FREQUENCIES] ?? []) entries.push(plane, axis + component);
    first[channel + 1] = entries.length / 2;
  });
  return { first, entries: Int32Array.from(entries) };
}

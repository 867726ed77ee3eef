import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import type { ByteSource } from "../store/byte-source.js";
import { viewOf } from "./jp2-boxes.js";

/** One tile of a JPEG 2000 image, in pixels of the image, and where its parts lie in the file. */
export interface Jp2Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A JPEG 2000 codestream of one component: what its main header says (ISO/IEC 15444-1 annex A), and its tile-parts. */
export interface Codestream {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly isSigned: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Of the image area and of the tile grid on the reference grid. */
  readonly origin: { readonly x: number; readonly y: number; readonly tileX: number; readonly tileY: number };
  /** Moves of a tile by multiples of this leave its code-blocks and precincts as they are. */
  readonly alignment: number;
  /** From SOC to before the first SOT, without lengths of tile-parts. */
  readonly header: Uint8Array;
  /** Of SIZ's marker in `header`. */
  readonly sizAt: number;
  readonly parts: ReadonlyMap<number, readonly { readonly offset: number; readonly length: number }[]>;
}

const [SOC, SOT, SOD, EOC, SIZ, COD, COC, TLM, PLM, PPM] = [
  0xff4f, 0xff90, 0xff93, 0xffd9, 0xff51, 0xff52, 0xff53, 0xff55, 0xff57, 0xff60,
];
const SOT_BYTES = 12;
const MAX_HEADER_BYTES = 1 << 20;
const MAX_SIDE_PX = 1 << 20;

/** @throws CorruptDataError; UnsupportedError for several components, more than 16 bits, subsampling and packed headers in front. */
export async function readCodestream(
  bytes: ByteSource,
  at: { readonly start: number; readonly end: number },
  signal?: AbortSignal,
): Promise<Codestream> {
  const { location } = bytes;
  const damaged = (what: string): CorruptDataError => new CorruptDataError(location, what);
  const segments: Uint8Array[] = [await bytes.getRange(at.start, 2, signal)];
  if (segments[0]?.length !== 2 || viewOf(segments[0]).getUint16(0) !== SOC)
    throw damaged("no JPEG 2000 codestream is where it should be");
  let [offset, sizAt, headerBytes] = [at.start + 2, -1, 2];
  const shape: { size?: ReturnType<typeof readSize>; alignment: number } = { alignment: 0 };
  const lengths: TilePartLengths[] = [];
  for (;;) {
    const head = await bytes.getRange(offset, 4, signal);
    if (head.length < 4) throw damaged("it was cut short inside its header");
    const [marker, length] = [viewOf(head).getUint16(0), viewOf(head).getUint16(2)];
    if (marker === SOT) break;
    if (marker < 0xff00 || length < 2 || headerBytes > MAX_HEADER_BYTES)
      throw damaged("its JPEG 2000 header is damaged");
    const segment = await bytes.getRange(offset, 2 + length, signal);
    if (segment.length < 2 + length) throw damaged("it was cut short inside its header");
    if (marker === PPM) throw new UnsupportedError(`${location} has packed packet headers (PPM), which aren't read`);
    if (marker === SIZ) [sizAt, shape.size] = [headerBytes, readSize(segment, location)];
    if (marker === COD || marker === COC) {
      if (shape.size === undefined) throw damaged("its JPEG 2000 header is damaged: SIZ does not come first");
      shape.alignment = Math.max(shape.alignment, alignmentOf(segment, shape.size));
    }
    if (marker === TLM) lengths.push(readLengths(segment));
    if (marker !== TLM && marker !== PLM) {
      segments.push(segment);
      headerBytes += segment.length;
    }
    offset += 2 + length;
  }
  if (shape.size === undefined || shape.alignment === 0) throw damaged("its JPEG 2000 header lacks SIZ or COD");
  const { size, alignment } = shape;
  const where = { start: offset, end: at.end, tiles: size.columns * size.rows };
  const parts = listedParts(lengths, where) ?? (await walkParts(bytes, where, signal));
  return { ...size, alignment, header: Buffer.concat(segments), sizAt, parts };
}

function readSize(segment: Uint8Array, location: string): Omit<Codestream, "alignment" | "header" | "sizAt" | "parts"> {
  const view = viewOf(segment);
  if (segment.length < 41) throw new CorruptDataError(location, "its JPEG 2000 header is damaged (SIZ)");
  const [right = 0, bottom = 0, x = 0, y = 0, tileWidth = 0, tileHeight = 0, tileX = 0, tileY = 0] = Array.from(
    { length: 8 },
    (_, i) => view.getUint32(6 + 4 * i),
  );
  const [components, depth] = [view.getUint16(38), view.getUint8(40)];
  const [width, height, bits, isSigned] = [right - x, bottom - y, (depth & 0x7f) + 1, depth >= 0x80];
  const isGrid = tileX <= x && tileY <= y && tileX + tileWidth > x && tileY + tileHeight > y;
  if (width < 1 || height < 1 || right > MAX_SIDE_PX || bottom > MAX_SIDE_PX || !isGrid)
    throw new CorruptDataError(location, "its JPEG 2000 header is damaged: no image of that size");
  if (components !== 1)
    throw new UnsupportedError(`${location} has ${components} components; wanted one band a JPEG 2000 file`);
  if (bits > 16 || (isSigned && bits <= 8))
    throw new UnsupportedError(`${location} has ${bits} bits, ${isSigned ? "" : "un"}signed; wanted up to 16`);
  if (segment.length < 43 || view.getUint8(41) !== 1 || view.getUint8(42) !== 1)
    throw new UnsupportedError(`${location} is subsampled, which isn't read`);
  const [columns, rows] = [Math.ceil((right - tileX) / tileWidth), Math.ceil((bottom - tileY) / tileHeight)];
  if (columns * rows > 65_535) throw new CorruptDataError(location, "its JPEG 2000 header is damaged: too many tiles");
  return { width, height, bits, isSigned, columns, rows, tileWidth, tileHeight, origin: { x, y, tileX, tileY } };
}

/** Code-blocks and precincts begin at multiples of their size from 0 in each resolution (annexes B.6 and B.7). */
function alignmentOf(
  segment: Uint8Array,
  { origin, width, height }: Pick<Codestream, "origin" | "width" | "height">,
): number {
  const isCoc = viewOf(segment).getUint16(0) === COC;
  const [style = 0, first] = [segment[isCoc ? 5 : 4], isCoc ? 6 : 9];
  const [levels = 0, across = 0, down = 0] = segment.subarray(first, first + 3);
  if (levels > 32) return 2 ** 40;
  const blocks = 2 ** (levels + Math.max(across & 15, down & 15) + 2);
  const precincts = (style & 1) === 0 ? [] : [...segment.subarray(first + 5, first + 6 + levels)];
  const sides = precincts.flatMap((code, r) => [code & 15, code >> 4].map((side) => 2 ** (side + levels - r)));
  // Such a precinct's edges all lie outside the image.
  const [right, bottom] = [origin.x + width, origin.y + height];
  return Math.max(blocks, ...sides.filter((side) => side < Math.max(right, bottom)));
}

type TilePartLengths = readonly { readonly tile: number | undefined; readonly length: number }[];

function readLengths(segment: Uint8Array): TilePartLengths {
  const view = viewOf(segment);
  const style = segment[5] ?? 0;
  const [indexBytes, lengthBytes] = [(style >> 4) & 3, (style & 0x40) === 0 ? 2 : 4];
  const out: { tile: number | undefined; length: number }[] = [];
  for (let at = 6; at + indexBytes + lengthBytes <= segment.length; at += indexBytes + lengthBytes) {
    const tile = indexBytes === 0 ? undefined : indexBytes === 1 ? view.getUint8(at) : view.getUint16(at);
    const length = lengthBytes === 2 ? view.getUint16(at + indexBytes) : view.getUint32(at + indexBytes);
    out.push({ tile, length });
  }
  return out;
}

interface Where {
  readonly start: number;
  readonly end: number;
  readonly tiles: number;
}

/** Undefined where TLM is missing or tells another length than the file's. */
function listedParts(
  lengths: readonly TilePartLengths[],
  { start, end, tiles }: Where,
): Codestream["parts"] | undefined {
  const parts = new Map<number, { offset: number; length: number }[]>();
  let [offset, next] = [start, 0];
  for (const { tile, length } of lengths.flat()) {
    const index = tile ?? next++;
    parts.set(index, [...(parts.get(index) ?? []), { offset, length }]);
    offset += length;
  }
  return parts.size === tiles && (offset === end || offset + 2 === end) ? parts : undefined;
}

async function walkParts(
  bytes: ByteSource,
  { start, end, tiles }: Where,
  signal: AbortSignal | undefined,
): Promise<Codestream["parts"]> {
  const parts = new Map<number, { offset: number; length: number }[]>();
  for (let offset = start; offset + SOT_BYTES <= end;) {
    const head = await bytes.getRange(offset, SOT_BYTES, signal);
    if (head.length < SOT_BYTES || viewOf(head).getUint16(0) !== SOT) break;
    const [tile, told] = [viewOf(head).getUint16(4), viewOf(head).getUint32(6)];
    // 0 means: to the end of the codestream, which EOC closes.
    const length = told === 0 ? end - 2 - offset : told;
    if (length < SOT_BYTES + 2 || offset + length > end || tile >= tiles)
      throw new CorruptDataError(
        bytes.location,
        `a part of tile ${tile} ends at byte ${offset + length}: it was cut short`,
      );
    const own = parts.get(tile);
    if (own === undefined) parts.set(tile, [{ offset, length }]);
    else own.push({ offset, length });
    offset += length;
  }
  if (parts.size < tiles)
    throw new CorruptDataError(bytes.location, `${parts.size} of ${tiles} tiles are there: it was cut short`);
  return parts;
}

/** The pixels of a tile by its index, row-major. */
export function tileWindow(stream: Codestream, index: number): Jp2Tile {
  const { origin, columns, tileWidth, tileHeight, width, height } = stream;
  const [column, row] = [index % columns, Math.floor(index / columns)];
  const x = Math.max(0, origin.tileX + column * tileWidth - origin.x);
  const y = Math.max(0, origin.tileY + row * tileHeight - origin.y);
  const right = Math.min(width, origin.tileX + (column + 1) * tileWidth - origin.x);
  const bottom = Math.min(height, origin.tileY + (row + 1) * tileHeight - origin.y);
  return { x, y, width: right - x, height: bottom - y };
}

/** A codestream with one tile of another as its whole image, and the corner of its pixels on its reference grid. */
export interface TileStream {
  readonly bytes: Uint8Array;
  readonly x: number;
  readonly y: number;
}

/**
 * Any decoder thus decodes a tile alone: the main header with the image and tile grid cut to the tile, then the tile's parts as tile 0.
 * The tile is moved by a multiple of the alignment only, so that the decoder finds the same code-blocks and precincts.
 */
export async function cutTile(
  bytes: ByteSource,
  stream: Codestream,
  index: number,
  signal?: AbortSignal,
): Promise<TileStream> {
  const tile = tileWindow(stream, index);
  const parts = await Promise.all(
    (stream.parts.get(index) ?? []).map(({ offset, length }) => bytes.getRange(offset, length, signal)),
  );
  for (const [i, part] of parts.entries()) {
    const view = viewOf(part);
    const wanted = stream.parts.get(index)?.[i]?.length;
    if (part.length !== wanted || view.getUint16(0) !== SOT || view.getUint16(4) !== index)
      throw new CorruptDataError(bytes.location, `tile ${index} is not where its header says`);
    checkPartHeader(part, bytes.location);
    view.setUint16(4, 0);
    view.setUint32(6, part.length);
  }
  const [x, y] = [stream.origin.x + tile.x, stream.origin.y + tile.y].map((at) => at % stream.alignment);
  const [left = 0, top = 0] = [x, y];
  const header = Uint8Array.from(stream.header);
  const fields = [left + tile.width, top + tile.height, left, top, tile.width, tile.height, left, top];
  for (const [i, value] of fields.entries()) viewOf(header).setUint32(stream.sizAt + 6 + 4 * i, value);
  const end = Uint8Array.of(EOC >> 8, EOC & 0xff);
  return { bytes: Buffer.concat([header, ...parts, end]), x: left, y: top };
}

/** Of the markers between SOT and SOD, those that change a tile's code-blocks would change the alignment. */
function checkPartHeader(part: Uint8Array, location: string): void {
  const view = viewOf(part);
  for (let at = SOT_BYTES; at + 4 <= part.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === SOD) return;
    if (marker === COD || marker === COC)
      throw new UnsupportedError(`${location} has tiles with a coding style of their own, which isn't read`);
  }
  if (part.length < SOT_BYTES + 2 || view.getUint16(part.length - 2) !== SOD)
    throw new CorruptDataError(location, "a tile's header is damaged");
}

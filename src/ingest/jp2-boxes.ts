import { CorruptDataError } from "../core/errors.js";
import type { ByteSource } from "../store/byte-source.js";

/** The parts of a JP2 file that a source looks at. */
export interface Jp2Boxes {
  /** Bytes of the codestream. */
  readonly codestream: { readonly start: number; readonly end: number };
  /** The GeoTIFF without pixels that the GeoJP2 box holds. */
  readonly geoTiff: Uint8Array<ArrayBuffer> | undefined;
  /** GMLJP2's document (OGC 08-085r8). */
  readonly gml: string | undefined;
}

const GEO_JP2 = "b14bf8bd083d4b43a5ae8cd7d5a6ce03";
const MAX_BOX_BYTES = 4 << 20;
const MAX_BOXES = 1000;

/** By the first 12 bytes: JP2's signature box, or a codestream's SOC and SIZ. */
export function isJp2(head: Uint8Array): boolean {
  const hex = Buffer.from(head).toString("hex");
  return hex.startsWith("ff4fff51") || hex.startsWith("0000000c6a5020200d0a870a");
}

/** Reads the boxes (ISO/IEC 15444-1 annex I); a bare codestream has none. @throws CorruptDataError */
export async function readBoxes(bytes: ByteSource, size: number, signal?: AbortSignal): Promise<Jp2Boxes> {
  const start = await bytes.getRange(0, 12, signal);
  if (!isJp2(start)) throw new CorruptDataError(bytes.location, "not a JPEG 2000 file");
  if (start[0] === 0xff) return { codestream: { start: 0, end: size }, geoTiff: undefined, gml: undefined };
  const found: { -readonly [K in keyof Jp2Boxes]?: Jp2Boxes[K] } = {};
  let [offset, count] = [0, 0];
  while (offset + 8 <= size && count++ < MAX_BOXES) {
    const box = boxAt(await bytes.getRange(offset, 16, signal), offset, size);
    if (box === undefined)
      throw new CorruptDataError(bytes.location, `its box at byte ${offset} is damaged or cut short`);
    const read = (): Promise<Uint8Array<ArrayBuffer>> =>
      bytes.getRange(box.start, Math.min(MAX_BOX_BYTES, box.end - box.start), signal);
    if (box.type === "jp2c") found.codestream ??= { start: box.start, end: box.end };
    if (box.type === "uuid") {
      const content = await read();
      if (Buffer.from(content.subarray(0, 16)).toString("hex") === GEO_JP2) found.geoTiff = content.slice(16);
    }
    if (box.type === "asoc") found.gml ??= gmlIn(await read());
    offset = box.end;
  }
  if (found.codestream === undefined) throw new CorruptDataError(bytes.location, "it has no JPEG 2000 codestream");
  return { codestream: found.codestream, geoTiff: found.geoTiff, gml: found.gml };
}

interface Box {
  readonly type: string;
  /** Of its content, in the file or the box around. */
  readonly start: number;
  readonly end: number;
}

function boxAt(head: Uint8Array, offset: number, size: number): Box | undefined {
  if (head.length < 8) return undefined;
  const view = viewOf(head);
  const short = view.getUint32(0);
  if (short === 1 && head.length < 16) return undefined;
  const [length, headBytes] =
    short === 1 ? [Number(view.getBigUint64(8)), 16] : [short === 0 ? size - offset : short, 8];
  const type = Buffer.from(head.subarray(4, 8)).toString("latin1");
  if (length < headBytes || offset + length > size) return undefined;
  return { type, start: offset + headBytes, end: offset + length };
}

/** The XML box that lies deepest beside the label "gml.root-instance", or the first XML box of an association. */
function gmlIn(content: Uint8Array, depth = 0): string | undefined {
  for (let offset = 0; offset + 8 <= content.length && depth < 8;) {
    const box = boxAt(content.subarray(offset, offset + 16), offset, content.length);
    if (box === undefined) return undefined;
    const inner = content.subarray(box.start, box.end);
    const text = box.type === "xml " ? Buffer.from(inner).toString("utf8") : undefined;
    const found =
      box.type === "asoc" ? gmlIn(inner, depth + 1) : text?.includes("RectifiedGrid") === true ? text : undefined;
    if (found !== undefined) return found.replace(/\0[^]*$/, "");
    offset = box.end;
  }
  return undefined;
}

/** Big-endian numbers of an array that may lie inside another. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

import openModule, { type OpenJpegModule } from "@cornerstonejs/codec-openjpeg/decodewasmjs";
import { messageOf } from "../core/assert.js";
import { CorruptDataError } from "../core/errors.js";
import type { TileStream } from "./jp2-codestream.js";
import type { Samples } from "./source-tiff-block.js";

/** A JPEG 2000 image of one component with at most 16 bits. */
export interface TileToDecode extends TileStream {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly isSigned: boolean;
  /** For messages. */
  readonly location: string;
}

/** What OpenJPEG says of streams that are whole all the same. */
const HARMLESS = /bug correction|unknown marker/i;

/** OpenJPEG in WebAssembly, one for the process: its memory stays as large as its largest tile asked for. It works in the caller's thread. */
class OpenJpeg {
  private readonly opened: Promise<OpenJpegModule>;
  private said: string[] = [];

  constructor() {
    const say = (text: string): void => {
      if (/^\[(ERROR|WARNING)\]/.test(text) && !HARMLESS.test(text)) this.said.push(text.replace(/^\[\w+\]\s*/, ""));
    };
    this.opened = openModule({ print: say, printErr: say });
  }

  async decode(tile: TileToDecode): Promise<Samples> {
    const module = await this.opened;
    const { width, height, bits, isSigned, location } = tile;
    const [right, bottom] = [tile.x + width, tile.y + height];
    reserve(module, 2 * tile.bytes.length + 16 * width * height + 6 * right * bottom + (16 << 20));
    this.said = [];
    const decoder = new module.J2KDecoder();
    try {
      decoder.getEncodedBuffer(tile.bytes.length).set(tile.bytes);
      decoder.decode();
      const damage = this.said[0];
      if (damage !== undefined) throw new CorruptDataError(location, `its pixels can't be decoded (${damage})`);
      const decoded = decoder.getDecodedBuffer();
      // Version 1.3.6 takes the right and bottom edges for the size: what follows the tile's own pixels is whatever lies behind them.
      const bytes = decoded.slice(0, width * height * (bits <= 8 ? 1 : 2));
      if (bytes.length < width * height * (bits <= 8 ? 1 : 2))
        throw new CorruptDataError(location, "its pixels can't be decoded");
      if (bits <= 8) return new Uint8Array(bytes.buffer);
      return isSigned ? new Int16Array(bytes.buffer) : new Uint16Array(bytes.buffer);
    } finally {
      decoder.delete();
    }
  }
}

/** The memory behind a tile's pixels is read too (above), so it is to be there. */
function reserve(module: OpenJpegModule, bytes: number): void {
  if (module.HEAP8.length >= bytes) return;
  const decoder = new module.J2KDecoder();
  decoder.getEncodedBuffer(bytes);
  decoder.delete();
}

let shared: OpenJpeg | undefined;

/** @throws CorruptDataError for a stream that OpenJPEG complains of, be it only of an end that is missing. */
export async function decodeTile(tile: TileToDecode): Promise<Samples> {
  shared ??= new OpenJpeg();
  try {
    return await shared.decode(tile);
  } catch (cause) {
    if (cause instanceof CorruptDataError) throw cause;
    // After a trap its memory is in no known state.
    shared = undefined;
    throw new CorruptDataError(tile.location, `its pixels can't be decoded (${messageOf(cause)})`, { cause });
  }
}

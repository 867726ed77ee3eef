import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { CorruptDataError } from "../core/errors.js";
import { createSlices } from "../core/slices.js";
import { shortLocation } from "../store/location.js";
import { temporaryName } from "./atomic-file.js";

/*
 * A file of named sections, each at a multiple of 8 bytes, behind bytes that are found by what the sections say; in the end a directory
 * (JSON) and a tail: magic, the directory's place, length and checksum, the file's size. All checksums are CRC-32. Numbers are little-endian,
 * as typed arrays are on all machines that Node runs on.
 */
const MAGIC = "tectile items 3\n";
const TAIL_BYTES = 40;
const PIECE_BYTES = 2 ** 20;

const sectionSchema = z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.int().nonnegative()]);
const directorySchema = z.object({ about: z.unknown(), sections: z.record(z.string(), sectionSchema) });

export class SectionWriter {
  private readonly handle: FileHandle;
  private readonly path: string;
  private readonly temporary: string;
  private readonly signal: AbortSignal;
  private readonly sections: Record<string, readonly [offset: number, length: number, checksum: number]> = {};
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private end = 0;

  private constructor(handle: FileHandle, temporary: string, path: string, signal: AbortSignal) {
    this.handle = handle;
    this.temporary = temporary;
    this.path = path;
    this.signal = signal;
  }

  static async create(path: string, signal: AbortSignal): Promise<SectionWriter> {
    const temporary = temporaryName(path);
    return new SectionWriter(await open(temporary, "wx"), temporary, path, signal);
  }

  /** Where the bytes begin; they must not change any more. */
  async append(bytes: Uint8Array): Promise<number> {
    const offset = this.end;
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    this.end += bytes.length;
    if (this.waitingBytes >= PIECE_BYTES) await this.flush();
    return offset;
  }

  async section(name: string, pieces: Iterable<Uint8Array>): Promise<void> {
    await this.append(new Uint8Array((8 - (this.end % 8)) % 8));
    const offset = this.end;
    const slices = createSlices(this.signal);
    let checksum = 0;
    for (const piece of pieces)
      for (let at = 0; at < piece.length; at += PIECE_BYTES) {
        const part = piece.subarray(at, at + PIECE_BYTES);
        checksum = crc32(part, checksum);
        await this.append(part);
        if (slices.isOver()) await slices.pause();
      }
    this.sections[name] = [offset, this.end - offset, checksum];
  }

  /** Puts the file in place, whole and on disk. */
  async finish(about: unknown): Promise<void> {
    const directory = Buffer.from(JSON.stringify({ about, sections: this.sections }));
    const tail = Buffer.alloc(TAIL_BYTES);
    const offset = await this.append(directory);
    tail.write(MAGIC, "latin1");
    tail.writeDoubleLE(offset, 16);
    tail.writeUInt32LE(directory.length, 24);
    tail.writeUInt32LE(crc32(directory), 28);
    tail.writeDoubleLE(this.end + TAIL_BYTES, 32);
    await this.append(tail);
    await this.flush();
    await this.handle.sync();
    await this.handle.close();
    await rename(this.temporary, this.path);
  }

  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await rm(this.temporary, { force: true });
  }

  private async flush(): Promise<void> {
    this.signal.throwIfAborted();
    const pieces = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    for (let bytes = Buffer.concat(pieces); bytes.length > 0;)
      bytes = bytes.subarray((await this.handle.write(bytes)).bytesWritten);
  }
}

export class SectionFile {
  /** What the writer said of it. */
  readonly about: unknown;
  private readonly handle: FileHandle;
  private readonly where: string;
  private readonly sections: z.infer<typeof directorySchema>["sections"];

  private constructor(handle: FileHandle, where: string, directory: z.infer<typeof directorySchema>) {
    this.handle = handle;
    this.where = where;
    this.about = directory.about;
    this.sections = directory.sections;
  }

  /** @throws CorruptDataError for what is no such file, cut off or damaged; what the disk says where it isn't there. */
  static async open(path: string): Promise<SectionFile> {
    const handle = await open(path, "r");
    const where = shortLocation(path);
    try {
      const { size } = await handle.stat();
      const tail = await readExactly(handle, size - TAIL_BYTES, TAIL_BYTES, where);
      const [offset, length, written] = [tail.readDoubleLE(16), tail.readUInt32LE(24), tail.readDoubleLE(32)];
      if (tail.toString("latin1", 0, 16) !== MAGIC || written !== size || offset + length + TAIL_BYTES !== size)
        throw new CorruptDataError(where, "is cut off, or of another version");
      const bytes = await readExactly(handle, offset, length, where);
      if (crc32(bytes) !== tail.readUInt32LE(28)) throw new CorruptDataError(where, "its directory is damaged");
      return new SectionFile(handle, where, directorySchema.parse(JSON.parse(bytes.toString())));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** In memory of its own. @throws CorruptDataError where it isn't there or its checksum says that it is damaged. */
  async section(name: string): Promise<Buffer> {
    const [offset, length] = this.placeOf(name);
    const bytes = Buffer.allocUnsafeSlow(length);
    await this.check(name, async (at, size) => {
      await fill(this.handle, bytes.subarray(at, at + size), offset + at, this.where);
      return bytes.subarray(at, at + size);
    });
    return bytes;
  }

  /** Reads all sections but those named, keeping none. @throws CorruptDataError where one is damaged. */
  async verify(but: ReadonlySet<string>): Promise<void> {
    for (const [name, [offset]] of Object.entries(this.sections))
      if (!but.has(name)) await this.check(name, (at, size) => this.bytes(offset + at, size));
  }

  /** Unchecked. @throws CorruptDataError where the file ends before. */
  bytes(offset: number, length: number): Promise<Buffer> {
    return readExactly(this.handle, offset, length, this.where);
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private placeOf(name: string): z.infer<typeof sectionSchema> {
    const place = this.sections[name];
    if (place === undefined) throw new CorruptDataError(this.where, `has no section ${name}`);
    return place;
  }

  private async check(name: string, read: (at: number, size: number) => Promise<Uint8Array>): Promise<void> {
    const [, length, wanted] = this.placeOf(name);
    let checksum = 0;
    for (let at = 0; at < length; at += PIECE_BYTES)
      checksum = crc32(await read(at, Math.min(PIECE_BYTES, length - at)), checksum);
    if (checksum !== wanted) throw new CorruptDataError(this.where, `its section ${name} is damaged`);
  }
}

async function readExactly(handle: FileHandle, offset: number, length: number, where: string): Promise<Buffer> {
  if (!(offset >= 0)) throw new CorruptDataError(where, "is cut off");
  const bytes = Buffer.allocUnsafeSlow(length);
  await fill(handle, bytes, offset, where);
  return bytes;
}

async function fill(handle: FileHandle, bytes: Buffer, offset: number, where: string): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, offset + at);
    if (bytesRead === 0) throw new CorruptDataError(where, `is cut off: ${length(bytes)} at ${offset} end after ${at}`);
    at += bytesRead;
  }
}

const length = (bytes: Uint8Array): string => `${bytes.length} bytes`;

import { deflateSync } from "node:zlib";
import { BANDS } from "../../src/core/bands.js";

export type FixtureType = "uint8" | "uint16" | "int16" | "float32" | "float64" | "uint32" | "complex64";

export interface FixtureOptions {
  readonly width: number;
  readonly height: number;
  /** One array a band, height x width, row-major. */
  readonly planes: readonly ArrayLike<number>[];
  readonly type?: FixtureType;
  readonly layout?: "chunky" | "planar";
  /** Side of square tiles, a multiple of 16; strips of `rowsPerStrip` without it. */
  readonly tileSize?: number;
  readonly rowsPerStrip?: number;
  readonly compression?: "none" | "deflate";
  readonly bigTiff?: boolean;
  readonly bigEndian?: boolean;
  readonly descriptions?: readonly (string | undefined)[];
  readonly scales?: readonly number[];
  readonly offsets?: readonly number[];
  readonly nodata?: string;
  readonly dateTime?: string;
  /** Pixel corners to CRS coordinates; written as scale and tie point where north-up. */
  readonly transform?: readonly [number, number, number, number, number, number];
  readonly epsg?: number;
  readonly geographic?: boolean;
  /** GTRasterTypeGeoKey 2: `transform` then speaks of pixel centres. */
  readonly pixelIsPoint?: boolean;
  /** A 1-bit mask of the same size as a second image. */
  readonly mask?: ArrayLike<number>;
}

type FieldType = "ascii" | "short" | "long" | "double" | "long8";
type Field = readonly [tag: number, type: FieldType, values: string | readonly number[]];

const FIELD_CODE = { ascii: 2, short: 3, long: 4, double: 12, long8: 16 } as const;
const FIELD_BYTES = { ascii: 1, short: 2, long: 4, double: 8, long8: 8 } as const;
const SAMPLE = {
  uint8: [1, 8],
  uint16: [1, 16],
  uint32: [1, 32],
  int16: [2, 16],
  float32: [3, 32],
  float64: [3, 64],
  complex64: [6, 64],
} as const;

/** 12 planes whose value is a formula of band, row and column, for fixtures. */
export function bandPlanes(
  width: number,
  height: number,
  value: (band: number, row: number, column: number) => number,
): number[][] {
  return BANDS.map((_, band) =>
    Array.from({ length: width * height }, (__, i) => value(band, Math.floor(i / width), i % width)),
  );
}

/** A small (Big)TIFF, made without any TIFF library, for tests. */
export function makeGeoTiff(options: FixtureOptions): Uint8Array {
  const writer = new TiffWriter(options.bigEndian !== true, options.bigTiff === true);
  const blocks = blocksOf(options).map((bytes) => writer.append(bytes));
  const images = [mainFields(options, blocks)];
  if (options.mask !== undefined)
    images.push(maskFields(options, writer.append(deflateSync(maskBytes(options, options.mask)))));
  return writer.finish(images);
}

interface BlockPlace {
  readonly offset: number;
  readonly length: number;
}

class TiffWriter {
  private readonly little: boolean;
  private readonly big: boolean;
  private bytes: number[] = [];

  constructor(little: boolean, big: boolean) {
    this.little = little;
    this.big = big;
    this.bytes = [...(little ? [0x49, 0x49] : [0x4d, 0x4d]), ...this.number(big ? 43 : 42, 2)];
    if (big) this.bytes.push(...this.number(8, 2), ...this.number(0, 2));
    this.bytes.push(...this.number(0, big ? 8 : 4));
  }

  append(bytes: Uint8Array): BlockPlace {
    if (this.bytes.length % 2 === 1) this.bytes.push(0);
    const offset = this.bytes.length;
    for (const byte of bytes) this.bytes.push(byte);
    return { offset, length: bytes.length };
  }

  finish(images: readonly (readonly Field[])[]): Uint8Array {
    const offsetBytes = this.big ? 8 : 4;
    let pointerAt = this.big ? 8 : 4;
    for (const fields of images) {
      const sorted = [...fields].sort((a, b) => a[0] - b[0]);
      const entries = sorted.map((field) => this.entry(field));
      const { offset } = this.append(new Uint8Array(0));
      this.bytes.splice(pointerAt, offsetBytes, ...this.number(offset, offsetBytes));
      this.bytes.push(...this.number(entries.length, this.big ? 8 : 2), ...entries.flat());
      pointerAt = this.bytes.length;
      this.bytes.push(...this.number(0, offsetBytes));
    }
    return Uint8Array.from(this.bytes);
  }

  private entry([tag, type, values]: Field): number[] {
    const numbers = typeof values === "string" ? [...Buffer.from(`${values}\0`)] : values;
    const payload = numbers.flatMap((value) =>
      type === "double" ? this.double(value) : this.number(value, FIELD_BYTES[type]),
    );
    const inline = this.big ? 8 : 4;
    const value =
      payload.length <= inline ? payload : this.number(this.append(Uint8Array.from(payload)).offset, inline);
    const padded = [...value, ...Array<number>(inline - value.length).fill(0)];
    return [
      ...this.number(tag, 2),
      ...this.number(FIELD_CODE[type], 2),
      ...this.number(numbers.length, this.big ? 8 : 4),
      ...padded,
    ];
  }

  private number(value: number, size: number): number[] {
    const bytes = Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
    return this.little ? bytes : bytes.reverse();
  }

  private double(value: number): number[] {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value, this.little);
    return [...new Uint8Array(view.buffer)];
  }
}

function blocksOf(options: FixtureOptions): Uint8Array[] {
  const { width, height, planes, layout = "chunky", tileSize, rowsPerStrip = height } = options;
  const [blockWidth, blockHeight] = tileSize === undefined ? [width, rowsPerStrip] : [tileSize, tileSize];
  const groups = layout === "planar" ? planes.map((plane) => [plane]) : [planes];
  const blocks: Uint8Array[] = [];
  for (const group of groups) {
    for (let y = 0; y < height; y += blockHeight) {
      for (let x = 0; x < width; x += blockWidth) {
        const rows = tileSize === undefined ? Math.min(blockHeight, height - y) : blockHeight;
        const raw = encodeBlock(options, group, { x, y, width: blockWidth, height: rows });
        blocks.push(options.compression === "deflate" ? deflateSync(raw) : raw);
      }
    }
  }
  return blocks;
}

function encodeBlock(
  options: FixtureOptions,
  group: readonly ArrayLike<number>[],
  block: { x: number; y: number; width: number; height: number },
): Uint8Array {
  const type = options.type ?? "uint16";
  const size = SAMPLE[type][1] / 8;
  const view = new DataView(new ArrayBuffer(block.width * block.height * group.length * size));
  const little = options.bigEndian !== true;
  let at = 0;
  for (let r = 0; r < block.height; r++) {
    for (let c = 0; c < block.width; c++) {
      const inside = block.y + r < options.height && block.x + c < options.width;
      for (const plane of group) {
        const value = inside ? (plane[(block.y + r) * options.width + block.x + c] ?? 0) : 0;
        if (type === "uint8") view.setUint8(at, value);
        else if (type === "uint16") view.setUint16(at, value, little);
        else if (type === "int16") view.setInt16(at, value, little);
        else if (type === "uint32") view.setUint32(at, value, little);
        else if (type === "float64") view.setFloat64(at, value, little);
        else view.setFloat32(at, value, little);
        at += size;
      }
    }
  }
  return new Uint8Array(view.buffer);
}

function mainFields(options: FixtureOptions, blocks: readonly BlockPlace[]): Field[] {
  const { width, height, planes, tileSize, rowsPerStrip = height } = options;
  const [format, bits] = SAMPLE[options.type ?? "uint16"];
  const pointer: FieldType = options.bigTiff === true ? "long8" : "long";
  const [offsets, lengths] = [blocks.map((block) => block.offset), blocks.map((block) => block.length)];
  const fields: Field[] = [
    [256, "long", [width]],
    [257, "long", [height]],
    [258, "short", planes.map(() => bits)],
    [259, "short", [options.compression === "deflate" ? 8 : 1]],
    [262, "short", [1]],
    [277, "short", [planes.length]],
    [284, "short", [options.layout === "planar" ? 2 : 1]],
    [339, "short", planes.map(() => format)],
  ];
  if (planes.length > 1) fields.push([338, "short", planes.slice(1).map(() => 0)]);
  if (tileSize === undefined)
    fields.push([273, pointer, offsets], [278, "long", [rowsPerStrip]], [279, pointer, lengths]);
  else
    fields.push([322, "long", [tileSize]], [323, "long", [tileSize]], [324, pointer, offsets], [325, pointer, lengths]);
  if (options.dateTime !== undefined) fields.push([306, "ascii", options.dateTime]);
  if (options.nodata !== undefined) fields.push([42113, "ascii", options.nodata]);
  const items = metadataItems(options);
  if (items.length > 0) fields.push([42112, "ascii", `<GDALMetadata>\n${items.join("\n")}\n</GDALMetadata>\n`]);
  return [...fields, ...geoFields(options)];
}

function metadataItems({ descriptions = [], scales = [], offsets = [] }: FixtureOptions): string[] {
  const item = (name: string, role: string) => (value: string | number | undefined, sample: number) =>
    value === undefined ? [] : [`  <Item name="${name}" sample="${sample}" role="${role}">${value}</Item>`];
  return [
    ...descriptions.flatMap(item("DESCRIPTION", "description")),
    ...offsets.flatMap(item("OFFSET", "offset")),
    ...scales.flatMap(item("SCALE", "scale")),
  ];
}

function geoFields({ transform, epsg, geographic = false, pixelIsPoint = false }: FixtureOptions): Field[] {
  const fields: Field[] = [];
  if (transform !== undefined) {
    const [a, b, c, d, e, f] = transform;
    if (b === 0 && d === 0 && e < 0) fields.push([33550, "double", [a, -e, 0]], [33922, "double", [0, 0, 0, c, f, 0]]);
    else fields.push([34264, "double", [a, b, 0, c, d, e, 0, f, 0, 0, 0, 0, 0, 0, 0, 1]]);
  }
  if (epsg !== undefined) {
    const keys = [
      [1024, 0, 1, geographic ? 2 : 1],
      [1025, 0, 1, pixelIsPoint ? 2 : 1],
      [geographic ? 2048 : 3072, 0, 1, epsg],
    ];
    fields.push([34735, "short", [1, 1, 0, keys.length, ...keys.flat()]]);
  }
  return fields;
}

function maskBytes({ width, height }: FixtureOptions, mask: ArrayLike<number>): Uint8Array {
  const stride = Math.ceil(width / 8);
  const bytes = new Uint8Array(stride * height);
  for (let i = 0; i < width * height; i++) {
    const [row, column] = [Math.floor(i / width), i % width];
    if (mask[i] !== 0)
      bytes[row * stride + (column >> 3)] = (bytes[row * stride + (column >> 3)] ?? 0) | (0x80 >> (column & 7));
  }
  return bytes;
}

function maskFields({ width, height }: FixtureOptions, block: BlockPlace): Field[] {
  return [
    [254, "long", [4]],
    [256, "long", [width]],
    [257, "long", [height]],
    [258, "short", [1]],
    [259, "short", [8]],
    [262, "short", [4]],
    [273, "long", [block.offset]],
    [277, "short", [1]],
    [278, "long", [height]],
    [279, "long", [block.length]],
    [284, "short", [1]],
    [339, "short", [1]],
  ];
}

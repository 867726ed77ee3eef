import assert from "node:assert/strict";

/** A NumPy array of three axes. */
export interface NpyPlanes {
  readonly planes: number;
  readonly height: number;
  readonly width: number;
  readonly at: (plane: number, y: number, x: number) => number;
}

/** Reads what encodeNpy writes: u1, u2 or f4, little endian, C order. */
export function readNpy(bytes: Uint8Array): NpyPlanes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  assert.equal(Buffer.from(bytes.subarray(1, 6)).toString("latin1"), "NUMPY");
  const start = 10 + view.getUint16(8, true);
  const header = Buffer.from(bytes.subarray(10, start)).toString("latin1");
  const [, type = ""] = /'descr': '[<|](\w\d)'/.exec(header) ?? [];
  const [, shape = ""] = /'shape': \(([\d, ]+)\)/.exec(header) ?? [];
  const [planes = 0, height = 0, width = 0] = shape.split(",").map(Number);
  const size = Number(type.slice(1));
  const read = (i: number): number => {
    if (type === "u1") return view.getUint8(start + i);
    return type === "u2" ? view.getUint16(start + 2 * i, true) : view.getFloat32(start + 4 * i, true);
  };
  assert.equal(bytes.length - start, planes * height * width * size);
  return { planes, height, width, at: (plane, y, x) => read((plane * height + y) * width + x) };
}

import type { PlanarImage } from "./render-planes.js";

/**
 * The bytes of a NumPy file (format 1.0, little endian) of shape (planes, height, width): what `numpy.load` and the numpytiles
 * specification read.
 */
export function encodeNpy(image: PlanarImage): Uint8Array {
  const shape = `(${image.planes}, ${image.height}, ${image.width})`;
  const description = `{'descr': '${descriptor(image.samples)}', 'fortran_order': False, 'shape': ${shape}, }`;
  // Magic, version and length take 10 bytes; the header ends in a newline at a multiple of 64.
  const headerLength = Math.ceil((10 + description.length + 1) / 64) * 64 - 10;
  const out = new Uint8Array(10 + headerLength + image.samples.byteLength);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, headerLength & 255, headerLength >> 8]);
  out.set(new TextEncoder().encode(`${description.padEnd(headerLength - 1)}\n`), 10);
  const { buffer, byteOffset, byteLength } = image.samples;
  out.set(new Uint8Array(buffer, byteOffset, byteLength), 10 + headerLength);
  return out;
}

/** What `encodeNpy` has written; the samples are a copy. */
export function decodeNpy(bytes: Uint8Array): Omit<PlanarImage, "kind" | "coverage"> {
  const at = 10 + ((bytes[8] ?? 0) | ((bytes[9] ?? 0) << 8));
  const header = new TextDecoder().decode(bytes.subarray(10, at));
  const [, type] = /'descr': '([^']+)'/.exec(header) ?? [];
  const [, shape = ""] = /'shape': \(([^)]*)\)/.exec(header) ?? [];
  const [planes = 0, height = 0, width = 0] = shape.split(",").map(Number);
  const { buffer } = bytes.slice(at);
  const samples =
    type === "|u1" ? new Uint8Array(buffer) : type === "<u2" ? new Uint16Array(buffer) : new Float32Array(buffer);
  return { planes, height, width, samples };
}

function descriptor(samples: PlanarImage["samples"]): string {
  if (samples instanceof Uint8Array) return "|u1";
  return samples instanceof Uint16Array ? "<u2" : "<f4";
}

import { deflateSync } from "node:zlib";
import { SECTION, type Section } from "../container/chunk.js";

/** What is known of a chunk's pixels. */
export interface ChunkMask {
  readonly width: number;
  readonly height: number;
  /** Row-major, 1 = valid. */
  readonly valid: Uint8Array;
  readonly classes: Uint8Array | undefined;
  /** Of a mosaic: where each pixel comes from (core/provenance). */
  readonly provenance?: Uint8Array | undefined;
}

/** What a chunk stores of its pixels' validity, scene classes and provenance. */
export function maskSections({
  valid,
  classes,
  provenance,
}: Pick<ChunkMask, "valid" | "classes" | "provenance">): readonly Section[] {
  const from =
    provenance === undefined ? [] : [{ kind: SECTION.provenance, bytes: deflateSync(provenance, { level: 9 }) }];
  return [...validitySection(valid), ...classesSection(classes), ...from];
}

/** Nothing where all pixels are valid, an empty section where none is, else one bit a pixel, deflated. */
function validitySection(valid: Uint8Array): Section[] {
  if (valid.every((v) => v !== 0)) return [];
  if (valid.every((v) => v === 0)) return [{ kind: SECTION.validity, bytes: new Uint8Array() }];
  const bits = new Uint8Array(Math.ceil(valid.length / 8));
  for (let i = 0; i < valid.length; i++) if (valid[i] !== 0) bits[i >> 3] = (bits[i >> 3] ?? 0) | (128 >> (i & 7));
  return [{ kind: SECTION.validity, bytes: deflateSync(bits, { level: 9 }) }];
}

/** SCL codes, 4 bits a pixel, deflated. */
function classesSection(classes: Uint8Array | undefined): Section[] {
  if (classes === undefined) return [];
  const nibbles = new Uint8Array(Math.ceil(classes.length / 2));
  for (let i = 0; i < classes.length; i++)
    nibbles[i >> 1] = (nibbles[i >> 1] ?? 0) | (((classes[i] ?? 0) & 15) << (i & 1 ? 0 : 4));
  return [{ kind: SECTION.classes, bytes: deflateSync(nibbles, { level: 9 }) }];
}

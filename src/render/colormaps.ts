import { inflateSync } from "node:zlib";
import { InvalidRequestError } from "../core/errors.js";
import { COLORMAP_BYTES, COLORMAP_NAMES } from "./colormap-tables.js";

const ENTRIES = 256;
const TABLE_BYTES = 3 * ENTRIES;
const POSITIONS: ReadonlyMap<string, number> = new Map(COLORMAP_NAMES.map((name, i) => [name, i]));
let unpacked: Uint8Array | undefined;

/** Names of all colormaps, sorted: those of rio-tiler and TiTiler, which are matplotlib's in lower case, most also reversed with the suffix `_r`. */
export function listColormaps(): readonly string[] {
  return COLORMAP_NAMES;
}

/** True for a name of `listColormaps`. */
export function isColormapName(name: string): boolean {
  return POSITIONS.has(name);
}

/**
 * The table of a colormap: 256 x RGB, entry i at bytes 3i to 3i + 2. A fresh copy that the caller owns.
 *
 * @throws InvalidRequestError when there is no such colormap.
 */
export function colormapTable(name: string): Uint8Array {
  const position = POSITIONS.get(name);
  if (position === undefined) throw unknownColormap(name);
  unpacked ??= inflateSync(Buffer.from(COLORMAP_BYTES, "base64"));
  const table = new Uint8Array(TABLE_BYTES);
  for (let channel = 0; channel < 3; channel++) {
    let value = 0;
    for (let i = 0; i < ENTRIES; i++) {
      value = (value + (unpacked[position * TABLE_BYTES + channel * ENTRIES + i] ?? 0)) & 255;
      table[3 * i + channel] = value;
    }
  }
  return table;
}

/** The error for a name that isn't known; lists a few that are. */
export function unknownColormap(name: string): InvalidRequestError {
  return new InvalidRequestError(
    `Colormap "${name.slice(0, 40)}" is not known; wanted one of viridis, magma, cividis, rdylgn, greens, gray, terrain, turbo ` +
      `or another of the ${COLORMAP_NAMES.length} listed at /colorMaps`,
  );
}

import { InvalidRequestError } from "../core/errors.js";
import { COLORMAP_TABLES } from "./colormap-tables.js";

type BaseName = keyof typeof COLORMAP_TABLES;

/** Names of all colormaps, sorted: matplotlib's in lower case, each also reversed with the suffix `_r`. */
export function listColormaps(): readonly string[] {
  return Object.keys(COLORMAP_TABLES)
    .flatMap((name) => [name, `${name}_r`])
    .toSorted();
}

/** True for a name of `listColormaps`. */
export function isColormapName(name: string): boolean {
  return isBaseName(name.replace(/_r$/, ""));
}

/**
 * The table of a colormap: 256 x RGB, entry i at bytes 3i to 3i + 2. A fresh copy that the caller owns.
 *
 * @throws InvalidRequestError when there is no such colormap.
 */
export function colormapTable(name: string): Uint8Array {
  const base = name.replace(/_r$/, "");
  if (!isBaseName(base)) throw unknownColormap(name);
  const table = new Uint8Array(Buffer.from(COLORMAP_TABLES[base], "base64"));
  return base === name ? table : reversed(table);
}

/** The error for a name that isn't known; lists a few that are. */
export function unknownColormap(name: string): InvalidRequestError {
  return new InvalidRequestError(
    `Colormap "${name.slice(0, 40)}" is not known; wanted one of viridis, magma, cividis, rdylgn, greens, gray, terrain, turbo ` +
      `or another of the ${Object.keys(COLORMAP_TABLES).length} listed at /colorMaps, each also with the suffix _r`,
  );
}

function isBaseName(name: string): name is BaseName {
  return Object.hasOwn(COLORMAP_TABLES, name);
}

function reversed(table: Uint8Array): Uint8Array {
  const out = new Uint8Array(table.length);
  for (let i = 0; i < 256; i++) out.set(table.subarray(3 * i, 3 * i + 3), 3 * (255 - i));
  return out;
}

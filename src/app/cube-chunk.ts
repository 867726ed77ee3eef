import { BANDS, isBandName, type BandName } from "../core/bands.js";
import { CHUNK_PX } from "../core/geometry.js";
import { PROVENANCE } from "../core/provenance.js";
import type { PixelWindow } from "../core/raster.js";
import { decodeWindow, rectOfPixels } from "../tile/decode-window.js";
import { openItem } from "../tile/open-item.js";
import { chunkOnItem, type Cube, type CubeItem } from "../tile/cube.js";
import { windowMask } from "../tile/window-mask.js";
import type { FillSubject } from "../tile/fill/guide.js";
import { fillSubjectOf, identityOfSubject, putInferred, type FillUse } from "./filled-cube.js";
import { keptBranch } from "./kept-branch.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import type { Block, VirtualUse } from "./virtual-assets.js";

/** What a cube holds of each date: bands, scene classes, and, of mosaics, where pixels come from; of dates without their clouds, what is inferred. */
export const CUBE_VARIABLES = [...BANDS, "scl", "provenance", "inferred"] as const;
export type CubeVariable = (typeof CUBE_VARIABLES)[number];

/** Digital number that stands for a pixel without one: none that is real comes near it. */
export const CUBE_HOLE = 65_535;

/** Which chunk of a cube's variable: 1 date, 256 x 256 pixels. */
export interface CubeChunk {
  /** Whether what clouds hide is filled from other dates. */
  readonly filled: boolean;
  readonly variable: CubeVariable;
  readonly time: number;
  readonly row: number;
  readonly column: number;
}

/** About as many bytes as decoding a chunk of one item holds at once, and filling it from each date that it is filled from. */
const CUBE_CHUNK_BYTES = 4 * CHUNK_PX ** 2 * 5;
const FILLED_CHUNK_BYTES = 4 * CHUNK_PX ** 2 * BANDS.length;

/** A chunk that some item reaches. */
export interface CubeBlock {
  /** Changes when its bytes may. */
  readonly identity: string;
  /** When it is read. */
  readonly length: number;
  /** About as many bytes as making it holds at once; undefined where making it waits for its own memory. */
  readonly makingBytes: number | undefined;
  /**
   * Row-major and little-endian: uint16 digital numbers, or uint8 codes; a pixel is the first valid one of the date's items. Undefined where
   * nothing was observed.
   */
  read(signal: AbortSignal): Promise<Uint8Array | undefined>;
}

/** What making chunks uses. */
export type CubeUse = VirtualUse & FillUse;

/** Finds what a chunk is made of; undefined where no item reaches it. */
export async function cubeBlock(cube: Cube, chunk: CubeChunk, use: CubeUse): Promise<CubeBlock | undefined> {
  const reaching = (cube.items[chunk.time] ?? []).flatMap((part) => {
    const window = chunkOnItem(part, chunk);
    return window === undefined ? [] : [{ part, window }];
  });
  if (reaching.length === 0) return undefined;
  const stamped = await use.stamps.stamp(reaching.map(({ part }) => part.item));
  const parts = await Promise.all(
    reaching.map(async ({ part, window }, i): Promise<Part> => {
      const item = stamped[i] ?? part.item;
      return { part: { ...part, item }, window, subject: chunk.filled ? await fillSubjectOf(item, use) : undefined };
    }),
  );
  const told = parts.map(
    ({ part: { item }, window: { x, y }, subject }) =>
      `${item.href}#${item.checksum}@${x},${y}${subject === undefined ? "" : `<${identityOfSubject(subject)}`}`,
  );
  const references = Math.max(0, ...parts.map(({ subject }) => 1 + (subject?.references.length ?? -1)));
  const identity = `cube/${chunk.filled ? "inpaint/" : ""}${chunk.variable}/${told.join("+")}`;
  return {
    identity,
    length: CHUNK_PX ** 2 * (isBandName(chunk.variable) ? 2 : 1),
    makingBytes: CUBE_CHUNK_BYTES + references * FILLED_CHUNK_BYTES,
    async read(signal) {
      const href = parts[0]?.part.item.href ?? "";
      const load = async (shared: AbortSignal): Promise<Block> => ({
        href,
        bytes: await draw(parts, chunk, { use, signal: shared }),
      });
      const { bytes } = await use.blocks.get(identity, load, signal);
      return bytes.length === 0 ? undefined : bytes;
    },
  };
}

interface Part {
  readonly part: CubeItem;
  /** In the item's pixels. */
  readonly window: PixelWindow;
  /** Where it is filled. */
  readonly subject: FillSubject | undefined;
}

/** Nothing at all where no pixel is valid. */
async function draw(
  parts: readonly Part[],
  chunk: CubeChunk,
  how: { readonly use: CubeUse; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const { variable } = chunk;
  const out = isBandName(variable)
    ? new Uint16Array(CHUNK_PX ** 2).fill(CUBE_HOLE)
    : new Uint8Array(CHUNK_PX ** 2).fill(EMPTY[variable]);
  const hole = out[0] ?? 0;
  let isEmpty = true;
  for (const { part, window, subject } of parts) {
    const container = await openItem(part.item, how.use.reader, how.signal);
    const band = isBandName(variable) ? variable : undefined;
    const values = isBandName(variable)
      ? await bandValues(container, { window, band: variable }, how)
      : variable === "inferred"
        ? new Uint8Array(window.width * window.height)
        : await codes(container, { window, kind: variable }, how);
    if (values === undefined) continue;
    if (subject !== undefined)
      await putInferred(subject, { window, band }, { fills: how.use.fills, signal: how.signal }, values);
    const [left, top] = [window.x + part.column - chunk.column * CHUNK_PX, window.y + part.row - chunk.row * CHUNK_PX];
    for (let r = 0; r < window.height; r++) {
      for (let c = 0; c < window.width; c++) {
        const [from, to] = [r * window.width + c, (top + r) * CHUNK_PX + left + c];
        const value = values[from] ?? hole;
        if (value === hole || out[to] !== hole) continue;
        out[to] = value;
        isEmpty = false;
      }
    }
  }
  return isEmpty ? new Uint8Array() : new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
}

const EMPTY = { scl: 0, provenance: PROVENANCE.none, inferred: 0 } as const;

/** Digital numbers of a window, CUBE_HOLE where there is none; undefined of a band that the source lacked. */
async function bandValues(
  container: OpenContainer,
  { window, band }: { readonly window: PixelWindow; readonly band: BandName },
  { use, signal }: { readonly use: VirtualUse; readonly signal: AbortSignal },
): Promise<Uint16Array | undefined> {
  if (container.cog.metadata.absent?.includes(band) === true) return undefined;
  const rect = rectOfPixels(window);
  const kept = await keptBranch(container, { level: 0, rect }, use);
  const decoded = await decodeWindow({ container, level: 0, rect, bands: [band], kept }, use, signal);
  const valid = windowMask(decoded.masks, window);
  const out = new Uint16Array(window.width * window.height);
  for (let r = 0; r < window.height; r++) {
    const from = (window.y + r - decoded.window.y) * decoded.window.width + window.x - decoded.window.x;
    for (let c = 0; c < window.width; c++) {
      const at = r * window.width + c;
      const value = Math.floor((decoded.pixels[from + c] ?? 0) + 0.5);
      out[at] = valid !== "all" && valid[at] === 0 ? CUBE_HOLE : Math.max(0, Math.min(CUBE_HOLE - 1, value));
    }
  }
  return out;
}

/** Scene classes or provenance of a window, one byte a pixel; undefined where the container keeps none. */
async function codes(
  container: OpenContainer,
  { window, kind }: { readonly window: PixelWindow; readonly kind: "scl" | "provenance" },
  { use, signal }: { readonly use: VirtualUse; readonly signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  const [full] = container.cog.levels;
  if (full === undefined) return undefined;
  const out = new Uint8Array(window.width * window.height).fill(EMPTY[kind]);
  let found = false;
  const { x, y, width, height } = window;
  for (let row = Math.floor(y / CHUNK_PX); row * CHUNK_PX < y + height; row++) {
    for (let column = Math.floor(x / CHUNK_PX); column * CHUNK_PX < x + width; column++) {
      const chunk = await use.reader.chunk(container, 0, row * full.chunkColumns + column, signal);
      const source = kind === "scl" ? chunk.classes : chunk.provenance;
      if (source === undefined) continue;
      found = true;
      const stride = Math.min(CHUNK_PX, full.width - column * CHUNK_PX);
      const [x0, x1] = [Math.max(x, column * CHUNK_PX), Math.min(x + width, column * CHUNK_PX + stride)];
      for (let r = Math.max(y, row * CHUNK_PX); r < Math.min(y + height, (row + 1) * CHUNK_PX); r++) {
        const from = (r - row * CHUNK_PX) * stride - column * CHUNK_PX;
        out.set(source.subarray(from + x0, from + x1), (r - y) * width + x0 - x);
      }
    }
  }
  return found ? out : undefined;
}

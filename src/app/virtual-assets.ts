import { layOutCog, COG_TILE_PX, tilesBetween, type CogTile, type VirtualCog } from "../container/virtual-cog.js";
import { chunkSize, type TecCog } from "../container/tec-cog.js";
import type { GeoTiffPlan } from "../container/geotiff-tags.js";
import { sharedLoad } from "../core/shared-cache.js";
import type { StoredArray } from "../core/stored-numbers.js";
import { BANDS, isBandName, type BandName } from "../core/bands.js";
import { NotFoundError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import { DEFAULT_RENDER, RENDERS } from "../core/render-presets.js";
import { parseRenderSpec } from "../render/parse-render-spec.js";
import { renderRaster } from "../render/render-raster.js";
import { requiredBands, type RenderSpec } from "../render/render-spec.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import { decodeStored, decodeWindow, rectOfPixels, type DecodedWindow } from "../tile/decode-window.js";
import { blockOf, holeOf, physical, storedTiles, storedUnitsOf } from "../tile/stored-tile.js";
import { windowMask } from "../tile/window-mask.js";
import { keptBranch } from "./kept-branch.js";
import type { Services } from "./services.js";

/** What can be read of an item as a COG: a band, true colour, scene classes, which pixels are valid. */
export const VIRTUAL_ASSETS = [...BANDS, "visual", "scl", "valid"] as const;
export type VirtualAssetName = (typeof VIRTUAL_ASSETS)[number];

export function isVirtualAsset(name: string): name is VirtualAssetName {
  return (VIRTUAL_ASSETS as readonly string[]).includes(name);
}

/** False for a band that the item lacks, and for true colour without its bands. */
export function holdsAsset(name: VirtualAssetName, absent: readonly BandName[] = []): boolean {
  const bands = isBandName(name) ? [name] : name === "visual" ? requiredBands(VISUAL) : [];
  return !bands.some((band) => absent.includes(band));
}

/** What decoding tiles uses. */
export type VirtualUse = Pick<Services, "reader" | "networks" | "blocks">;

/** A COG whose tiles are decoded when they are read. */
export interface VirtualAsset {
  readonly cog: VirtualCog;
  /** About as many bytes as decoding a span of tiles holds at once. */
  readonly decodingBytes: number;
  /** Bytes [from, to) of the file, in pieces; a few tiles are decoded ahead of who reads. */
  read(from: number, to: number, signal: AbortSignal): AsyncGenerator<Uint8Array>;
}

/** Tiles side by side that are decoded together, at most: their halo is that of one window, and neighbours are read together. */
const SPAN = 4;
/** Spans decoded while those before are sent. */
const AHEAD = 2;

/** @throws NotFoundError for scene classes of a file that has none, and for absent bands. */
export function virtualAsset(container: OpenContainer, name: VirtualAssetName, use: VirtualUse): VirtualAsset {
  const { cog: source, tokens } = container;
  const plan = planOf(source, name);
  const cog = layoutOf(source, name, plan);
  const key = `${container.key}/${tokens ?? "all"}/${name}`;
  const decode = decoderOf(container, name, use);

  /** All of a span, which lies in one piece of the file. */
  async function readSpan(span: Span, signal: AbortSignal): Promise<Uint8Array> {
    const made = sharedLoad(async (shared) => bytesOf(await decode(span, shared)));
    const { level, row, column, count } = span;
    const blocks = Array.from({ length: count }, (_, i) =>
      use.blocks.get(
        `${key}/${level}/${row}/${column + i}`,
        async (shared) => {
          const bytes = await made(shared);
          return { href: container.href, bytes: bytes.subarray(i * cog.tileBytes, (i + 1) * cog.tileBytes) };
        },
        signal,
      ),
    );
    return joined((await Promise.all(blocks)).map(({ bytes }) => bytes));
  }

  return {
    cog,
    decodingBytes: SPAN * 4 * COG_TILE_PX ** 2 * (name === "visual" ? 12 : 5),
    async *read(from, to, signal) {
      if (from < cog.header.length) yield cog.header.subarray(from, to);
      const isKept = ({ level, row, column }: TilePlace): boolean =>
        use.blocks.peek(`${key}/${level}/${row}/${column}`) !== undefined;
      const spans = spansOf(tilesBetween(cog, from, to), isKept);
      const queue: { readonly offset: number; readonly bytes: Promise<Uint8Array> }[] = [];
      for (;;) {
        while (queue.length < AHEAD) {
          const { value: span } = spans.next();
          if (span === undefined) break;
          const bytes = readSpan(span, signal);
          // One that fails while those before are sent is told of in its turn.
          bytes.catch(() => undefined);
          queue.push({ offset: span.offset, bytes });
        }
        const next = queue.shift();
        if (next === undefined) return;
        const bytes = await next.bytes;
        yield bytes.subarray(Math.max(0, from - next.offset), Math.min(bytes.length, to - next.offset));
      }
    },
  };
}

/** Tiles side by side, and the byte of the file where the first begins. */
interface Span extends TilePlace {
  readonly count: number;
  readonly offset: number;
}

/** Tiles in the file's order as spans of such as are all kept or all to be decoded. */
function* spansOf(tiles: Iterable<CogTile>, isKept: (tile: TilePlace) => boolean): Generator<Span> {
  let span: (Span & { readonly kept: boolean }) | undefined;
  for (const tile of tiles) {
    const kept = isKept(tile);
    const joins = span !== undefined && span.count < SPAN && span.level === tile.level && span.row === tile.row;
    if (joins && span?.kept === kept) span = { ...span, count: span.count + 1 };
    else {
      if (span !== undefined) yield span;
      span = { ...tile, count: 1, kept };
    }
  }
  if (span !== undefined) yield span;
}

/** Pieces that follow one another, without a copy where they do so in memory. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array()] = pieces;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let end = first.byteOffset;
  const inPlace = pieces.every(({ buffer, byteOffset, length: bytes }) => {
    const follows = buffer === first.buffer && byteOffset === end;
    end += bytes;
    return follows;
  });
  return inPlace ? new Uint8Array(first.buffer, first.byteOffset, length) : Buffer.concat(pieces, length);
}

/** A tile as the cache keeps it. */
export interface Block {
  /** Where the container lies. */
  readonly href: string;
  readonly bytes: Uint8Array;
}

interface TilePlace {
  readonly level: number;
  readonly row: number;
  readonly column: number;
}

const layouts = new WeakMap<TecCog, Map<string, VirtualCog>>();

/** Kept as long as the container is open: a client asks for the header and then, again and again, for tiles. */
function layoutOf(source: TecCog, name: string, plan: GeoTiffPlan): VirtualCog {
  const known = layouts.get(source) ?? new Map<string, VirtualCog>();
  layouts.set(source, known);
  const layout = known.get(name) ?? layOutCog(plan, source.levels);
  known.set(name, layout);
  return layout;
}

function planOf({ levels, metadata, transform, crs, geoKeys, location }: TecCog, name: VirtualAssetName): GeoTiffPlan {
  const { width = 0, height = 0 } = levels[0] ?? {};
  const place = { width, height, transform, crs, geoKeys };
  const { units, absent = [] } = metadata;
  if (!holdsAsset(name, absent))
    throw new NotFoundError(
      `No ${name} in ${location.split("/").at(-1) ?? ""}: its source lacked ${absent.join(", ")}`,
    );
  if (isBandName(name))
    return { ...place, bands: [name], dtype: units.dtype, nodata: holeOf(units), ...physical(units) };
  if (name === "visual") return { ...place, bands: ["red", "green", "blue"], dtype: "uint8", nodata: 0, rgb: true };
  if (name === "scl" && !metadata.classes)
    throw new NotFoundError(`${location.split("/").at(-1) ?? ""} has no scene classes`);
  return { ...place, bands: [name], dtype: "uint8", nodata: name === "scl" ? 0 : undefined };
}

/** Gives a span's tiles, one after another. */
type SpanDecoder = (span: Span, signal: AbortSignal) => Promise<StoredArray>;

function decoderOf(container: OpenContainer, name: VirtualAssetName, use: VirtualUse): SpanDecoder {
  if (name === "scl" || name === "valid") {
    return async ({ level, row, column, count }, signal) => {
      const tiles = Array.from({ length: count }, (_, i) =>
        maskTile(container, { level, row, column: column + i }, { name, use, signal }),
      );
      return Buffer.concat(await Promise.all(tiles));
    };
  }
  const spec = isBandName(name) ? undefined : VISUAL;
  const bands: readonly BandName[] = isBandName(name) ? [name] : requiredBands(VISUAL);
  return async ({ level, row, column, count }, signal) => {
    const size = container.cog.levels[level];
    if (size === undefined) throw new RangeError(`level ${level} of ${container.cog.levels.length}`);
    const places = Array.from({ length: count }, (_, i) => ({
      x: (column + i) * COG_TILE_PX,
      y: row * COG_TILE_PX,
      ...chunkSize(size, row, column + i),
    }));
    const [first, last] = [chunkSize(size, row, column), chunkSize(size, row, column + count - 1)];
    const rect = rectOfPixels({
      x: column * COG_TILE_PX,
      y: row * COG_TILE_PX,
      width: (count - 1) * COG_TILE_PX + last.width,
      height: first.height,
    });
    const kept = await keptBranch(container, { level, rect }, use);
    const request = { container, level, rect, bands, kept };
    if (spec !== undefined) {
      const decoded = await decodeWindow(request, use, signal);
      return Buffer.concat(places.map((place) => visualTile(decoded, place, { spec, bands })));
    }
    const units = { ...storedUnitsOf(container.cog.metadata.units), block: blockOf(places, COG_TILE_PX) };
    const decoded = await decodeStored(request, units, use, signal);
    return storedTiles(decoded, places, { units, side: COG_TILE_PX, bands: 1 });
  };
}

const VISUAL: RenderSpec = parseRenderSpec(new URLSearchParams({ render: DEFAULT_RENDER, return_mask: "false" }), {
  format: "png",
  presets: RENDERS,
});

/** The masks of a tile are those of its chunk: nothing around it is read. */
async function maskTile(
  container: OpenContainer,
  { level, row, column }: TilePlace,
  { name, use, signal }: { readonly name: "scl" | "valid"; readonly use: VirtualUse; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const size = container.cog.levels[level];
  const { valid, classes } = await use.reader.chunk(
    container,
    level,
    row * Math.ceil((size?.width ?? 0) / COG_TILE_PX) + column,
    signal,
  );
  const out = new Uint8Array(COG_TILE_PX ** 2);
  const { width, height } = chunkSize(size ?? { width: 0, height: 0 }, row, column);
  for (let r = 0; r < height; r++) {
    const [at, from] = [r * COG_TILE_PX, r * width];
    if (name === "scl") out.set(classes?.subarray(from, from + width) ?? [], at);
    else if (valid === "all") out.fill(1, at, at + width);
    else if (valid !== "none") out.set(valid.subarray(from, from + width), at);
  }
  return out;
}

/** Red, green and blue, 1 to 255 where something was seen and 0 elsewhere, as in ESA's own true-colour images. */
function visualTile(
  { pixels, window, masks }: DecodedWindow,
  place: PixelWindow,
  { spec, bands }: { readonly spec: RenderSpec; readonly bands: readonly BandName[] },
): Uint8Array {
  const { width, height } = window;
  const whole = windowMask(masks, window);
  const valid = whole === "all" ? new Uint8Array(width * height).fill(1) : whole;
  const { samples, channels } = renderRaster({ kind: "raster", width, height, bands, samples: pixels, valid }, spec);
  const out = new Uint8Array(3 * COG_TILE_PX ** 2);
  for (let r = 0; r < place.height; r++) {
    for (let c = 0; c < place.width; c++) {
      const pixel = (place.y + r - window.y) * width + place.x + c - window.x;
      if (valid[pixel] === 0) continue;
      const at = 3 * (r * COG_TILE_PX + c);
      for (let b = 0; b < 3; b++) out[at + b] = Math.max(1, samples[pixel * channels + b] ?? 0);
    }
  }
  return out;
}

/** Little-endian, as TIFF and every machine that Node runs on have it. */
function bytesOf(samples: StoredArray): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

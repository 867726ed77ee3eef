import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { messageOf } from "../core/assert.js";
import { CorruptDataError, InvalidRequestError, NotFoundError, UnsupportedError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import { normaliseCrs } from "../geo/crs.js";
import { intersectWindow } from "./block.js";
import type { RasterFile } from "./raster-file.js";
import type { Georeference } from "./source-georeference.js";
import { geoTransformOf, metadataOf } from "./source-sidecar.js";
import { planeOf, type Samples } from "./source-tiff-block.js";
import type { BandTags, SampleType } from "./source-tiff-tags.js";
import { textAt } from "./source-xml.js";
import { parseVrt, type VrtBand, type VrtDocument, type VrtSource } from "./vrt-document.js";

const MAX_VRT_BYTES = 64 << 20;
/** VRTs of VRTs. */
const MAX_DEPTH = 4;

/** Opens a file that a VRT names. */
export type OpenSourceFile = (path: string, depth: number) => Promise<RasterFile>;

/**
 * Opens a local VRT (vrt-document) whose files are opened when they are read; bands without a name have that of their first file's band.
 *
 * @throws NotFoundError naming a file that is missing; UnsupportedError; CorruptDataError.
 */
export async function openVrt(path: string, openFile: OpenSourceFile, depth = 0): Promise<RasterFile> {
  if (depth > MAX_DEPTH) throw new UnsupportedError(`${path} is a VRT of VRTs, ${depth} deep; wanted ${MAX_DEPTH}`);
  const info = await stat(path);
  if (info.size > MAX_VRT_BYTES) throw new UnsupportedError(`${path} is a VRT of ${info.size} bytes`);
  const text = await readFile(path, "utf8");
  const document = parseVrt(text, path);
  const paths = [...new Set(document.bands.flatMap(({ sources }) => sources.map((source) => source.path)))];
  if (paths.includes(resolve(path))) throw new CorruptDataError(path, "it names itself as its source");
  const hash = createHash("sha256").update(text);
  for (const each of paths) {
    const { size, mtimeMs } = await stat(each).catch((cause: unknown) => {
      throw new NotFoundError(`${path} names ${each}, which can't be read: ${messageOf(cause)}`, { cause });
    });
    hash.update(`${each} ${size} ${mtimeMs}`);
  }
  const files = new SourceFiles((each) => openFile(each, depth + 1));
  try {
    const names = await Promise.all(document.bands.map((band) => describe(band, files)));
    return new VrtFile({ path, document, names, files, identity: hash.digest("hex") });
  } catch (error) {
    await files.close();
    throw error;
  }
}

class SourceFiles {
  private readonly open: (path: string) => Promise<RasterFile>;
  private readonly opened = new Map<string, Promise<RasterFile>>();

  constructor(open: (path: string) => Promise<RasterFile>) {
    this.open = open;
  }

  get(path: string): Promise<RasterFile> {
    const file = this.opened.get(path) ?? this.open(path);
    this.opened.set(path, file);
    return file;
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.opened.values());
    await Promise.all(all.flatMap((result) => (result.status === "fulfilled" ? [result.value.close()] : [])));
  }
}

async function describe({ description, sources }: VrtBand, files: SourceFiles): Promise<string | undefined> {
  const [first] = sources;
  if (description !== undefined || first === undefined) return description;
  return (await files.get(first.path)).tags.descriptions[first.sample];
}

interface VrtParts {
  readonly path: string;
  readonly document: VrtDocument;
  readonly names: readonly (string | undefined)[];
  readonly files: SourceFiles;
  readonly identity: string;
}

class VrtFile implements RasterFile {
  readonly location: string;
  readonly identity: string;
  readonly width: number;
  readonly height: number;
  readonly types: readonly SampleType[];
  readonly alpha: readonly number[];
  readonly tags: BandTags;
  readonly georeference: Georeference;
  readonly dateTime: string | undefined;
  private readonly parts: VrtParts;

  constructor(parts: VrtParts) {
    const { document, names } = parts;
    const { bands, root } = document;
    this.parts = parts;
    this.location = parts.path;
    this.identity = parts.identity;
    this.width = document.width;
    this.height = document.height;
    this.types = bands.map(({ type }) => type);
    this.alpha = bands.flatMap(({ isAlpha }, sample) => (isAlpha ? [sample] : []));
    const items = metadataOf(root);
    this.tags = {
      descriptions: names,
      scales: bands.map(({ scale }) => scale),
      offsets: bands.map(({ offset }) => offset),
      nodata: commonNodata(bands, parts.path),
      items,
    };
    this.dateTime = items["TIFFTAG_DATETIME"];
    const [crs, transform] = [textAt(root, "SRS"), geoTransformOf(textAt(root, "GeoTransform"))];
    this.georeference = {
      transform,
      crs: crs === undefined ? undefined : normaliseCrs(crs),
      geoKeys: undefined,
      warnings: [
        ...(transform === undefined ? ["it has no georeference (no GeoTransform)"] : []),
        ...(crs === undefined ? ["it names no CRS"] : []),
      ],
    };
  }

  async read(window: PixelWindow, samples: readonly number[], signal?: AbortSignal): Promise<readonly Samples[]> {
    const { width, height, location } = this;
    if (window.x < 0 || window.y < 0 || window.x + window.width > width || window.y + window.height > height)
      throw new InvalidRequestError(
        `Window ${window.x},${window.y} ${window.width} x ${window.height} reaches outside ${location}`,
      );
    return Promise.all(samples.map((sample) => this.readBand(sample, window, signal)));
  }

  async readMask(): Promise<undefined> {}

  close(): Promise<void> {
    return this.parts.files.close();
  }

  private async readBand(sample: number, window: PixelWindow, signal: AbortSignal | undefined): Promise<Samples> {
    const band = this.parts.document.bands[sample];
    if (band === undefined) throw new RangeError(`band ${sample} of ${this.location}`);
    const plane = planeOf(band.type, window.width * window.height);
    if (band.nodata !== undefined && band.nodata !== 0) plane.fill(band.nodata);
    for (const source of band.sources) {
      const target = intersectWindow(source.to, this);
      const part = common(target, window);
      if (part !== undefined) await this.place(source, part, { plane, window, type: band.type, signal });
    }
    return plane;
  }

  /** Copies a source's pixels, each repeated where it is coarser, into a part of the window. */
  private async place(
    { path, sample, from, to, nodata }: VrtSource,
    part: PixelWindow,
    into: {
      readonly plane: Samples;
      readonly window: PixelWindow;
      readonly type: SampleType;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<void> {
    const file = await this.parts.files.get(path);
    if (file.types[sample] !== into.type)
      throw new UnsupportedError(
        `Band ${sample + 1} of ${path} is ${file.types[sample] ?? "missing"}, in ${this.location} ${into.type}; wanted the same`,
      );
    const [across, down] = [to.width / from.width, to.height / from.height];
    const x0 = from.x + Math.floor((part.x - to.x) / across);
    const y0 = from.y + Math.floor((part.y - to.y) / down);
    const x1 = from.x + Math.ceil((part.x + part.width - to.x) / across);
    const y1 = from.y + Math.ceil((part.y + part.height - to.y) / down);
    if (x0 < 0 || y0 < 0 || x1 > file.width || y1 > file.height)
      throw new CorruptDataError(this.location, `it wants pixels beyond the edge of ${path}`);
    const need = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
    const [pixels] = await file.read(need, [sample], into.signal);
    const marker = nodata === undefined ? undefined : Math.fround(nodata);
    for (let r = 0; r < part.height; r++) {
      const row = (from.y + Math.floor((part.y + r - to.y) / down) - y0) * need.width;
      const at = (part.y + r - into.window.y) * into.window.width + part.x - into.window.x;
      for (let c = 0; c < part.width; c++) {
        const value = pixels?.[row + from.x + Math.floor((part.x + c - to.x) / across) - x0] ?? 0;
        if (marker !== undefined && (value === marker || (Number.isNaN(marker) && Number.isNaN(value)))) continue;
        into.plane[at + c] = value;
      }
    }
  }
}

function common(a: PixelWindow, b: PixelWindow): PixelWindow | undefined {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

function commonNodata(bands: readonly VrtBand[], path: string): number | undefined {
  const [first, ...others] = bands.flatMap(({ nodata, isAlpha }) => (isAlpha ? [] : [nodata]));
  const other = others.find((nodata) => !Object.is(nodata, first));
  if (other === undefined && others.every((nodata) => Object.is(nodata, first))) return first;
  throw new UnsupportedError(
    `${path} has the NoDataValue ${first ?? "none"} in one band and ${other ?? "none"} in another; wanted one`,
  );
}

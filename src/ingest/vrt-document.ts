import { dirname, resolve } from "node:path";
import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import { bandFileOf } from "./band-files.js";
import { findAll, parseXml, textAt, type XmlElement } from "./source-xml.js";
import type { SampleType } from "./source-tiff-tags.js";

/** Pixels of one file's band that stand somewhere in a VRT's band. */
export interface VrtSource {
  readonly path: string;
  /** From 0. */
  readonly sample: number;
  /** Of the file, and where they come to lie; of one size, or of sizes by whole factors. */
  readonly from: PixelWindow;
  readonly to: PixelWindow;
  /** Of ComplexSource: this value leaves what is below. */
  readonly nodata: number | undefined;
}

export interface VrtBand {
  readonly type: SampleType;
  readonly description: string | undefined;
  readonly nodata: number | undefined;
  readonly scale: number | undefined;
  readonly offset: number | undefined;
  readonly isAlpha: boolean;
  /** Later ones lie on top. */
  readonly sources: readonly VrtSource[];
}

export interface VrtDocument {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly VrtBand[];
  readonly root: XmlElement;
}

const TYPES: Readonly<Record<string, SampleType>> = {
  Byte: "uint8",
  UInt16: "uint16",
  Int16: "int16",
  Float32: "float32",
  Float64: "float64",
};
/** What a dataset, a band and a source may have that changes no pixel here. */
const DATASET = ["SRS", "GeoTransform", "Metadata", "VRTRasterBand", "OverviewList", "BlockXSize", "BlockYSize"];
const BAND = [
  ..."Description NoDataValue NODATA ColorInterp Scale Offset Metadata Histograms HideNoDataValue UnitType".split(" "),
  ..."ColorTable CategoryNames Overview OverviewList SimpleSource ComplexSource".split(" "),
];
const SOURCE = ["SourceFilename", "SourceBand", "SourceProperties", "SrcRect", "DstRect", "NODATA", "OpenOptions"];

/**
 * Reads a VRT of GDAL as far as it is a mosaic or stack of files (bands of SimpleSource, or of ComplexSource with a NODATA alone).
 *
 * @throws UnsupportedError naming the element that isn't one of these; CorruptDataError.
 */
export function parseVrt(text: string, path: string): VrtDocument {
  const root = parseXml(text, path);
  const refuse = (what: string): never => {
    throw new UnsupportedError(`${path} has ${what}, which isn't read; gdal_translate makes a GeoTIFF of it`);
  };
  if (root.name !== "VRTDataset") throw new CorruptDataError(path, `its root is ${root.name}; wanted VRTDataset`);
  if (root.attributes["subClass"] !== undefined) refuse(`the subClass ${root.attributes["subClass"]}`);
  const strange = root.children.find(({ name }) => !DATASET.includes(name));
  if (strange !== undefined) refuse(`the element ${strange.name}`);
  const [width, height] = ["rasterXSize", "rasterYSize"].map((name) => Number(root.attributes[name]));
  if (!isSide(width) || !isSide(height)) throw new CorruptDataError(path, "its rasterXSize or rasterYSize is no size");
  const bands = findAll(root, "VRTRasterBand").map((band) => readBand(band, path, refuse));
  if (bands.length === 0) throw new CorruptDataError(path, "it has no VRTRasterBand");
  return { width, height, bands, root };
}

const isSide = (value: number | undefined): value is number =>
  value !== undefined && Number.isInteger(value) && value > 0 && value <= 2 ** 20;

type Refuse = (what: string) => never;

function readBand(band: XmlElement, path: string, refuse: Refuse): VrtBand {
  const { subClass, dataType = "Byte" } = band.attributes;
  if (subClass !== undefined) refuse(`a band of subClass ${subClass}`);
  const strange = band.children.find(({ name }) => !BAND.includes(name));
  if (strange !== undefined) refuse(`the element ${strange.name}`);
  const sources = band.children.filter(({ name }) => name === "SimpleSource" || name === "ComplexSource");
  const number = (name: string): number | undefined => numberAt(band, name, path);
  const read = sources.map((source) => readSource(source, path, refuse));
  const [only] = read;
  // A stack of files that hold one band each says which nowhere but in their names.
  const named = read.length === 1 && only !== undefined ? bandFileOf(only.path)?.band : undefined;
  return {
    type: TYPES[dataType] ?? "other",
    description: textAt(band, "Description") ?? named,
    nodata: number("NoDataValue"),
    scale: number("Scale"),
    offset: number("Offset"),
    isAlpha: textAt(band, "ColorInterp") === "Alpha",
    sources: read,
  };
}

function readSource(source: XmlElement, path: string, refuse: Refuse): VrtSource {
  const strange = source.children.find(
    ({ name, text }) =>
      !SOURCE.includes(name) &&
      !(name === "ScaleOffset" && Number(text) === 0) &&
      !(name === "ScaleRatio" && Number(text) === 1),
  );
  if (strange !== undefined) refuse(`the element ${strange.name} in a ${source.name}`);
  const [file] = findAll(source, "SourceFilename");
  if (file === undefined || file.text === "") throw new CorruptDataError(path, "a source names no SourceFilename");
  if (/^\/vsi|^[A-Z0-9_]+:(?![\\/])/.test(file.text)) refuse(`a source at ${file.text.slice(0, 60)}`);
  const band = textAt(source, "SourceBand") ?? "1";
  if (!/^\d+$/.test(band)) refuse(`the SourceBand ${band}`);
  const [from, to] = [rectOf(source, "SrcRect", path), rectOf(source, "DstRect", path)];
  const isWhole = [from, to].every((rect) => Object.values(rect).every(Number.isInteger));
  const isSame = from.width === to.width && from.height === to.height;
  const [across, down] = [to.width / from.width, to.height / from.height];
  if (!isWhole || !Number.isInteger(across) || !Number.isInteger(down))
    refuse(`a source that is resampled by no whole factor (SrcRect ${say(from)}, DstRect ${say(to)})`);
  const { resampling = "nearest" } = source.attributes;
  if (!isSame && !/^near/i.test(resampling)) refuse(`the resampling ${resampling}`);
  const isRelative = file.attributes["relativeToVRT"] === "1";
  return {
    path: isRelative ? resolve(dirname(path), file.text) : resolve(file.text),
    sample: Number(band) - 1,
    from,
    to,
    nodata: source.name === "ComplexSource" ? numberAt(source, "NODATA", path) : undefined,
  };
}

const say = ({ width, height }: PixelWindow): string => `${width} x ${height}`;

function rectOf(source: XmlElement, name: string, path: string): PixelWindow {
  const { attributes = {} } = findAll(source, name)[0] ?? {};
  const [x = 0, y = 0, width = 0, height = 0] = ["xOff", "yOff", "xSize", "ySize"].map((key) =>
    rounded(Number(attributes[key] ?? Number.NaN)),
  );
  if (width > 0 && height > 0 && Number.isFinite(x) && Number.isFinite(y)) return { x, y, width, height };
  throw new CorruptDataError(path, `a source's ${name} is missing or empty`);
}

/** gdalbuildvrt writes 127.999999999 for 128. */
const rounded = (value: number): number => (Math.abs(value - Math.round(value)) < 1e-4 ? Math.round(value) : value);

function numberAt(element: XmlElement, name: string, path: string): number | undefined {
  const text = textAt(element, name);
  if (text === undefined) return undefined;
  if (/^-?nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  if (!Number.isNaN(value)) return value;
  throw new CorruptDataError(path, `${name} is "${text.slice(0, 40)}"; wanted a number`);
}

import type { GeoTIFFImage } from "geotiff";

/** How one sample is stored; "other" stands for what no source accepts (64-bit, complex, 32-bit integers). */
export type SampleType = "uint8" | "uint16" | "int16" | "float32" | "float64" | "complex" | "other";

/** What the tags tell of each band, and of the file. Arrays have one entry a sample. */
export interface BandTags {
  readonly descriptions: readonly (string | undefined)[];
  readonly scales: readonly (number | undefined)[];
  readonly offsets: readonly (number | undefined)[];
  /** GDAL_NODATA, one for all bands; may be NaN. */
  readonly nodata: number | undefined;
  /** The file's own GDAL metadata items. */
  readonly items: Readonly<Record<string, string>>;
}

/** The sample's type by SampleFormat and BitsPerSample (TIFF 6.0 section 19; formats 5 and 6 are GDAL's complex ones). */
export function sampleTypeOf(image: GeoTIFFImage, sample: number): SampleType {
  const format = image.getSampleFormat(sample);
  const bits = image.getBitsPerSample(sample);
  if (format === 5 || format === 6) return "complex";
  if (format === 3) return FLOATS[bits] ?? "other";
  if (format === 2) return bits === 16 ? "int16" : "other";
  if (bits <= 8) return "uint8";
  return bits <= 16 ? "uint16" : "other";
}

const FLOATS: Readonly<Record<number, SampleType>> = { 16: "float32", 32: "float32", 64: "float64" };

/** Names, scales and offsets from the GDAL_METADATA tag, and the nodata value. */
export async function readBandTags(image: GeoTIFFImage): Promise<BandTags> {
  // First alone: geotiff.js 3.0.5 gives the second of two concurrent loads of a tag undefined.
  const items = textItems(await image.getGDALMetadata());
  const samples = [...Array(image.getSamplesPerPixel()).keys()];
  const own = await Promise.all(samples.map((sample) => image.getGDALMetadata(sample)));
  const numbers = (name: string): (number | undefined)[] => own.map((items) => parseNumber(textItems(items)[name]));
  return {
    descriptions: own.map((items) => textItems(items)["DESCRIPTION"]),
    scales: numbers("SCALE"),
    offsets: numbers("OFFSET"),
    nodata: parseNumber(await readText(image, "GDAL_NODATA")),
    items,
  };
}

/** An ASCII tag without its closing NUL; undefined when absent or empty. */
export async function readText(
  image: GeoTIFFImage,
  tag: "DateTime" | "GDAL_NODATA" | "GeoAsciiParams",
): Promise<string | undefined> {
  const value: unknown = await image.fileDirectory.loadValue(tag);
  const text = typeof value === "string" ? value.replace(/\0[^]*$/, "").trim() : "";
  return text === "" ? undefined : text;
}

function parseNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^-?nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? undefined : value;
}

/** GDAL upper-cases these names or not, by their age. */
function textItems(items: Record<string, unknown> | null): Record<string, string> {
  const entries = Object.entries(items ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(entries.map(([name, value]) => [name.toUpperCase(), unescapeXml(value)]));
}

function unescapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => named[name] ?? whole);
}

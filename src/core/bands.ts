/** The 12 bands of a Sentinel-2 L2A image in the order in which Tectile stores them. */
export const BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"] as const;

export type BandName = (typeof BANDS)[number];

/** Native ground sampling distance, metres. */
export const BAND_RESOLUTION_M: Readonly<Record<BandName, 10 | 20 | 60>> = {
  B01: 60,
  B02: 10,
  B03: 10,
  B04: 10,
  B05: 20,
  B06: 20,
  B07: 20,
  B08: 10,
  B8A: 20,
  B09: 60,
  B11: 20,
  B12: 20,
};

/** STAC `eo:common_name` of each band (eo extension 2.0). */
export const BAND_COMMON_NAME: Readonly<Record<BandName, string>> = {
  B01: "coastal",
  B02: "blue",
  B03: "green",
  B04: "red",
  B05: "rededge071",
  B06: "rededge075",
  B07: "rededge078",
  B08: "nir",
  B8A: "nir08",
  B09: "nir09",
  B11: "swir16",
  B12: "swir22",
};

/** Central wavelength and full width at half maximum, micrometres (ESA, Sentinel-2A). */
export const BAND_WAVELENGTH_UM: Readonly<Record<BandName, readonly [centre: number, width: number]>> = {
  B01: [0.443, 0.027],
  B02: [0.493, 0.098],
  B03: [0.56, 0.045],
  B04: [0.665, 0.038],
  B05: [0.704, 0.019],
  B06: [0.741, 0.018],
  B07: [0.783, 0.028],
  B08: [0.833, 0.145],
  B8A: [0.865, 0.033],
  B09: [0.945, 0.026],
  B11: [1.614, 0.143],
  B12: [2.202, 0.242],
};

/** True for one of the 12 names. */
export function isBandName(name: string): name is BandName {
  return (BANDS as readonly string[]).includes(name);
}

/** The bands of an image whose source lacked some, in storage order. */
export function bandsWithout(absent: readonly BandName[] = []): readonly BandName[] {
  return BANDS.filter((band) => !absent.includes(band));
}

/** "b4", "B4", "B04", "red", "nir" -> "B04", "B04", "B04", "B04", "B08"; undefined for anything else. */
export function parseBandName(text: string): BandName | undefined {
  const name = text.trim();
  const match = /^B?0?(\d{1,2}|8A)$/i.exec(name);
  const digits = match?.[1]?.toUpperCase();
  const padded = digits === undefined ? undefined : digits === "8A" ? "B8A" : `B${digits.padStart(2, "0")}`;
  if (padded !== undefined && isBandName(padded)) return padded;
  const lower = name.toLowerCase();
  return BANDS.find((band) => BAND_COMMON_NAME[band] === lower) ?? ALIASES.get(lower);
}

/** Common names of the older eo extension (1.x) that differ from 2.0's. */
const ALIASES: ReadonlyMap<string, BandName> = new Map([
  ["rededge1", "B05"],
  ["rededge2", "B06"],
  ["rededge3", "B07"],
  ["nir08", "B8A"],
  ["narrownir", "B8A"],
  ["watervapor", "B09"],
]);

/**
 * Bands whose sensor is coarser than the image's grid by a whole factor, each native pixel repeated factor x factor times from the image's first
 * pixel on: 2 for 20 m bands on a 10 m grid, 6 for 60 m ones.
 */
export type NativeFactors = Readonly<Partial<Record<BandName, 2 | 6>>>;

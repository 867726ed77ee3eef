/**
 * Surface reflectance x 10000 of what the landscape is made of, in the order of core/bands (B01 .. B08, B8A, B09, B11, B12).
 *
 * Rounded from what is commonly published for Sentinel-2 L2A (ECOSTRESS and USGS spectral libraries, PROSAIL canopies, coastal
 * waters): a red edge for leaves, a fall beyond 1.4 um for water in leaf, soil and snow, red-rich soils and tiles.
 */
export const SPECTRA = {
  denseCrop: [220, 290, 640, 330, 1020, 3250, 4150, 4350, 4550, 4600, 1900, 860],
  meadow: [280, 370, 730, 500, 1180, 2700, 3250, 3400, 3600, 3700, 2250, 1180],
  dryGrass: [520, 690, 1060, 1330, 1730, 2100, 2350, 2550, 2720, 2800, 3050, 2050],
  straw: [780, 990, 1390, 1700, 2020, 2380, 2580, 2790, 2930, 3020, 3450, 2500],
  flower: [310, 420, 1500, 1420, 1950, 3200, 3850, 4050, 4250, 4300, 2050, 1050],
  brownSoil: [530, 660, 930, 1230, 1450, 1570, 1690, 1810, 1960, 2050, 2650, 2250],
  lightSoil: [880, 1110, 1500, 1860, 2180, 2430, 2550, 2700, 2840, 2930, 3550, 3050],
  redSoil: [460, 560, 900, 1600, 1900, 2050, 2150, 2290, 2430, 2520, 3150, 2650],
  deciduous: [180, 215, 440, 255, 770, 2500, 3200, 3350, 3550, 3600, 1550, 650],
  bareWood: [330, 420, 590, 690, 900, 1180, 1330, 1480, 1620, 1700, 1850, 1180],
  autumnWood: [230, 300, 620, 900, 1350, 2100, 2450, 2600, 2750, 2800, 1900, 950],
  conifer: [140, 175, 310, 195, 490, 1400, 1750, 1860, 2000, 2050, 860, 380],
  scrub: [340, 430, 690, 680, 1080, 1800, 2080, 2230, 2380, 2450, 2250, 1420],
  rock: [880, 1030, 1230, 1430, 1540, 1640, 1720, 1800, 1860, 1900, 2250, 2050],
  sand: [1850, 2250, 2850, 3300, 3500, 3620, 3720, 3850, 3950, 4000, 4450, 3950],
  deepWater: [430, 370, 250, 140, 125, 95, 85, 72, 64, 60, 38, 28],
  shallowWater: [620, 740, 820, 380, 300, 190, 160, 120, 95, 80, 35, 25],
  turbidWater: [620, 760, 1010, 860, 760, 400, 380, 290, 230, 190, 70, 45],
  lakeWater: [280, 300, 390, 220, 190, 130, 120, 100, 85, 75, 40, 28],
  asphalt: [720, 860, 990, 1090, 1170, 1260, 1340, 1420, 1480, 1520, 1680, 1560],
  tiles: [680, 830, 1120, 1750, 1980, 2120, 2210, 2320, 2420, 2470, 2700, 2380],
  concrete: [1500, 1720, 1950, 2150, 2280, 2380, 2460, 2560, 2620, 2650, 2800, 2600],
  metalRoof: [2900, 3200, 3400, 3500, 3550, 3600, 3650, 3700, 3750, 3750, 3600, 3300],
  snow: [8300, 8500, 8400, 8200, 8050, 7850, 7550, 7300, 6950, 6400, 950, 720],
  cloud: [6300, 6350, 6200, 6250, 6350, 6450, 6500, 6600, 6650, 5200, 4700, 3700],
} as const satisfies Record<string, readonly number[]>;

export type Material = keyof typeof SPECTRA;

/** What grows in a field, by its hash. */
export type Crop = "wheat" | "rape" | "maize" | "sunflower" | "lucerne" | "pasture" | "vineyard" | "fallow";

/** A field's look: shares of green leaves, dry matter and flowers; the rest is soil. */
export interface CropState {
  readonly green: number;
  readonly dry: number;
  readonly flower: number;
}

const CROPS: readonly (readonly [Crop, share: number])[] = [
  ["wheat", 0.3],
  ["rape", 0.09],
  ["maize", 0.19],
  ["sunflower", 0.1],
  ["lucerne", 0.09],
  ["pasture", 0.12],
  ["vineyard", 0.05],
  ["fallow", 0.06],
];

/** Draws a crop: `draw` in 0..1. */
export function cropOf(draw: number): Crop {
  let sum = 0;
  for (const [crop, share] of CROPS) {
    sum += share;
    if (draw < sum) return crop;
  }
  return "fallow";
}

/** Keys: day of the year, green, dry, flower; between them linear, and round the year. */
const CALENDAR: Readonly<
  Record<Crop, readonly (readonly [day: number, green: number, dry: number, flower: number])[]>
> = {
  wheat: [
    [10, 0.42, 0, 0],
    [60, 0.6, 0, 0],
    [100, 0.95, 0, 0],
    [140, 0.95, 0, 0],
    [168, 0.2, 0.75, 0],
    [186, 0, 1, 0],
    [196, 0, 0.75, 0],
    [238, 0.05, 0.45, 0],
    [255, 0, 0.05, 0],
    [310, 0, 0, 0],
    [340, 0.25, 0, 0],
  ],
  rape: [
    [10, 0.55, 0, 0],
    [80, 0.85, 0, 0],
    [102, 0.75, 0, 0.25],
    [112, 0.3, 0, 0.7],
    [125, 0.5, 0, 0.45],
    [140, 0.95, 0, 0],
    [165, 0.4, 0.5, 0],
    [184, 0, 0.9, 0],
    [215, 0.1, 0.4, 0],
    [240, 0, 0, 0],
    [275, 0.2, 0, 0],
    [320, 0.55, 0, 0],
  ],
  maize: [
    [10, 0, 0.1, 0],
    [125, 0, 0, 0],
    [150, 0.2, 0, 0],
    [180, 0.85, 0, 0],
    [235, 0.95, 0, 0],
    [262, 0.5, 0.4, 0],
    [285, 0.05, 0.8, 0],
    [296, 0, 0.45, 0],
    [345, 0, 0.2, 0],
  ],
  sunflower: [
    [10, 0, 0, 0],
    [118, 0, 0, 0],
    [150, 0.3, 0, 0],
    [182, 0.85, 0, 0],
    [196, 0.65, 0, 0.3],
    [212, 0.75, 0.05, 0],
    [236, 0.2, 0.6, 0],
    [258, 0, 0.6, 0],
    [275, 0, 0.25, 0],
    [320, 0, 0, 0],
  ],
  lucerne: [
    [10, 0.55, 0.1, 0],
    [90, 0.9, 0, 0],
    [128, 0.95, 0, 0],
    [136, 0.45, 0.2, 0],
    [160, 0.95, 0, 0],
    [168, 0.4, 0.2, 0],
    [195, 0.9, 0, 0],
    [205, 0.4, 0.25, 0],
    [240, 0.85, 0.05, 0],
    [300, 0.8, 0.05, 0],
    [350, 0.6, 0.1, 0],
  ],
  pasture: [
    [10, 0.5, 0.25, 0],
    [100, 0.85, 0.05, 0],
    [140, 0.9, 0.05, 0],
    [180, 0.6, 0.3, 0],
    [220, 0.35, 0.55, 0],
    [270, 0.5, 0.35, 0],
    [310, 0.65, 0.2, 0],
  ],
  vineyard: [
    [10, 0.05, 0.1, 0],
    [95, 0.12, 0.1, 0],
    [130, 0.3, 0.05, 0],
    [165, 0.5, 0.03, 0],
    [250, 0.45, 0.05, 0],
    [290, 0.22, 0.25, 0],
    [325, 0.06, 0.15, 0],
  ],
  fallow: [
    [10, 0.2, 0.3, 0],
    [110, 0.5, 0.2, 0],
    [150, 0.4, 0.4, 0],
    [200, 0.1, 0.75, 0],
    [260, 0.12, 0.55, 0],
    [320, 0.25, 0.35, 0],
  ],
};

/** The state of a crop on a day of the year (fractions allowed; wraps round). */
export function cropState(crop: Crop, day: number): CropState {
  const keys = CALENDAR[crop];
  const at = ((day % 365) + 365) % 365;
  const next = keys.findIndex(([key]) => key > at);
  const [d1, g1, s1, f1] = keys[next === -1 ? 0 : next] ?? [0, 0, 0, 0];
  const [d0, g0, s0, f0] = keys.at(next === -1 ? -1 : next - 1) ?? [0, 0, 0, 0];
  const t = ((at - d0 + 365) % 365 || 0) / ((d1 - d0 + 365) % 365 || 365);
  return { green: g0 + (g1 - g0) * t, dry: s0 + (s1 - s0) * t, flower: f0 + (f1 - f0) * t };
}

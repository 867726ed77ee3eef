import { BANDS } from "../../core/bands.js";
import { InvalidRequestError } from "../../core/errors.js";
import type { PixelWindow, Raster } from "../../core/raster.js";
import type { Affine } from "../../geo/affine.js";
import { openCrs } from "../../geo/crs.js";
import { cutBlock } from "../block.js";
import { applySensor } from "./sensor.js";
import { classifyScene } from "./classes.js";
import { dateSeed, paintSurface } from "./paint.js";
import { makePlace, type Place } from "./place.js";
import { seasonOf, type Season } from "./season.js";
import { applySky, makeSky } from "./sky.js";
import type { Source, SourceBlock } from "../source.js";

export interface LandscapeOptions {
  /** The place; equal seeds and sizes give equal places. 7. */
  readonly seed?: number;
  /** RFC 3339. */
  readonly datetime: string;
  /** Pixels of 10 m; 1024. */
  readonly width?: number;
  readonly height?: number;
  /** Share under thick cloud, 0..0.9; 0. */
  readonly cloudCover?: number;
  /** Thin high cloud, 0..1; 0. */
  readonly cirrus?: number;
  /** Whether a corner was not seen: the edge of the swath; false. */
  readonly swathEdge?: boolean;
}

/** Eight dates over a year for the demo: three cloudy, one of them at the edge of a swath, one with a thin veil. */
export const DEMO_DATES: readonly LandscapeOptions[] = [
  { datetime: "2024-01-16T10:50:31Z" },
  { datetime: "2024-03-11T10:50:29Z", cloudCover: 0.28 },
  { datetime: "2024-04-20T10:50:31Z" },
  { datetime: "2024-05-25T10:50:29Z", cloudCover: 0.62 },
  { datetime: "2024-07-04T10:50:31Z" },
  { datetime: "2024-08-18T10:50:29Z", cirrus: 0.35 },
  { datetime: "2024-10-02T10:50:31Z", cloudCover: 0.42, swathEdge: true },
  { datetime: "2024-11-16T10:50:29Z" },
];

const CRS = "EPSG:32631";
/** 42.0 N, 3.0 E: only so that the place has coordinates and a sun; nothing there looks like it. */
const TRANSFORM: Affine = [10, 0, 500_040, 0, -10, 4_650_000];

/**
 * A made-up but plausible Sentinel-2 L2A scene: hills, a plain of fields, towns, a river, a lake and a coast, with the seasons of
 * its date, clouds, their shadows and scene classes. Everything follows from the options. It is painted at the first read: about
 * three seconds and 60 MB for 1024 x 1024 pixels, kept until it is closed.
 *
 * @throws InvalidRequestError for a date, size or cover that can't be.
 */
export function openLandscapeSource(options: LandscapeOptions): Source {
  return openScene(options, new Map());
}

/** Several dates at once: those of one seed and size share their place, which is made once and kept (100 MB) as long as they are. */
export function openLandscapeSeries(series: readonly LandscapeOptions[]): readonly Source[] {
  const places = new Map<string, Place>();
  return series.map((options) => openScene(options, places));
}

function openScene(options: LandscapeOptions, places: Map<string, Place>): Source {
  const scene = new LandscapeScene(options, places);
  const day = options.datetime.slice(0, 10).replaceAll("-", "");
  return {
    location: `landscape of ${options.datetime.slice(0, 10)}`,
    id: `landscape-${scene.seed}-${day}`,
    datetime: scene.datetime,
    grid: { width: scene.width, height: scene.height, transform: TRANSFORM, crs: CRS, geoKeys: undefined },
    units: { dtype: "uint16", scale: 1, offset: 0, nodata: 0 },
    hasClasses: true,
    fingerprint: `landscape-1 ${JSON.stringify([scene.seed, scene.width, scene.height, options])}`,
    warnings: [],
    properties: {
      constellation: "made-up",
      "view:sun_elevation": Number(scene.season.sunElevation.toFixed(2)),
      "view:sun_azimuth": Number(scene.season.sunAzimuth.toFixed(2)),
    },
    read: async (window, signal) => {
      signal?.throwIfAborted();
      const observed = scene.observed();
      checkInside(window, observed.raster, `landscape of ${options.datetime}`);
      return cutBlock(observed, window);
    },
    close: async () => scene.close(),
  };
}

/**
 * The same scene without clouds, shadows, haze, noise and swath edge: what a perfect inpainting would give. All pixels are valid;
 * digital numbers, on the grid of openLandscapeSource with equal options.
 */
export function clearTruth(options: LandscapeOptions): Raster {
  return new LandscapeScene(options, new Map()).truth();
}

class LandscapeScene {
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly datetime: string;
  readonly season: Season;
  private readonly options: LandscapeOptions;
  private readonly instant: Date;
  private readonly places: Map<string, Place>;
  private painted: SourceBlock | undefined;

  constructor(options: LandscapeOptions, places: Map<string, Place>) {
    const { seed = 7, width = 1024, height = 1024, cloudCover = 0 } = options;
    this.instant = new Date(options.datetime);
    if (Number.isNaN(this.instant.getTime()))
      throw new InvalidRequestError(`Landscape date is "${options.datetime}"; wanted RFC 3339`);
    const isSize = [width, height].every((side) => Number.isInteger(side) && side >= 64 && side <= 8192);
    if (!isSize)
      throw new InvalidRequestError(`Landscape size is ${width} x ${height}; wanted whole numbers from 64 to 8192`);
    if (!(cloudCover >= 0 && cloudCover <= 0.9))
      throw new InvalidRequestError(`Landscape cloud cover is ${cloudCover}; wanted 0 to 0.9`);
    const [longitude, latitude] = openCrs(CRS).toWgs84(TRANSFORM[2] + 5 * width, TRANSFORM[5] - 5 * height);
    this.options = options;
    this.places = places;
    this.seed = seed;
    this.width = width;
    this.height = height;
    this.datetime = this.instant.toISOString().replace(".000Z", "Z");
    this.season = seasonOf(this.instant, latitude, longitude);
  }

  observed(): SourceBlock {
    this.painted ??= this.observe();
    return this.painted;
  }

  truth(): Raster {
    const { samples } = paintSurface(this.makePlace(), this.season);
    applySensor(samples, { width: this.width, height: this.height, seed: 0, noise: false });
    return this.toRaster(samples, new Uint8Array(this.width * this.height).fill(1));
  }

  close(): void {
    this.painted = undefined;
  }

  private observe(): SourceBlock {
    const { width, height, season } = this;
    const { cloudCover = 0, cirrus = 0, swathEdge = false } = this.options;
    const seed = dateSeed(this.seed, this.instant);
    const place = this.makePlace();
    const { samples, snow } = paintSurface(place, season);
    const sky = makeSky({ width, height, seed, cover: cloudCover, cirrus, season });
    const ground = { place, samples, snow, sky };
    const classes = classifyScene(ground);
    if (sky !== undefined) applySky(samples, sky);
    applySensor(samples, { width, height, seed, noise: true });
    const valid = new Uint8Array(width * height).fill(1);
    if (swathEdge) cutSwath({ width, height, samples, valid, classes });
    return { raster: this.toRaster(samples, valid), classes };
  }

  private makePlace(): Place {
    const { seed, width, height } = this;
    const key = `${seed}/${width}/${height}`;
    const place = this.places.get(key) ?? makePlace(seed, { width, height });
    this.places.set(key, place);
    return place;
  }

  private toRaster(samples: Float32Array, valid: Uint8Array): Raster {
    return { kind: "raster", width: this.width, height: this.height, bands: BANDS, samples, valid };
  }
}

/** Takes away a wedge at the western edge, slanted as a swath is against the grid. */
function cutSwath(scene: {
  width: number;
  height: number;
  samples: Float32Array;
  valid: Uint8Array;
  classes: Uint8Array;
}): void {
  const { width, height, samples, valid, classes } = scene;
  for (let r = 0; r < height; r++) {
    const lost = Math.max(0, Math.round(0.16 * width - 0.22 * r));
    valid.fill(0, r * width, r * width + lost);
    classes.fill(0, r * width, r * width + lost);
    for (let b = 0; b < BANDS.length; b++) samples.fill(0, (b * height + r) * width, (b * height + r) * width + lost);
  }
}

function checkInside({ x, y, width, height }: PixelWindow, raster: Raster, location: string): void {
  if (x < 0 || y < 0 || x + width > raster.width || y + height > raster.height)
    throw new InvalidRequestError(`Window ${x},${y} ${width} x ${height} reaches outside ${location}`);
}

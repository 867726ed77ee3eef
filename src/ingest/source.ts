import type { GeoKeys } from "../container/georeference.js";
import type { BandName, NativeFactors } from "../core/bands.js";
import type { Raster, PixelWindow } from "../core/raster.js";
import type { Affine } from "../geo/affine.js";
import type { Crs } from "../geo/crs.js";

/** How stored numbers relate to digital numbers (reflectance x 10000, product offset removed): dn = stored x scale + offset. */
export interface SourceUnits {
  readonly dtype: "uint8" | "uint16" | "int16" | "float32";
  readonly scale: number;
  readonly offset: number;
  /** The stored value that means "no data", where the source names one. */
  readonly nodata: number | undefined;
}

/** Where a source's pixels are on Earth. `transform` maps pixel corners to `crs` coordinates; south-up grids keep e > 0. */
export interface SourceGrid {
  readonly width: number;
  readonly height: number;
  readonly transform: Affine | undefined;
  readonly crs: Crs | undefined;
  readonly geoKeys: GeoKeys | undefined;
}

/** One block of 12 bands read from a source: digital numbers, in the order of core/bands. */
export interface SourceBlock {
  readonly raster: Raster;
  /** Scene classification (Sentinel-2 SCL codes 0..11), length = height x width; undefined where the source has none. */
  readonly classes: Uint8Array | undefined;
  /** Of a mosaic: where each pixel comes from (core/provenance), in the layout of `classes`. */
  readonly provenance?: Uint8Array | undefined;
}

/**
 * One date of imagery to ingest, whatever it is stored as: all bands that it has on one grid (10 m bands as they are, 20 m and 60 m bands
 * repeated where their grids nest in the 10 m grid, else interpolated onto it).
 */
export interface Source {
  /** For messages: the path or URL given. */
  readonly location: string;
  /** Suggested item id, from the file name or the STAC Item. */
  readonly id: string;
  /** RFC 3339 UTC instant, from the STAC Item, TIFF tag or file name; undefined where none is found. */
  readonly datetime: string | undefined;
  readonly grid: SourceGrid;
  readonly units: SourceUnits;
  /** Bands that it lacks, whose samples are 0; undefined for none. Never all 12. */
  readonly absentBands?: readonly BandName[] | undefined;
  readonly hasClasses: boolean;
  /**
   * Bands whose own pixels are 2 or 6 of the grid's on each side, exactly: blocks of so many pixels from the grid's first one on. What
   * `read` gives for them is each such pixel repeated, never a value between two; only `valid` may differ within one. Bands that are
   * coarser but don't nest are interpolated and not named here; undefined where none nests.
   */
  readonly native?: NativeFactors | undefined;
  /** Changes when the source's bytes may have changed: sizes, times, ETags. */
  readonly fingerprint: string;
  /** Sentences for the user: a missing georeference, bands taken by position. */
  readonly warnings: readonly string[];
  /** Fields worth keeping in the STAC Item: platform, instruments, eo:cloud_cover, processing:baseline, links to the original. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Of a mosaic: the dates that `provenance` of its blocks counts, from 1 on. */
  readonly sources?: readonly { readonly id: string; readonly datetime: string }[] | undefined;
  /** Links of the STAC Item to what this was made from. */
  readonly derivedFrom?: readonly { readonly href: string; readonly title?: string }[] | undefined;
  /** The window must lie inside the grid. Invalid pixels (nodata tag, mask, SCL 0, all bands 0) have valid = 0. */
  read(window: PixelWindow, signal?: AbortSignal): Promise<SourceBlock>;
  close(): Promise<void>;
}

import type { BandName } from "../core/bands.js";
import type { MaskSource } from "../core/scene-classes.js";
import type { Affine } from "../geo/affine.js";
import type { AggregationInterval } from "./aggregate.js";
import type { Bounds } from "../geo/bounds.js";
import type { Crs } from "../geo/crs.js";
import type { Expression } from "./cql2/expression.js";
import type { Geometry } from "./geometry.js";
import type { PropertySchema } from "./item-properties.js";
import type { SortKey } from "./sort-order.js";

/** A STAC document as it stands in its file: an Item, Collection or Catalog (1.1.0). */
export type StacJson = Readonly<Record<string, unknown>>;

/** What the server needs to know of one item, parsed once at the edge. Everything else stays in `json`. */
export interface CatalogItem {
  readonly id: string;
  readonly collection: string;
  /** RFC 3339 UTC. */
  readonly datetime: string;
  readonly datetimeMs: number;
  readonly boundsWgs84: Bounds;
  /** The footprint, split at the antimeridian. */
  readonly geometry: Geometry;
  /** Absolute path or URL of the TEC-COG. */
  readonly href: string;
  /** Absolute path or URL of every asset, `tec` too, by its key. */
  readonly assetHrefs: Readonly<Record<string, string>>;
  /** Multihash (sha2-256) of the TEC-COG: the container's identity in caches and ETags. */
  readonly checksum: string;
  /** The same of the file as it was encoded: masks that were corrected since leave the latents as they are. */
  readonly codedChecksum: string;
  /** What tells cloud and shadow; undefined where nothing does. */
  readonly maskSource?: MaskSource | undefined;
  /** eo:cloud_cover: 0..100. */
  readonly cloudCover?: number | undefined;
  readonly grid: { readonly crs: Crs; readonly transform: Affine; readonly width: number; readonly height: number };
  readonly model: string;
  /** Of the model's card. */
  readonly modelSha256: string;
  readonly quality: number;
  readonly entropy: "fp" | "elic" | "tt" | "flextec";
  /** Share of the image that is valid and (where a cloud mask is known) clear, 0..100. */
  readonly clearPercent: number | undefined;
  /** The same of each chunk of 256 x 256 pixels of the full resolution, row-major, rounded up: 0 is none at all. */
  readonly chunkClearPercent?: readonly number[] | undefined;
  /** Bands that the image it was made from lacked. */
  readonly absentBands?: readonly BandName[] | undefined;
  /** What the item was made from; equal fingerprints need no second ingest. */
  readonly sourceFingerprint: string | undefined;
  /** Ids of the items (same collection) without which this one can't be decoded. */
  readonly references: readonly string[];
  /** Absolute path or URL of their TEC-COGs, where the item tells. */
  readonly referenceHrefs: readonly string[];
  readonly json: StacJson;
}

/** Which items are wanted; all conditions hold at once. */
export interface SearchFilter {
  readonly ids?: readonly string[];
  readonly collections?: readonly string[];
  /** WGS84; west > east crosses the antimeridian. Touching counts. */
  readonly bbox?: Bounds;
  /** WGS84; touching counts. */
  readonly intersects?: Geometry;
  /** Closed interval of instants, milliseconds; infinite ends are open. */
  readonly datetime?: readonly [fromMs: number, toMs: number];
  /** CQL2, checked. */
  readonly filter?: Expression;
  /** One of these phrases is in the title, the description or the keywords. */
  readonly text?: readonly string[];
}

export interface SearchQuery extends SearchFilter {
  /** Newest first unless given; equal items in that order too, then by collection and id. Items without a property come last. */
  readonly sortby?: readonly SortKey[];
  readonly limit: number;
  /** Opaque, from an earlier page. */
  readonly token?: string;
}

export interface SearchPage {
  readonly items: readonly CatalogItem[];
  /** How many items the query finds on all pages together. */
  readonly matched: number;
  /** Token of the next page; undefined on the last. */
  readonly next: string | undefined;
}

/** One of the aggregations in catalog/aggregate.ts, of the items that a search finds. */
export interface AggregationRequest {
  readonly name: string;
  /** Of datetime_frequency; month. */
  readonly interval?: AggregationInterval;
}

/** As STAC's aggregation extension (0.3) has it. */
export interface Aggregation {
  readonly name: string;
  readonly data_type: string;
  readonly value?: number | string | null;
  /** Items in no bucket. */
  readonly overflow?: number;
  readonly buckets?: readonly AggregationBucket[];
}

export interface AggregationBucket {
  readonly key: string;
  readonly data_type: string;
  readonly frequency: number;
  readonly from?: number;
  readonly to?: number;
}

/**
 * A place where items are found; the file catalog is the embedded one, plugins add others.
 *
 * Pages neither repeat nor lose an item while others are added, whatever the order.
 */
export interface Catalog {
  /** The root document without links. */
  root(): Promise<StacJson>;
  /** Collection documents without item links, by id. */
  collections(): Promise<readonly StacJson[]>;
  /** @throws NotFoundError */
  collection(id: string): Promise<StacJson>;
  /** @throws NotFoundError */
  item(collection: string, id: string): Promise<CatalogItem>;
  /**
   * All conditions hold at once; an unknown collection or id finds nothing.
   *
   * @throws InvalidRequestError for a wrong token, an unknown property, a comparison of unlike values.
   */
  search(query: SearchQuery, signal?: AbortSignal): Promise<SearchPage>;
  /** Looks for changes at once: asked for when a file that the catalog names is gone. */
  refresh?(): Promise<void>;
  /** The properties that the items of a collection, or all, can be filtered and sorted by. @throws NotFoundError */
  queryables(collection?: string): Promise<Readonly<Record<string, PropertySchema>>>;
  /** @throws InvalidRequestError as search. */
  aggregate(
    filter: SearchFilter,
    asked: readonly AggregationRequest[],
    signal?: AbortSignal,
  ): Promise<readonly Aggregation[]>;
  close(): Promise<void>;
}

/** What a catalog tells while it is open. */
export interface CatalogEvents {
  /** A document that had to be left out, once for each reading of it. */
  onProblem?(problem: CatalogProblem): void;
  /** Items that are gone or were replaced, each as it was: what is kept of their files can go too. */
  onGone?(items: readonly CatalogItem[]): void;
}

/** Something wrong in a catalog: where and what. */
export interface CatalogProblem {
  /** Relative to the catalog's folder. */
  readonly path: string;
  readonly problem: string;
}

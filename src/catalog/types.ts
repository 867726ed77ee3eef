import type { Affine } from "../geo/affine.js";
import type { Bounds } from "../geo/bounds.js";
import type { Crs } from "../geo/crs.js";

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
  /** Absolute path or URL of the TEC-COG. */
  readonly href: string;
  /** Multihash (sha2-256) of the TEC-COG: the container's identity in caches and ETags. */
  readonly checksum: string;
  readonly grid: { readonly crs: Crs; readonly transform: Affine; readonly width: number; readonly height: number };
  readonly model: string;
  readonly quality: number;
  /** Share of the image that is valid and (where a cloud mask is known) clear, 0..100. */
  readonly clearPercent: number | undefined;
  readonly json: StacJson;
}

export interface SearchQuery {
  readonly ids?: readonly string[];
  readonly collections?: readonly string[];
  readonly bbox?: Bounds;
  /** GeoJSON geometry. */
  readonly intersects?: unknown;
  /** Closed interval of instants, milliseconds; infinite ends are open. */
  readonly datetime?: readonly [fromMs: number, toMs: number];
  readonly limit: number;
  /** Opaque, from an earlier page. */
  readonly token?: string;
}

export interface SearchPage {
  readonly items: readonly CatalogItem[];
  readonly matched: number;
  readonly next: string | undefined;
}

/** A place where items are found; the file catalog is the embedded one, plugins add others. Items come newest first. */
export interface Catalog {
  root(): Promise<StacJson>;
  collections(): Promise<readonly StacJson[]>;
  /** @throws NotFoundError */
  collection(id: string): Promise<StacJson>;
  /** @throws NotFoundError */
  item(collection: string, id: string): Promise<CatalogItem>;
  search(query: SearchQuery, signal?: AbortSignal): Promise<SearchPage>;
  close(): Promise<void>;
}

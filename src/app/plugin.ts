import type { Catalog, CatalogEvents, CatalogItem } from "../catalog/types.js";
import type { RenderPreset } from "../core/render-presets.js";
import type { ByteSource, OpenStore } from "../store/byte-source.js";
import type { TecImage } from "./open-tec-cog.js";

/** What extends the server: for each kind, factories by name. Nothing in it runs before it is needed. docs/plugins.md has an example. */
export interface Plugin {
  /** For messages. */
  readonly name: string;
  /** URL schemes without the colon ("s3"), for files of items and for inputs of ingest. */
  readonly stores?: Readonly<Record<string, OpenStore>>;
  /** URL schemes of the setting `catalog` ("stac+https"). */
  readonly catalogs?: Readonly<Record<string, OpenCatalog>>;
  /** Named looks: ?render=NAME, the STAC documents' `renders`, the viewer's list. */
  readonly renders?: Readonly<Record<string, RenderPreset>>;
  /** Values of the setting `sharedTileCache`. */
  readonly tileCaches?: Readonly<Record<string, OpenTileCache>>;
  /** Express handlers, mounted at /x/NAME, or at NAME itself where it begins with a slash. */
  readonly routes?: Readonly<Record<string, MakeRoute>>;
  /** Called once, after the last answer, when the server closes. */
  readonly close?: () => Promise<void>;
}

/** Opens the catalog at a location, scheme included; `events` are there to be told. What it returns passes test/contract/catalog.ts. */
export type OpenCatalog = (location: string, events?: CatalogEvents) => Promise<Catalog>;

/** Opens a cache. What it returns passes test/contract/tile-cache.ts. */
export type OpenTileCache = () => Promise<TileCache>;

/** Makes an Express handler (unknown here, since only http/ knows Express). */
export type MakeRoute = (services: PluginServices) => unknown;

/**
 * A cache that several servers share, asked for tiles that the process itself doesn't have. It may lose anything at any time. Tectile
 * packs, names and checks what it stores, waits for an answer no longer than `sharedTileCacheTimeoutMs`, and draws the tile when one
 * doesn't come.
 */
export interface TileCache {
  /** The bytes stored under a key (letters, digits, "-", "_", ":" and "/", up to 100 of them); undefined where there are none. */
  get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Replaces what was there. */
  set(key: string, value: Uint8Array, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What a plugin's routes may use of the server. */
export interface PluginServices {
  readonly catalog: Catalog;
  /** Bytes at any location whose scheme a store knows. */
  readonly openStore: (location: string) => Promise<ByteSource>;
  /** An item's TEC-COG over the server's own networks and caches; it needs no close. */
  readonly openItem: (item: Pick<CatalogItem, "href" | "checksum">) => Promise<TecImage>;
}

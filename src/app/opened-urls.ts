import { LRUCache } from "lru-cache";
import { gridFootprint } from "../catalog/footprint.js";
import { parseItem } from "../catalog/item.js";
import { DEFAULT_RENDERS } from "../catalog/renders.js";
import type { Catalog, CatalogItem } from "../catalog/types.js";
import { readTecCog } from "../container/tec-cog-reader.js";
import {
  ChangedFileError,
  CorruptDataError,
  ForbiddenError,
  InvalidRequestError,
  UnsupportedError,
} from "../core/errors.js";
import type { ByteSource } from "../store/byte-source.js";
import { createGuardedFetch, type Refusals } from "../store/guarded-fetch.js";
import type { HostRules } from "../store/host-rules.js";
import { openHttpSource } from "../store/http-source.js";
import { fileNameOf, parseLocation } from "../store/location.js";
import { createChunkReader, type ChunkReader, type ChunkReaderOptions } from "../tile/chunk-reader.js";

/** What a request's `url` is: a STAC Item, or a TEC-COG itself. */
export type UrlKind = "stac" | "cog";

/** What requests name by `url`: read apart from the catalog's own, so that strangers' files neither go where those may nor take their place in memory. */
export interface OpenedUrls {
  /** Whether any host may be named. */
  readonly isOn: boolean;
  /** An item's collection is its kind here, its id the URL. */
  readonly catalog: Catalog;
  readonly reader: ChunkReader;
}

export interface OpenedUrlsOptions extends Pick<
  ChunkReaderOptions,
  "pool" | "official" | "loadModel" | "latentsBytes"
> {
  readonly rules: HostRules;
}

interface Opened {
  readonly item: Promise<CatalogItem>;
  /** Of its TEC-COG, where it is known already. */
  href: string;
}

/** An item is looked at again after so long, milliseconds. */
const FRESH_MS = 60_000;
const MAX_ITEMS = 256;
const MAX_ITEMS_BYTES = 16 * 2 ** 20;
/** Containers whose header stays in memory. */
const MAX_HEADERS = 32;
const MAX_DOCUMENT_BYTES = 2 ** 20;
/** Of a header (a scene of 130,000 pixels a side has less) or a chunk (1.5 MB before it is coded). */
const MAX_READ_BYTES = 4 * 2 ** 20;
/** A longer definition only takes time to read. */
const MAX_CRS_LENGTH = 16_384;

/** Of files that don't say when they were taken; no picture of one item depends on it. */
const UNDATED = "1970-01-01T00:00:00Z";

/** Opens items and TEC-COGs at URLs that the rules allow. */
export function createOpenedUrls({ rules, ...decoding }: OpenedUrlsOptions): OpenedUrls {
  const isOn = rules.hosts.length + rules.privateHosts.length > 0;
  const fetch = createGuardedFetch(rules, refusalsOf(rules));
  const open = (href: string): ByteSource => {
    const location = parseLocation(href);
    if (location.kind === "http") return openHttpSource(location.url, { fetch, maxRangeBytes: MAX_READ_BYTES });
    throw new ForbiddenError("url leads to a file that is no http(s) URL; wanted one");
  };
  const items = new LRUCache<string, Opened>({ max: MAX_ITEMS, maxSize: MAX_ITEMS_BYTES, ttl: FRESH_MS });

  async function load(kind: UrlKind, url: string): Promise<{ readonly item: CatalogItem; readonly bytes: number }> {
    const source = open(url);
    if (kind === "cog") return { item: await cogItem(url, source), bytes: 4096 };
    const text = await readText(source);
    const item = stacItem(text, url);
    for (const href of [item.href, ...item.referenceHrefs]) open(href);
    return { item, bytes: 4 * text.length + 4096 };
  }

  function item(kind: string, url: string): Promise<CatalogItem> {
    if (kind !== "stac" && kind !== "cog") throw new RangeError(`"${kind}" is opened by no URL`);
    const key = `${kind} ${url}`;
    const known = items.get(key);
    if (known !== undefined) return known.item;
    const loading = load(kind, url);
    const opened: Opened = { item: loading.then((loaded) => loaded.item), href: url };
    const isKept = (): boolean => items.peek(key) === opened;
    items.set(key, opened, { size: 1 });
    loading.then(
      (loaded) => {
        opened.href = loaded.item.href;
        if (isKept()) items.set(key, opened, { size: loaded.bytes });
      },
      () => isKept() && items.delete(key),
    );
    return opened.item;
  }

  const reader = createChunkReader({ ...decoding, headers: MAX_HEADERS, openStore: async (href) => open(href) });
  return {
    isOn,
    catalog: urlCatalog(item),
    reader: {
      ...reader,
      async chunk(container, ...place) {
        try {
          return await reader.chunk(container, ...place);
        } catch (error) {
          // Whoever asks next gets what is there now.
          if (error instanceof ChangedFileError)
            for (const [key, { href }] of items.entries()) if (href === container.href) items.delete(key);
          throw error;
        }
      },
    },
  };
}

const refusalsOf = ({ hosts, privateHosts }: HostRules): Refusals => {
  const listed = [...new Set([...hosts, ...privateHosts])].join(", ");
  return {
    host: (host) => new ForbiddenError(`url leads to host ${host}; wanted one of ${listed} (the setting urlHosts)`),
    privateAddress: (host) =>
      new ForbiddenError(`url leads to host ${host}, which lies at a private address; wanted a public one`),
  };
};

async function readText(source: ByteSource): Promise<string> {
  const bytes = await source.getRange(0, MAX_DOCUMENT_BYTES + 1);
  if (bytes.length > MAX_DOCUMENT_BYTES)
    throw new InvalidRequestError(`url leads to more than ${MAX_DOCUMENT_BYTES} bytes; wanted a STAC Item`);
  return new TextDecoder().decode(bytes);
}

/** @throws CorruptDataError for what is no item with a `tec` asset. */
function stacItem(text: string, url: string): CatalogItem {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InvalidRequestError(`url leads to ${fileNameOf(url)}, which isn't JSON; wanted a STAC Item`, { cause });
  }
  const parsed = parseItem(json, url);
  if (parsed.grid.crs.length > MAX_CRS_LENGTH)
    throw new UnsupportedError(`The CRS of url has ${parsed.grid.crs.length} characters; at most ${MAX_CRS_LENGTH}`);
  return apart(parsed);
}

/** An item of what a file says of itself. */
async function cogItem(url: string, source: ByteSource): Promise<CatalogItem> {
  const { metadata, levels, crs, transform, identity, location } = await readTecCog(source).catch((cause: unknown) => {
    if (!(cause instanceof CorruptDataError || cause instanceof UnsupportedError)) throw cause;
    throw new UnsupportedError(
      `url leads to no TEC-COG; wanted one, which "tectile encode" makes of a GeoTIFF (${cause.message})`,
      { cause },
    );
  });
  const [full] = levels;
  if (crs === undefined || transform === undefined || full === undefined || crs.length > MAX_CRS_LENGTH)
    throw new UnsupportedError(`${location} doesn't say where on Earth it lies; wanted a TEC-COG with a CRS`);
  const { width, height } = full;
  const grid = { crs, transform, width, height };
  const { geometry, bounds } = gridFootprint(grid);
  const datetime = Number.isNaN(Date.parse(metadata.datetime ?? "")) ? UNDATED : (metadata.datetime ?? UNDATED);
  return apart({
    id: fileNameOf(url).replace(/\.tiff?$/i, ""),
    collection: "cog",
    datetime,
    datetimeMs: Date.parse(datetime),
    boundsWgs84: bounds,
    geometry,
    href: url,
    assetHrefs: { tec: url },
    checksum: identity,
    codedChecksum: identity,
    grid,
    model: metadata.model.id,
    modelSha256: metadata.model.sha256,
    quality: metadata.quality,
    entropy: metadata.entropy,
    clearPercent: undefined,
    absentBands: metadata.absent,
    sourceFingerprint: undefined,
    references: [],
    referenceHrefs: [],
    json: { properties: { datetime, renders: DEFAULT_RENDERS } },
  });
}

/**
 * Whatever its document says, such an item is none of the catalog's: pictures are kept by what the checksum says, and a stranger's must not
 * be kept as the catalog's. (A catalog's checksums are hexadecimal.)
 */
function apart(item: CatalogItem): CatalogItem {
  return { ...item, checksum: `${item.checksum} at ${item.href}` };
}

/** The part of a catalog that routes of one item ask. */
function urlCatalog(item: Catalog["item"]): Catalog {
  return {
    item,
    root: async () => ({}),
    collections: async () => [],
    collection: async () => ({}),
    async search({ collections = [], ids = [] }) {
      const [kind = "", url = ""] = [collections[0], ids[0]];
      return { items: [await item(kind, url)], matched: 1, next: undefined };
    },
    queryables: async () => ({}),
    aggregate: async () => [],
    close: async () => undefined,
  };
}

import { z } from "zod";
import {
  AppError,
  CorruptDataError,
  definePlugin,
  InvalidRequestError,
  NotFoundError,
  parseItem,
  UpstreamError,
  type Catalog,
  type CatalogItem,
  type Plugin,
  type StacJson,
} from "../src/plugin.js";
import {
  aggregateBody,
  aggregationsSchema,
  document,
  linksSchema,
  newestFirst,
  nextToken,
  queryablesSchema,
  searchBody,
  searchSchema,
} from "./stac-api/search.js";

const optionsSchema = z.strictObject({
  /** Answers kept, seconds; 60. A new item is seen after at most so long. */
  cacheS: z.number().min(0).default(60),
  /** Kept answers that may still be given while the API fails, seconds; an hour. */
  staleS: z.number().min(0).default(3600),
  /** Answers kept, and their length in all, bytes; 64 MiB. */
  maxAnswers: z.int().min(1).default(2000),
  maxCacheBytes: z
    .int()
    .min(0)
    .default(64 * 2 ** 20),
  timeoutMs: z.int().min(1).default(10_000),
  /** An answer's length, bytes; 32 MiB. */
  maxBytes: z
    .int()
    .min(1)
    .default(32 * 2 ** 20),
  /** Sent with every request to the API: an authorization, for instance. */
  headers: z.record(z.string(), z.string()).default({}),
});

type Options = z.infer<typeof optionsSchema>;

/**
 * A remote STAC API as the catalog: the setting `catalog: "stac+https://stac.example.org"`. Another Tectile will do, or pgstac
 * behind stac-fastapi: its items need the `tec` asset that Tectile's ingest writes, read from where the API says that it is.
 */
export default function stacApiCatalog(options: z.input<typeof optionsSchema> = {}): Plugin {
  const settings = optionsSchema.parse(options);
  const open = async (location: string): Promise<Catalog> => openStacApi(location.replace(/^stac\+/i, ""), settings);
  return definePlugin({ name: "stac-api-catalog", catalogs: { "stac+http": open, "stac+https": open } });
}

function openStacApi(url: string, options: Options): Catalog {
  const client = new StacClient(url, options);
  return {
    root: async () => withoutPlace(await client.read("")),
    async collections() {
      const documents = await client.readAll("/collections?limit=1000", "collections");
      return documents.map(withoutPlace).toSorted((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1));
    },
    async collection(id) {
      const missing = `Collection "${id.slice(0, 80)}" isn't in the catalog`;
      return withoutPlace(await client.read(`/collections/${segment(id, missing)}`, missing));
    },
    async item(collection, id) {
      const missing = `Item "${id.slice(0, 80)}" isn't in collection "${collection.slice(0, 80)}"`;
      const path = `/collections/${segment(collection, missing)}/items/${segment(id, missing)}`;
      return client.toItem(await client.read(path, missing));
    },
    async search(query, signal) {
      signal?.throwIfAborted();
      const answer = searchSchema.parse(await client.read("/search", undefined, { body: searchBody(query), signal }));
      const items = answer.features.flatMap((feature) => client.toItemIfAny(feature) ?? []);
      return {
        items: query.sortby === undefined ? items.toSorted(newestFirst) : items,
        matched: answer.numberMatched ?? answer.context?.matched ?? items.length,
        next: nextToken(answer.links),
      };
    },
    async queryables(collection) {
      const missing = `Collection "${(collection ?? "").slice(0, 80)}" isn't in the catalog`;
      const below = collection === undefined ? "" : `/collections/${segment(collection, missing)}`;
      const { properties } = queryablesSchema.parse(await client.read(`${below}/queryables`, missing));
      return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, { title: name, ...one }]));
    },
    async aggregate(filter, asked, signal) {
      const body = aggregateBody(filter, asked);
      return aggregationsSchema.parse(await client.read("/aggregate", undefined, { body, signal })).aggregations;
    },
    close: async () => client.close(),
  };
}

interface ReadOptions {
  /** Makes it a POST. */
  readonly body?: StacJson;
  readonly signal?: AbortSignal | undefined;
}

interface Answer {
  readonly json: Promise<StacJson>;
  readonly atMs: number;
  /** As text; 0 until it is there. */
  readonly length: { bytes: number };
}

interface Question {
  readonly missing: string | undefined;
  readonly body: StacJson | undefined;
  /** Set when the answer is there. */
  readonly length: { bytes: number };
}

/** Reads JSON from one API, each address once for all who ask at the same time. */
class StacClient {
  /** Without a slash at its end. */
  private readonly url: string;
  private readonly options: Options;
  private readonly answers = new Map<string, Answer>();
  private readonly closing = new AbortController();

  constructor(url: string, options: Options) {
    this.url = new URL(url).href.replace(/\/+$/, "");
    this.options = options;
  }

  /** The document at a path below the API's URL. @throws NotFoundError with `missing`, UpstreamError */
  async read(path: string, missing?: string, { body, signal }: ReadOptions = {}): Promise<StacJson> {
    const key = body === undefined ? path : `${path} ${JSON.stringify(body)}`;
    const { cacheS, staleS } = this.options;
    const old = this.answers.get(key);
    if (old !== undefined && performance.now() - old.atMs < cacheS * 1000) return withSignal(old.json, signal);
    const length = { bytes: 0 };
    const fresh: Answer = { json: this.load(path, { missing, body, length }), atMs: performance.now(), length };
    this.answers.delete(key);
    this.answers.set(key, fresh);
    fresh.json.then(
      () => this.forgetOldest(),
      () => this.answers.get(key) === fresh && this.answers.delete(key),
    );
    try {
      return await withSignal(fresh.json, signal);
    } catch (error) {
      const usable = old !== undefined && performance.now() - old.atMs < staleS * 1000;
      if (!usable || !(error instanceof UpstreamError)) throw error;
      // Asked again after a tenth of the usual time.
      this.answers.set(key, { ...old, atMs: Math.max(old.atMs, performance.now() - cacheS * 900) });
      return old.json;
    }
  }

  /** All documents of a paged list. */
  async readAll(path: string, member: string): Promise<readonly StacJson[]> {
    const all: StacJson[] = [];
    let next: string | undefined = path;
    for (let page = 0; next !== undefined && page < MAX_PAGES; page++) {
      const json: StacJson = await this.read(next);
      all.push(...z.array(document).parse(json[member] ?? []));
      next = this.pathOf(linksSchema.parse(json["links"] ?? []).find(({ rel }) => rel === "next")?.href);
    }
    return all;
  }

  /** @throws CorruptDataError for an item that Tectile can't serve. */
  toItem(json: StacJson): CatalogItem {
    const { id, collection } = json;
    const path = `/collections/${encodeURIComponent(String(collection))}/items/${encodeURIComponent(String(id))}`;
    const item = parseItem(json, this.url + path);
    for (const [key, href] of Object.entries(item.assetHrefs)) {
      // Others must not make this server give away its own files.
      if (/^(?!file:)[a-z][a-z0-9+.-]+:/i.test(href)) continue;
      throw new CorruptDataError(`Item ${item.id}`, `asset "${key}" lies at a local path; wanted a URL`);
    }
    return item;
  }

  /** Undefined for items of other kinds, which an API may hold beside ours. */
  toItemIfAny(json: StacJson): CatalogItem | undefined {
    try {
      return this.toItem(json);
    } catch (error) {
      if (error instanceof AppError) return undefined;
      throw error;
    }
  }

  close(): void {
    this.closing.abort(new UpstreamError("The catalog was closed"));
    this.answers.clear();
  }

  /** The part of a link below the API's URL; undefined for links that lead elsewhere. */
  private pathOf(href: string | undefined): string | undefined {
    if (href === undefined) return undefined;
    const absolute = new URL(href, `${this.url}/`).href;
    return absolute.startsWith(`${this.url}/`) ? absolute.slice(this.url.length) : undefined;
  }

  private forgetOldest(): void {
    const { maxAnswers, maxCacheBytes } = this.options;
    let held = [...this.answers.values()].reduce((sum, { length }) => sum + length.bytes, 0);
    for (const [key, { length }] of this.answers) {
      if (this.answers.size <= maxAnswers && held <= maxCacheBytes) return;
      this.answers.delete(key);
      held -= length.bytes;
    }
  }

  private async load(path: string, { missing, body, length }: Question): Promise<StacJson> {
    const { timeoutMs, headers, maxBytes } = this.options;
    const where = `STAC API ${path.split("?")[0] || "/"}`;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(this.url + (path === "" ? "/" : path), {
        signal: AbortSignal.any([timeout, this.closing.signal]),
        headers: { accept: "application/geo+json, application/json", ...headers, ...(body && JSON_BODY) },
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      });
      if (response.ok) {
        const text = await textOf(response, maxBytes);
        length.bytes = text.length;
        return document.parse(JSON.parse(text));
      }
      await response.body?.cancel();
      if (response.status === 404 && missing !== undefined) throw new NotFoundError(missing);
      if (response.status === 400) throw new InvalidRequestError(`${where}: the API refused the query (400)`);
      throw new UpstreamError(`${where}: the API answered ${response.status}; wanted 200`);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause);
      throw new UpstreamError(`${where}: ${reason}`, { cause });
    }
  }
}

const MAX_PAGES = 100;
const JSON_BODY = { "content-type": "application/json" };

/** Without the links that say where the document lies in the other API. */
function withoutPlace(json: StacJson): StacJson {
  const kept = linksSchema.parse(json["links"] ?? []).filter(({ rel }) => KEPT_LINKS.includes(rel));
  return { ...json, links: kept };
}

const KEPT_LINKS = ["license", "derived_from", "via", "about", "cite-as", "describedby"];

/** Dots alone would climb out of the path. */
function segment(id: string, missing: string): string {
  if (/^\.{0,2}$/.test(id)) throw new NotFoundError(missing);
  return encodeURIComponent(id);
}

async function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  let leave: (() => void) | undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([promise, left]);
  } finally {
    if (leave !== undefined) signal.removeEventListener("abort", leave);
  }
}

async function textOf(response: Response, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > maxBytes) throw new UpstreamError(`STAC API: an answer of more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string")
    return `can't be reached (${cause.code})`;
  return cause instanceof SyntaxError || cause instanceof z.ZodError ? "the answer isn't STAC" : "the request failed";
}

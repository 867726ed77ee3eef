import type pg from "pg";
import { z } from "zod";
import {
  AppError,
  CorruptDataError,
  definePlugin,
  InvalidRequestError,
  NotFoundError,
  parseItem,
  UnsupportedError,
  UpstreamError,
  type Catalog,
  type CatalogItem,
  type Plugin,
  type SearchFilter,
  type StacJson,
} from "../src/plugin.js";
import { searchStatement } from "./pgstac/search.js";
import { document, linksSchema, nextToken, queryablesSchema, searchSchema } from "./stac-api/search.js";

const optionsSchema = z.strictObject({
  /** Connections kept. */
  maxConnections: z.int().min(1).default(8),
  /** Of one statement; a search that takes longer is a failure of the database. */
  timeoutMs: z.int().min(1).default(10_000),
  /** Of the root document. */
  title: z.string().default("pgSTAC catalog"),
});

type Options = z.infer<typeof optionsSchema>;

/**
 * A pgSTAC database as the catalog: the setting `catalog: "postgres://user@host/database"`. Its items need the `tec` asset that
 * Tectile's ingest writes, at URLs. Needs the package `pg`; pgSTAC 0.9 or later.
 */
export default function pgstacCatalog(options: z.input<typeof optionsSchema> = {}): Plugin {
  const settings = optionsSchema.parse(options);
  const open = (location: string): Promise<Catalog> => openPgstac(location, settings);
  return definePlugin({ name: "pgstac-catalog", catalogs: { postgres: open, postgresql: open } });
}

async function openPgstac(location: string, { maxConnections, timeoutMs, title }: Options): Promise<Catalog> {
  const { Pool } = await importPg();
  const pool = new Pool({
    connectionString: location,
    max: maxConnections,
    statement_timeout: timeoutMs,
    connectionTimeoutMillis: timeoutMs,
    options: "-c search_path=pgstac,public",
  });
  // Idle connections that break are replaced at the next statement, which tells.
  pool.on("error", () => undefined);
  const ask = async (statement: string, values: readonly unknown[]): Promise<unknown> => {
    try {
      const { rows } = await pool.query<{ value: unknown }>(statement, [...values]);
      return rows[0]?.value;
    } catch (cause) {
      throw problemOf(cause);
    }
  };
  const collectionOf = async (id: string): Promise<StacJson> => {
    const found = document.safeParse(await ask("SELECT get_collection($1) AS value", [id]));
    if (found.success) return withoutLinks(found.data);
    throw new NotFoundError(`Collection "${id.slice(0, 80)}" isn't in the catalog`);
  };
  const found = async (query: Parameters<Catalog["search"]>[0]): Promise<z.infer<typeof searchSchema>> =>
    searchSchema.parse(await ask("SELECT search($1::jsonb) AS value", [JSON.stringify(searchStatement(query))]));
  return {
    root: async () => ({ type: "Catalog", stac_version: "1.1.0", id: "pgstac", title, description: title, links: [] }),
    async collections() {
      const all =
        z
          .array(document)
          .nullish()
          .parse(await ask("SELECT all_collections() AS value", [])) ?? [];
      return all.map(withoutLinks).toSorted((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1));
    },
    collection: collectionOf,
    async item(collection, id) {
      const item = document.safeParse(await ask("SELECT get_item($1, $2) AS value", [id, collection]));
      if (item.success) return toItem(item.data);
      await collectionOf(collection);
      throw new NotFoundError(`Item "${id.slice(0, 80)}" isn't in collection "${collection.slice(0, 80)}"`);
    },
    async search(query, signal) {
      signal?.throwIfAborted();
      const { features, links, numberMatched } = await found(query);
      signal?.throwIfAborted();
      const items = features.flatMap((feature) => toItemIfAny(feature) ?? []);
      return { items, matched: numberMatched ?? items.length, next: nextToken(links) };
    },
    async queryables(collection) {
      if (collection !== undefined) await collectionOf(collection);
      const statement = "SELECT get_queryables($1::text) AS value";
      const { properties } = queryablesSchema.parse(await ask(statement, [collection ?? null]));
      return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, { title: name, ...one }]));
    },
    async aggregate(filter, asked, signal) {
      const other = asked.find(({ name }) => !["total_count", "datetime_min", "datetime_max"].includes(name));
      if (other !== undefined)
        throw new UnsupportedError(
          `aggregations has "${other.name}", which pgSTAC doesn't count; there are total_count, datetime_min, datetime_max`,
        );
      signal?.throwIfAborted();
      return Promise.all(
        asked.map(async ({ name }) =>
          name === "total_count"
            ? { name, data_type: "integer", value: (await found({ ...filter, limit: 1 })).numberMatched ?? 0 }
            : { name, data_type: "datetime", value: await extreme(filter, name === "datetime_max") },
        ),
      );
    },
    close: () => pool.end(),
  };

  async function extreme(filter: SearchFilter, descending: boolean): Promise<string | null> {
    const { features } = await found({ ...filter, sortby: [{ property: "datetime", descending }], limit: 1 });
    return features[0] === undefined ? null : toItem(features[0]).datetime;
  }
}

/** Without the links that say where a document lies elsewhere. */
function withoutLinks(json: StacJson): StacJson {
  const kept = linksSchema.parse(json["links"] ?? []).filter(({ rel }) => KEPT_LINKS.includes(rel));
  return { ...json, links: kept };
}

const KEPT_LINKS = ["license", "derived_from", "via", "about", "cite-as", "describedby"];

/** @throws CorruptDataError for an item that Tectile can't serve, or whose files lie on the server's own disk. */
function toItem(json: StacJson): CatalogItem {
  const item = parseItem(json, `pgstac/${String(json["collection"])}/${String(json["id"])}.json`);
  for (const [key, href] of Object.entries(item.assetHrefs)) {
    if (/^(?!file:)[a-z][a-z0-9+.-]+:/i.test(href)) continue;
    throw new CorruptDataError(`Item ${item.id}`, `asset "${key}" lies at a local path; wanted a URL`);
  }
  return item;
}

/** Undefined for items of other kinds, which a database may hold beside ours. */
function toItemIfAny(json: StacJson): CatalogItem | undefined {
  try {
    return toItem(json);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Classes of SQLSTATE by which pgSTAC refuses a question: data exceptions, what a function raises, and names that it doesn't know. */
const REFUSED = /^(22|P0001|42703|42883|23)/;

function problemOf(cause: unknown): AppError {
  const { code, message } = z.looseObject({ code: z.string().optional(), message: z.string() }).parse(cause);
  if (code !== undefined && REFUSED.test(code))
    return new InvalidRequestError(`pgSTAC refused the question: ${message.slice(0, 120)}`, { cause });
  return new UpstreamError(`pgSTAC: ${code ?? message.slice(0, 80)}`, { cause });
}

async function importPg(): Promise<Pick<typeof pg, "Pool">> {
  try {
    return (await import("pg")).default;
  } catch (cause) {
    throw new UnsupportedError("The plugin pgstac-catalog needs the package pg; npm install pg", { cause });
  }
}

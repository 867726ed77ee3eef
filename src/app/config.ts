import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { messageOf } from "../core/assert.js";
import { InvalidRequestError } from "../core/errors.js";
import { PROVIDERS } from "../model/session.js";
import type { Plugin } from "./plugin.js";
import { isModulePath } from "./plugins.js";

const MiB = 2 ** 20;

/** A plugin itself, from programs; app/plugins.ts looks inside. */
const pluginObject = z.custom<Plugin>((value) => typeof value === "object" && value !== null && "name" in value);

/** Of a server of its own: what is beside the page needs no setting. */
const basemapUrl = z
  .string()
  .regex(/^https?:\/\/[^\s;,'"]*\{z\}[^\s;,'"]*$/, "wanted an http(s) URL with {z}, {x} and {y}")
  .refine((url) => ["{z}", "{x}", "{y}"].every((part) => url.includes(part)), "wanted an URL with {z}, {x} and {y}");

const schema = z.strictObject({
  /** Folder of the STAC catalog: catalog.json, a folder a collection, a folder an item. */
  catalog: z.string().default("data/catalog"),
  /** Folders of model packages, searched in order; the package's own models come last. */
  models: z.array(z.string()).default([]),
  /** What extends the server (docs/plugins.md), in this order: module paths or package names, or { use, options }. */
  plugins: z
    .array(z.union([z.string(), z.strictObject({ use: z.string(), options: z.unknown() }), pluginObject]))
    .default([]),
  /** Address to listen on. */
  host: z.string().default("0.0.0.0"),
  port: z.coerce.number().int().min(0).max(65535).default(8080),
  /** URL under which clients reach the server, when it stands behind a proxy that does not say so. */
  publicUrl: z.url().optional(),
  /** Whose X-Forwarded-Proto, -Host and -Prefix are believed: Express's "trust proxy", such as "loopback, 10.0.0.0/8"; nobody's by default. */
  trustProxy: z.union([z.boolean(), z.string()]).default(false),
  title: z.string().default("Tectile"),
  description: z.string().default("Sentinel-2 imagery, kept as TerraCodec latents and decoded tile by tile."),
  /** Where networks run; "auto" times one decode on each provider that is there and takes the fastest. */
  provider: z.enum(["auto", ...PROVIDERS]).default("auto"),
  /** Sessions of the network, each on its own thread; one a core on the cpu, one on a GPU. */
  sessions: z.int().min(1).max(256).optional(),
  /** Windows decoded in one run of the network; 1 on the cpu, 16 on a GPU. */
  maxBatch: z.int().min(1).max(256).optional(),
  /** Threads for entropy decoding, warping and drawing; one a core. */
  pixelThreads: z.int().min(1).max(256).optional(),
  /** Decoded latents kept, bytes. */
  latentsCacheBytes: z
    .int()
    .min(0)
    .default(256 * MiB),
  /** What was inferred under clouds, chunk by chunk, and what it was fitted with, bytes. */
  filledCacheBytes: z
    .int()
    .min(0)
    .default(192 * MiB),
  /** A folder that keeps filled chunks over restarts; none by default. */
  filledFolder: z.string().optional(),
  /** What they may take there, bytes. */
  filledFolderBytes: z
    .int()
    .min(0)
    .default(4096 * MiB),
  /** Encoded tiles kept, bytes. */
  tileCacheBytes: z
    .int()
    .min(0)
    .default(128 * MiB),
  /** Decoded tiles of virtual COGs and cubes kept, bytes. */
  blocksCacheBytes: z
    .int()
    .min(0)
    .default(64 * MiB),
  /** Cache that several servers share behind their own, by the name that a plugin gives it. */
  sharedTileCache: z.string().optional(),
  /** How long a tile waits for that cache before it is drawn. */
  sharedTileCacheTimeoutMs: z.int().min(1).max(60_000).default(250),
  /** Memory that pictures being drawn may hold together, bytes; more wait their turn. */
  drawingBytes: z
    .int()
    .min(1)
    .default(1024 * MiB),
  /** Containers whose header and file stay open. */
  openContainers: z.int().min(1).default(256),
  /** Dates that may add pixels to any one place of a picture (docs/mosaics.md). */
  maxItemsPerTile: z.int().min(1).max(1000).default(12),
  /** Answer of a tile inside the grid that shows nothing: 204 without a body, or a blank picture. */
  emptyTile: z.enum(["204", "blank"]).default("204"),
  /** Cache-Control of tiles. */
  cacheControl: z.string().default("public, max-age=3600"),
  /** Requests beyond this many waiting are answered 503. */
  maxWaiting: z.int().min(1).default(256),
  /** Who may register searches, the one thing that requests write: anybody, who sends `writeToken`, nobody. */
  registerSearches: z.enum(["open", "token", "off"]).default("open"),
  /** Secret for what writes, sent as "Authorization: Bearer TOKEN"; with it given, registerSearches "open" counts as "token". */
  writeToken: z.string().min(16).optional(),
  /** Registered searches kept, and what their files may take together, bytes; 64 KiB for each at most. */
  maxSearches: z.int().min(0).default(1000),
  searchesBytes: z
    .int()
    .min(0)
    .default(16 * MiB),
  /** Keys that requests need ("Authorization: Bearer KEY", "X-API-Key" or ?api_key=), each with limits of its own; none: everybody may read. */
  apiKeys: z
    .array(
      z.strictObject({
        /** For logs and metrics. */
        name: z.string().min(1).max(60),
        key: z.string().min(16),
        /** Requests a second in the long run. */
        perSecond: z.number().positive().default(50),
        /** Requests at once, on top: what one view of a map asks for passes. */
        burst: z.int().min(1).default(200),
      }),
    )
    .default([]),
  /** Hosts that files of items may lie on, such as "data.example.org", "*.example.org" or "*" for every public one. */
  remoteHosts: z.array(z.string().min(1)).default([]),
  /** Those of them, or others, that may lie at private addresses: an object store beside the server. */
  privateHosts: z.array(z.string().min(1)).default([]),
  /** Hosts that requests to /stac and /cog may name in `url`, in the words of `remoteHosts`, and where the files of such items lie; none: they are off. */
  urlHosts: z.array(z.string().min(1)).default([]),
  /** Those of them, or others, that may lie at private addresses. */
  privateUrlHosts: z.array(z.string().min(1)).default([]),
  /** Decoded latents kept of what was opened so, bytes. */
  urlLatentsBytes: z
    .int()
    .min(0)
    .default(64 * MiB),
  /** Folders beside the catalog's own that its files may lie in, links followed: for collections linked in from another disk. */
  linkedFolders: z.array(z.string().min(1)).default([]),
  /** Pages that may show the viewer in a frame: sources of CSP's frame-ancestors. */
  frameAncestors: z.array(z.string().regex(/^[^\s;,]+$/)).default(["'self'"]),
  /** Tiles under the imagery in the viewer, from a server that you may use: their URL with {z}, {x} and {y}, or that with its credits and deepest zoom. */
  basemap: z
    .union([
      basemapUrl.transform((url) => ({ url, attribution: "", maxZoom: 19 })),
      z.strictObject({
        url: basemapUrl,
        attribution: z.string().default(""),
        maxZoom: z.int().min(0).max(24).default(19),
      }),
    ])
    .optional(),
  /** What a request's head and body may take to come in, milliseconds. */
  requestTimeoutMs: z.int().min(100).default(30_000),
  /** How long an answer may wait for its client to take more of it, milliseconds. */
  sendTimeoutMs: z.int().min(100).default(30_000),
  /** Answers on their way to slow clients may hold so many bytes together; beyond, requests are answered 503. */
  sendingBytes: z
    .int()
    .min(1)
    .default(256 * MiB),
  /** After SIGTERM, what runs is finished within so long, milliseconds. */
  shutdownMs: z.int().min(0).max(600_000).default(25_000),
  logLevel: z.enum(["silent", "error", "warn", "info", "debug"]).default("info"),
});

/** Every setting, with its default where none was given. */
export type Config = z.infer<typeof schema>;
/** Settings as given: any of them. */
export type ConfigInput = z.input<typeof schema>;

/** The package's own models. */
export const BUILT_IN_MODELS = fileURLToPath(new URL("../../../models/", import.meta.url));

/**
 * Settings from, in rising order: defaults, a JSON file, TECTILE_* variables (TECTILE_TILE_CACHE_BYTES for tileCacheBytes), `given`.
 *
 * @throws InvalidRequestError naming the setting that is wrong.
 */
export async function readConfig(
  given: ConfigInput & { readonly file?: string | undefined } = {},
  env: NodeJS.ProcessEnv = {},
): Promise<Config> {
  const { file, ...settings } = given;
  const path = file ?? env["TECTILE_CONFIG"];
  const fromFile = path === undefined ? {} : await readJson(path);
  return parseConfig({ ...fromFile, ...fromEnvironment(env), ...defined(settings) });
}

/** @throws InvalidRequestError */
export function parseConfig(settings: ConfigInput): Config {
  const result = schema.safeParse(settings);
  if (result.success)
    return { ...result.data, models: [...result.data.models.map((path) => resolve(path)), BUILT_IN_MODELS] };
  const [issue] = result.error.issues;
  throw new InvalidRequestError(`Setting ${issue?.path.join(".") || "?"}: ${issue?.message ?? "invalid"}`);
}

/** Paths of plugins in it count from the file's folder. */
async function readJson(path: string): Promise<ConfigInput> {
  try {
    const settings = JSON.parse(await readFile(path, "utf8")) as ConfigInput;
    if (!Array.isArray(settings.plugins)) return settings;
    const absolute = (use: string): string => (isModulePath(use) ? resolve(dirname(path), use) : use);
    const plugins = settings.plugins.map((entry) => {
      if (typeof entry === "string") return absolute(entry);
      return "use" in entry && typeof entry.use === "string" ? { ...entry, use: absolute(entry.use) } : entry;
    });
    return { ...settings, plugins };
  } catch (cause) {
    throw new InvalidRequestError(`Config file ${path} can't be read: ${messageOf(cause)}`, { cause });
  }
}

function fromEnvironment(env: NodeJS.ProcessEnv): ConfigInput {
  const found: Record<string, unknown> = {};
  for (const key of Object.keys(schema.shape)) {
    const value = env[`TECTILE_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`];
    if (value !== undefined) found[key] = parseValue(value);
  }
  if (env["PORT"] !== undefined && found["port"] === undefined) found["port"] = env["PORT"];
  return found;
}

/** JSON where it is JSON ("5", "true", "[...]"), else the text. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function defined(settings: ConfigInput): ConfigInput {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

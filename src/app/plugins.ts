import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { openFileCatalog } from "../catalog/file-catalog.js";
import type { Catalog, CatalogEvents } from "../catalog/types.js";
import { messageOf } from "../core/assert.js";
import { InvalidRequestError, UnsupportedError } from "../core/errors.js";
import { Registry } from "../core/registry.js";
import { parseRenderSpec } from "../render/parse-render-spec.js";
import { RENDERS, type RenderPreset } from "../core/render-presets.js";
import { BUILT_IN_STORES, createStoreOpener, type OpenStore } from "../store/byte-source.js";
import { parseLocation, schemeOf } from "../store/location.js";
import type { MakeRoute, OpenCatalog, OpenTileCache, Plugin, TileCache } from "./plugin.js";

/** An entry of the setting `plugins`: a module's path or package name, one with options, or a plugin itself. */
export type PluginEntry = string | { readonly use: string; readonly options?: unknown } | Plugin;

/** What the built-in parts and all plugins bring, by kind. */
export interface Extensions {
  readonly openStore: OpenStore;
  readonly renders: Readonly<Record<string, RenderPreset>>;
  /** Those of `renders` that plugins brought. */
  readonly addedRenders: Readonly<Record<string, RenderPreset>>;
  readonly routes: Readonly<Record<string, MakeRoute>>;
  /** @throws UnsupportedError for a scheme that no catalog has. */
  openCatalog(location: string, events?: CatalogEvents): Promise<Catalog>;
  /** @throws InvalidRequestError for a name that no plugin has. */
  openTileCache(name: string): Promise<TileCache>;
  /** Lets the plugins end what they began. */
  close(): Promise<void>;
}

/** Tectile's own stores, catalog and renders, registered as any plugin's are. */
const BUILT_IN: Plugin = {
  name: "tectile",
  stores: BUILT_IN_STORES,
  catalogs: { file: (location, events) => openFileCatalog(pathOf(location), events) },
  renders: RENDERS,
};

/**
 * Loads plugins in the order given and registers what they bring, after the built-in parts.
 *
 * @throws InvalidRequestError for one that can't be loaded or isn't a plugin, or a name that two of them bring.
 */
export async function loadExtensions(entries: readonly PluginEntry[]): Promise<Extensions> {
  const plugins: Plugin[] = [];
  for (const [i, entry] of entries.entries()) plugins.push(await loadPlugin(entry, `setting plugins.${i}`));
  return createExtensions(plugins);
}

/** @throws InvalidRequestError for a name that two plugins bring, or a render that can't be drawn. */
export function createExtensions(plugins: readonly Plugin[]): Extensions {
  const stores = new Registry<OpenStore>("store");
  const catalogs = new Registry<OpenCatalog>("catalog");
  const renders = new Registry<RenderPreset>("render");
  const tileCaches = new Registry<OpenTileCache>("tile cache");
  const routes = new Registry<MakeRoute>("route");
  for (const plugin of [BUILT_IN, ...plugins]) {
    register(stores, plugin.name, plugin.stores);
    register(catalogs, plugin.name, plugin.catalogs);
    register(renders, plugin.name, plugin.renders);
    register(tileCaches, plugin.name, plugin.tileCaches);
    register(routes, plugin.name, plugin.routes);
    if (plugin !== BUILT_IN) checkRenders(plugin);
  }
  const all = renders.record();
  return {
    openStore: createStoreOpener(stores.record()),
    renders: all,
    addedRenders: Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(RENDERS, name))),
    routes: routes.record(),
    async openCatalog(location, events = {}) {
      const scheme = schemeOf(location);
      const open = catalogs.get(scheme);
      if (open !== undefined) return open(location, events);
      const others = catalogs.names().flatMap((name) => (name === "file" ? [] : [`${name}:`]));
      throw new UnsupportedError(
        `Setting catalog has the scheme ${scheme}:; wanted ${["a folder", ...others].join(", ")}`,
      );
    },
    async openTileCache(name) {
      const open = tileCaches.get(name);
      if (open !== undefined) return open();
      const known = tileCaches.names();
      throw new InvalidRequestError(
        `Setting sharedTileCache is "${name.slice(0, 40)}"; wanted ${known.length === 0 ? "one that a plugin brings, and none does" : known.join(" or ")}`,
      );
    },
    async close() {
      for (const plugin of plugins) await plugin.close?.();
    },
  };
}

function register<T>(registry: Registry<T>, owner: string, values: Readonly<Record<string, T>> = {}): void {
  for (const [name, value] of Object.entries(values)) registry.add(name, owner, value);
}

/** A look that can't be drawn is found at the start, not by the first visitor. */
function checkRenders({ name: plugin, renders = {} }: Plugin): void {
  for (const name of Object.keys(renders)) {
    try {
      parseRenderSpec(new URLSearchParams({ render: name }), { presets: renders });
    } catch (cause) {
      throw new InvalidRequestError(`Render "${name}" of plugin "${plugin}": ${messageOf(cause)}`, { cause });
    }
  }
}

/** The plugin that an entry names; `where` is for messages. */
async function loadPlugin(entry: PluginEntry, where: string): Promise<Plugin> {
  if (typeof entry === "object" && !("use" in entry)) return parsePlugin(entry, where);
  const { use, options } = typeof entry === "string" ? { use: entry, options: undefined } : entry;
  const label = `Plugin ${use.slice(0, 120)} (${where})`;
  const exported = await importDefault(use).catch((cause: unknown) => {
    throw new InvalidRequestError(`${label} can't be loaded: ${oneLine(cause)}`, { cause });
  });
  if (typeof exported !== "function") {
    if (options === undefined) return parsePlugin(exported, label);
    throw new InvalidRequestError(`${label} takes no options, ${oneLine(JSON.stringify(options))} were given`);
  }
  try {
    const made: unknown = await Reflect.apply(exported, undefined, [options]);
    return parsePlugin(made, label);
  } catch (cause) {
    if (cause instanceof InvalidRequestError && cause.message.startsWith(label)) throw cause;
    throw new InvalidRequestError(`${label} can't be made: ${oneLine(cause)}`, { cause });
  }
}

/** What a module exports by default: a path from the working folder, or a package seen from there, or else from Tectile itself. */
async function importDefault(use: string): Promise<unknown> {
  const module: unknown = await import(moduleUrl(use));
  const { default: exported } = z.looseObject({ default: z.unknown().optional() }).parse(module);
  if (exported === undefined) throw new TypeError("it has no default export; wanted a plugin (see definePlugin)");
  return exported;
}

function moduleUrl(use: string): string {
  if (use.startsWith("file:")) return use;
  if (isModulePath(use)) return pathToFileURL(resolve(use)).href;
  try {
    return pathToFileURL(createRequire(join(process.cwd(), "package.json")).resolve(use)).href;
  } catch {
    return use;
  }
}

/** True for "./x.js", "../x.js" and absolute paths; other entries are package names. */
export function isModulePath(use: string): boolean {
  return /^(\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(use);
}

const record = <T extends z.ZodType>(value: T): z.ZodOptional<z.ZodRecord<z.ZodString, T>> =>
  z.record(z.string(), value).optional();
const factory = z.custom<() => unknown>((value) => typeof value === "function", "wanted a function");

const pluginSchema = z.strictObject({
  name: z.string().min(1),
  stores: record(factory),
  catalogs: record(factory),
  renders: record(z.looseObject({ title: z.string(), description: z.string(), rescale: z.array(z.array(z.number())) })),
  tileCaches: record(factory),
  routes: record(factory),
  close: factory.optional(),
});

function parsePlugin(value: unknown, where: string): Plugin {
  const parsed = pluginSchema.safeParse(value);
  if (parsed.success) return value as Plugin;
  const [issue] = parsed.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw new InvalidRequestError(
    `${where} isn't a plugin: ${at}${issue?.message ?? "unreadable"}; wanted what definePlugin({ name, ... }) gives`,
  );
}

function pathOf(location: string): string {
  const parsed = parseLocation(location);
  return parsed.kind === "file" ? parsed.path : location;
}

function oneLine(thrown: unknown): string {
  return messageOf(thrown).split("\n")[0]?.slice(0, 300) ?? "";
}

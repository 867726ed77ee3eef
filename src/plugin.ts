/** What plugins are made of: `export default definePlugin({ name, ... })`. docs/plugins.md says what each kind must do. */
import type { RequestHandler } from "express";
import type { Plugin as AnyPlugin, PluginServices } from "./app/plugin.js";

export {
  AppError,
  CorruptDataError,
  InvalidRequestError,
  ModelError,
  NotFoundError,
  OverloadedError,
  UnsupportedError,
  UpstreamError,
  type ErrorCode,
} from "./core/errors.js";
export type { OpenCatalog, OpenTileCache, PluginServices, TileCache } from "./app/plugin.js";
export type { TecImage } from "./app/open-tec-cog.js";
export { parseItem } from "./catalog/item.js";
export type { Geometry } from "./catalog/geometry.js";
export type { Expression } from "./catalog/cql2/expression.js";
export type { PropertySchema } from "./catalog/item-properties.js";
export type { SortKey } from "./catalog/sort-order.js";
export type {
  Aggregation,
  AggregationRequest,
  Catalog,
  CatalogEvents,
  CatalogItem,
  SearchFilter,
  SearchPage,
  SearchQuery,
  StacJson,
} from "./catalog/types.js";
export type { BandName } from "./core/bands.js";
export type { PixelWindow, Raster } from "./core/raster.js";
export type { Bounds } from "./geo/bounds.js";
export { TASK_CHANNEL, type EndedTask } from "./core/worker-pool.js";
export { REQUEST_CHANNEL, type StartedRequest } from "./http/request-channel.js";
export type { RenderPreset } from "./core/render-presets.js";
export type { ByteSource, OpenStore } from "./store/byte-source.js";
export { openHttpSource, type HttpSourceOptions } from "./store/http-source.js";
export { shortLocation } from "./store/location.js";

/** What extends the server: for each kind, factories by name. */
export interface Plugin extends AnyPlugin {
  /** Express handlers or routers, mounted at /x/NAME, or at NAME itself where it begins with a slash. */
  readonly routes?: Readonly<Record<string, (services: PluginServices) => RequestHandler>>;
}

/** The plugin itself, with its types checked. A module exports it, or a function of options that gives it, by default. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}

import type { CatalogItem, StacJson } from "./types.js";

/** How a property is compared, as JSON Schema says it. */
export type PropertySchema = Readonly<Record<string, unknown>> & { readonly title: string };

const instant = (title: string): PropertySchema => ({ title, type: "string", format: "date-time" });
const text = (title: string): PropertySchema => ({ title, type: "string" });
const number = (title: string): PropertySchema => ({ title, type: "number" });
const percent = (title: string): PropertySchema => ({ title, type: "number", minimum: 0, maximum: 100 });
const texts = (title: string): PropertySchema => ({ title, type: "array", items: { type: "string" } });

/** What every item has. */
export const CORE_PROPERTIES: Readonly<Record<string, PropertySchema>> = {
  id: {
    ...text("Item's id"),
    $ref: "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json#/definitions/core/allOf/2/properties/id",
  },
  collection: {
    ...text("Collection's id"),
    $ref: "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json#/definitions/core/allOf/2/then/properties/collection",
  },
  geometry: { title: "Footprint", $ref: "https://geojson.org/schema/Geometry.json" },
  datetime: {
    ...instant("Time of acquisition"),
    $ref: "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/datetime.json#/properties/datetime",
  },
};

/** What items may have: asked for where none has it, nothing is found, which is no mistake. */
const COMMON_PROPERTIES: Readonly<Record<string, PropertySchema>> = {
  start_datetime: instant("Start"),
  end_datetime: instant("End"),
  created: instant("When the item was made"),
  updated: instant("When the item was last changed"),
  published: instant("When the item was published"),
  expires: instant("When the item ends to be valid"),
  title: text("Title"),
  description: text("Description"),
  keywords: texts("Keywords"),
  license: text("Licence"),
  platform: text("Platform"),
  constellation: text("Constellation"),
  mission: text("Mission"),
  instruments: texts("Instruments"),
  gsd: number("Ground sample distance, metres"),
  "eo:cloud_cover": percent("Cloud cover, percent"),
  "eo:snow_cover": percent("Snow cover, percent"),
  "view:off_nadir": number("Angle off nadir, degrees"),
  "view:sun_azimuth": number("Sun's azimuth, degrees"),
  "view:sun_elevation": number("Sun's elevation, degrees"),
  "sat:orbit_state": text("Orbit state"),
  "sat:relative_orbit": number("Relative orbit"),
  "grid:code": text("Grid cell"),
  "proj:code": text("Coordinate reference system"),
  "tec:clear_percent": percent("Pixels that are valid and clear, percent"),
  "tec:valid_percent": percent("Pixels that were observed, percent"),
  "tec:model": text("Model that decodes the item"),
  "tec:entropy": text("Entropy model"),
  "tec:quality": number("Quality step"),
  "tec:bits_per_pixel": number("Bits a pixel and band"),
};

export const KNOWN_PROPERTIES: Readonly<Record<string, PropertySchema>> = { ...CORE_PROPERTIES, ...COMMON_PROPERTIES };

/** `properties.` before a name says nothing. */
export const plainName = (name: string): string => name.replace(/^properties\./, "");

export const isInstant = (name: string): boolean => KNOWN_PROPERTIES[name]?.["format"] === "date-time";

type Described = Pick<CatalogItem, "id" | "collection" | "datetime" | "json">;

/** An item's value of a property: of `properties`, else, for the extension's own fields, of the TEC-COG's asset. */
export function propertyOf(item: Described, name: string): unknown {
  if (name === "id") return item.id;
  if (name === "collection") return item.collection;
  if (name === "datetime") return item.datetime;
  const value = (item.json["properties"] as StacJson)[name];
  if (value !== undefined || !name.startsWith("tec:")) return value ?? undefined;
  return ((item.json["assets"] as StacJson)["tec"] as StacJson | undefined)?.[name];
}

/** Names of an item's properties that can be asked for. */
export function propertyNames(item: Described): readonly string[] {
  const own = Object.keys(item.json["properties"] as StacJson).filter((name) => name !== "renders");
  return [...own, ...ASSET_PROPERTIES];
}

/** All names by which propertyOf finds something. */
export function searchedNames(item: Described): readonly string[] {
  const asset = (item.json["assets"] as StacJson)["tec"] as StacJson | undefined;
  const own = Object.keys(item.json["properties"] as StacJson);
  return [...own, ...Object.keys(asset ?? {}).filter((name) => name.startsWith("tec:"))];
}

/** Of the TEC-COG's asset. */
const ASSET_PROPERTIES = ["tec:model", "tec:entropy", "tec:quality", "tec:bits_per_pixel"];

/** The JSON Schema of a property of which these values are known. */
export function schemaOfValues(name: string, types: ReadonlySet<string>): PropertySchema {
  const known = KNOWN_PROPERTIES[name];
  if (known !== undefined) return known;
  return types.size === 1 ? { title: name, type: [...types][0] } : { title: name };
}

/** A value's type as JSON Schema names it. */
export function typeOfValue(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}

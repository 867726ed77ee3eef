import { join, sep } from "node:path";
import { CorruptDataError } from "../core/errors.js";
import { isRemote } from "../store/location.js";
import type { Geometry } from "./geometry.js";
import type { CatalogItem, StacJson } from "./types.js";

/*
 * An item as text: its parsed fields and its document, JSON in a line each. Its footprint is kept elsewhere, what many documents share by its
 * number in a list, and places relative to the catalog's folder.
 */

/** What the texts of some items have in common. */
export interface SharedValues {
  readonly values: readonly unknown[];
  /** The catalog's, absolute: no place outside it is taken. */
  readonly folder: string;
}

/** What a document has in place of the item's own footprint. */
const SAME = 0;
const NEWLINE = 10;

/** Adds to `shared` (values and their numbers) what it lacks. */
export function textOfItem(item: CatalogItem, folder: string, shared: Map<unknown, number>): Buffer {
  const { json, geometry, ...fields } = item;
  const isSame = JSON.stringify(json["geometry"]) === JSON.stringify(geometry);
  const number = (value: unknown): unknown => {
    if (value === undefined) return undefined;
    const known = shared.get(value) ?? shared.size;
    shared.set(value, known);
    return known;
  };
  const document = replaceShared(isSame ? { ...json, geometry: SAME } : json, number);
  const parsed = mapPlaces(fields, (place) => relativeTo(folder, place));
  return Buffer.from(`${JSON.stringify(parsed)}\n${JSON.stringify(document)}`);
}

/** @throws CorruptDataError for a place outside the folder that is no URL. */
export function itemOfText(text: Buffer, footprint: () => Geometry, { values, folder }: SharedValues): CatalogItem {
  const end = text.indexOf(NEWLINE);
  const fields = JSON.parse(text.toString("utf8", 0, end)) as Fields;
  const document = JSON.parse(text.toString("utf8", end + 1)) as StacJson;
  const json = replaceShared(document, (value) => (typeof value === "number" ? values[value] : value));
  const geometry = footprint();
  return {
    ...mapPlaces(fields, (known) => placeIn(folder, known)),
    geometry,
    json: json["geometry"] === SAME ? { ...json, geometry } : json,
  };
}

/** The values that catalogs keep once, in a document. */
export function replaceShared(json: StacJson, by: (value: unknown) => unknown): StacJson {
  const { properties, assets } = json as { readonly properties: StacJson; readonly assets: Record<string, StacJson> };
  const tec = assets["tec"] ?? {};
  return {
    ...json,
    stac_extensions: by(json["stac_extensions"]),
    properties:
      properties["renders"] === undefined ? properties : { ...properties, renders: by(properties["renders"]) },
    assets: { ...assets, tec: tec["bands"] === undefined ? tec : { ...tec, bands: by(tec["bands"]) } },
  };
}

type Fields = Omit<CatalogItem, "json" | "geometry">;

/** Of the parsed fields those that are places. */
function mapPlaces(fields: Fields, to: (place: string) => string): Fields {
  return {
    ...fields,
    href: to(fields.href),
    assetHrefs: Object.fromEntries(Object.entries(fields.assetHrefs).map(([key, href]) => [key, to(href)])),
    referenceHrefs: fields.referenceHrefs.map(to),
  };
}

const relativeTo = (folder: string, place: string): string =>
  place.startsWith(folder + sep) ? `.${place.slice(folder.length)}` : place;

function placeIn(folder: string, known: string): string {
  if (isRemote(known)) return known;
  const place = known.startsWith(".") ? join(folder, known) : known;
  if (place.startsWith(folder + sep)) return place;
  throw new CorruptDataError("A snapshot of items", `${known} is outside the catalog's folder`);
}

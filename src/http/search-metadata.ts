import { z } from "zod";
import type { Services } from "../app/services.js";
import { InvalidRequestError } from "../core/errors.js";
import type { Bounds } from "../geo/bounds.js";
import type { StacJson } from "../catalog/types.js";
import { checkTiles } from "./routes/tilejson.js";

/** What the metadata of a mosaic says of its map, in titiler-pgstac's words; what isn't said, or not in these words, is missing. */
export interface MosaicMetadata {
  readonly name?: string | undefined;
  readonly bounds?: Bounds | undefined;
  readonly minzoom?: number | undefined;
  readonly maxzoom?: number | undefined;
}

const [longitude, latitude] = [180, 90].map((most) => z.number().min(-most).max(most)) as [z.ZodNumber, z.ZodNumber];
const zoom = z.int().min(0).max(24).optional().catch(undefined);
const metadataSchema = z.object({
  name: z.string().optional().catch(undefined),
  bounds: z.tuple([longitude, latitude, longitude, latitude]).optional().catch(undefined),
  minzoom: zoom,
  maxzoom: zoom,
});

export function parseMetadata(metadata: unknown): MosaicMetadata {
  return metadataSchema.parse(metadata);
}

/** A look with a name, as a query of tiles. */
export interface Layer {
  readonly name: string;
  readonly query: string;
}

const layersSchema = z.record(z.string(), z.record(z.string(), z.unknown()).catch({})).catch({});
/** Of a look, but no parameters. */
const WORDS = ["title", "description"];

/** Looks with names, such as `defaults` of a search's metadata or `renders` of a collection, as queries of tiles; those that tiles wouldn't take are left out. */
export function layerQueries(layers: unknown, presets: Services["renders"]): readonly Layer[] {
  return Object.entries(layersSchema.parse(layers)).flatMap(([name, look]) => {
    const query = new URLSearchParams(
      Object.entries(look)
        .filter(([key]) => !WORDS.includes(key))
        .flatMap(([key, value]) => [value].flat().map((one) => [key, textOf(one)])),
    );
    return isTaken(query, presets) ? [{ name, query: query.toString() }] : [];
  });
}

/** A range in a list is a list itself, a colormap an object. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isTaken(query: URLSearchParams, presets: Services["renders"]): boolean {
  try {
    checkTiles(query, presets);
    return true;
  } catch (error) {
    if (error instanceof InvalidRequestError) return false;
    throw error;
  }
}

/** From a mosaic to what shows it, as titiler-pgstac has them, and the same of its looks; `asked` is the query that narrows it. */
export function mosaicLinks(root: string, layers: readonly Layer[], asked = ""): readonly StacJson[] {
  const link = (rel: string, [path, type, title]: readonly [string, string, string], query: string): StacJson => ({
    rel,
    href: `${root}/${path}${query === "" ? "" : `?${query}`}`,
    type,
    title,
    ...(path.includes("{") ? { templated: true } : {}),
  });
  const shown = (rel: string, path: string, type: string, what: string): readonly StacJson[] => [
    link(rel, [path, type, `${what} of the mosaic`], asked),
    ...layers.map(({ name, query }) =>
      link(rel, [path, type, `${what} of ${name}`], [asked, query].filter((part) => part !== "").join("&")),
    ),
  ];
  return [
    ...shown("tilejson", "{tileMatrixSetId}/tilejson.json", "application/json", "TileJSON"),
    ...shown("map", "{tileMatrixSetId}/map.html", "text/html", "Map"),
    link("wmts", ["WMTSCapabilities.xml", "application/xml", "WMTS capabilities"], asked),
  ];
}

import type { RequestHandler } from "express";
import { InvalidRequestError } from "../core/errors.js";
import { queryOf } from "./params.js";

/** A route and its query's words: which are honoured, and which TiTiler 2 and titiler-pgstac 3 know and this server refuses. */
export interface RouteVocabulary {
  readonly method: "GET" | "POST";
  /** As in the OpenAPI description. */
  readonly template: string;
  readonly honoured: readonly string[];
  readonly refused: readonly string[];
}

const SOURCE = ["assets", "asset_bidx", "bidx", "expression", "asset_as_band"];
const LOOK = ["rescale", "color_formula", "colormap", "colormap_name", "return_mask", "render"];
const KERNEL = ["resampling", "reproject"];
const FORMAT = ["format", "f"];
const DATES = ["datetime", "pixel_selection", "inpaint", "inferred", "return_inferred", "return_uncertainty"];
const TILEJSON = ["tile_format", "tile_scale", "minzoom", "maxzoom"];
const WMTS = ["tile_format"];

/** Of all requests that read pixels in TiTiler. */
const PIXELS = ["nodata", "unscale"];
const ALGORITHM = ["algorithm", "algorithm_params"];
const AROUND = ["buffer", "padding"];
/** Which of a collection's items count. */
const FILTER = ["ids", "bbox", "query", "filter", "filter-lang", "filter-crs", "items_limit"];
const CRS = ["coord_crs", "dst_crs"];
/** Of statistics. */
const FIGURES = ["categorical", "c", "p", "histogram_bins", "histogram_range"];
const AREA = ["height", "width", "cover_scale"];
/** How hard titiler-pgstac looks for items. */
const EFFORT = ["scan_limit", "time_limit", "exitwhenfull", "skipcovered"];

const PICTURE = [...SOURCE, ...LOOK, ...KERNEL, ...PIXELS];
const TILE = [...PICTURE, ...FORMAT, "tilesize", ...AROUND, "quality"];
const TILE_REFUSED = ALGORITHM;

const ITEM = "/collections/{collection}/items/{item}";
const COLLECTION = "/collections/{collection}";
const SEARCH = "/searches/{search}";

/** Every route that draws or reads pixels. docs/titiler.md is made of it. */
export const VOCABULARY: readonly RouteVocabulary[] = [
  ...[ITEM, COLLECTION, SEARCH].flatMap((root): RouteVocabulary[] => {
    const isItem = root === ITEM;
    const dates = isItem ? [] : root === COLLECTION ? [...DATES, ...FILTER, "sortby"] : DATES;
    // Without a tile matrix set as TiTiler had it before 1.0.
    const without = (path: string): readonly string[] => (root === SEARCH ? [] : [path]);
    const items = isItem ? [] : root === COLLECTION ? EFFORT : [...EFFORT, "items_limit"];
    const get = (path: string, honoured: readonly string[], refused: readonly string[]): RouteVocabulary => ({
      method: "GET",
      template: `${root}/${path}`,
      honoured,
      refused,
    });
    return [
      ...["tiles/{tms}/{z}/{x}/{y}", ...without("tiles/{z}/{x}/{y}")].map((path) =>
        get(path, [...TILE, ...dates], [...TILE_REFUSED, ...items]),
      ),
      ...["{tms}/tilejson.json", ...without("tilejson.json")].map((path) =>
        get(path, [...TILE, ...TILEJSON, ...dates], [...TILE_REFUSED, ...items]),
      ),
      ...(isItem
        ? []
        : [
            get("WMTSCapabilities.xml", [...TILE, ...WMTS, ...dates], [...TILE_REFUSED, ...items, "use_epsg", "zooms"]),
          ]),
    ];
  }),
  ...[ITEM, COLLECTION, SEARCH].flatMap((root) =>
    // Without an extension too, and of a size.
    ["bbox/{bounds}.{format}", "bbox/{bounds}", "bbox/{bounds}/{size}.{format}"].map((path): RouteVocabulary => ({
      method: "GET",
      template: `${root}/${path}`,
      honoured: [
        ...PICTURE,
        ...FORMAT,
        ...CRS,
        "quality",
        "max_size",
        "width",
        "height",
        ...(root === ITEM ? [] : root === COLLECTION ? [...DATES, ...FILTER, "sortby"] : DATES),
      ],
      refused: [...ALGORITHM, ...(root === ITEM ? [] : root === COLLECTION ? EFFORT : [...EFFORT, "items_limit"])],
    })),
  ),
  ...["preview", "preview.{format}", "preview/{size}.{format}"].map((path): RouteVocabulary => ({
    method: "GET",
    template: `${ITEM}/${path}`,
    honoured: [...PICTURE, ...FORMAT, "quality", "max_size", "width", "height"],
    refused: [...ALGORITHM, "dst_crs"],
  })),
  {
    method: "GET",
    template: `${ITEM}/point/{place}`,
    honoured: SOURCE,
    refused: [...PIXELS, ...KERNEL, "coord_crs"],
  },
  {
    method: "GET",
    template: `${COLLECTION}/point/{place}`,
    honoured: [...SOURCE, "datetime", ...FILTER, "inpaint", "f"],
    refused: [...PIXELS, ...KERNEL, "coord_crs", "sortby", ...EFFORT],
  },
  {
    method: "POST",
    template: `${COLLECTION}/statistics`,
    honoured: [...SOURCE, ...FIGURES, "datetime", ...FILTER, "f"],
    refused: [...PIXELS, ...KERNEL, ...ALGORITHM, ...EFFORT, ...CRS, ...AREA, "max_size", "pixel_selection", "sortby"],
  },
  ...(["GET", "POST"] as const).map((method): RouteVocabulary => ({
    method,
    template: `${ITEM}/statistics`,
    honoured: [...SOURCE, ...FIGURES, "max_size"],
    refused: [...PIXELS, ...KERNEL, ...ALGORITHM, ...AREA, ...(method === "POST" ? CRS : [])],
  })),
  { method: "GET", template: `${ITEM}/info`, honoured: SOURCE, refused: [] },
  { method: "GET", template: `${ITEM}/info.geojson`, honoured: SOURCE, refused: ["crs"] },
  { method: "GET", template: `${ITEM}/assets`, honoured: [], refused: [] },
  { method: "GET", template: `${ITEM}/renders`, honoured: [], refused: [] },
  { method: "GET", template: `${ITEM}/renders/{render}`, honoured: [], refused: [] },
];

/** Values of refused parameters that ask for what is done anyway. */
const AS_DONE: Readonly<Record<string, RegExp>> = {
  unscale: /^(false|0)$/i,
  exitwhenfull: /^(true|1)$/i,
  skipcovered: /^(true|1)$/i,
};

/** Says which words of a query were not understood; exposed to pages by cors.ts. */
export const IGNORED_HEADER = "Tectile-Ignored-Parameters";
const MOST_NAMED = 20;

const ROUTES = VOCABULARY.map((route) => ({ ...route, pattern: patternOf(route.template) }));

/**
 * Refuses what TiTiler would honour and this route does not, so that a picture is never another one than was asked for, and names in a
 * header what no one knows.
 */
export const checkVocabulary: RequestHandler = (request, response, next) => {
  const method = request.method === "HEAD" ? "GET" : request.method;
  const route = ROUTES.find((one) => one.method === method && one.pattern.test(request.path));
  if (route === undefined) return next();
  const ignored: string[] = [];
  for (const [name, value] of queryOf(request)) {
    if (value === "" || route.honoured.includes(name) || AS_DONE[name]?.test(value) === true) continue;
    if (route.refused.includes(name))
      throw new InvalidRequestError(
        `${name} is a parameter of TiTiler's that isn't supported here; leave it out (docs/titiler.md lists what is)`,
      );
    ignored.push(name);
  }
  if (ignored.length > 0) response.set(IGNORED_HEADER, headerText(ignored));
  next();
};

/** Names as a list of tokens; what a header can't hold is percent-encoded. */
function headerText(names: readonly string[]): string {
  const shown = [...new Set(names)].slice(0, MOST_NAMED).map((name) => encodeURIComponent(name.slice(0, 60)));
  return shown.join(", ");
}

function patternOf(template: string): RegExp {
  const literal = template.replaceAll(/[.]/g, String.raw`\.`);
  return new RegExp(`^${literal.replaceAll(/\{\w+\}/g, "[^/]+")}/?$`);
}

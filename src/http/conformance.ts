const STAC = "https://api.stacspec.org/v1.0.0";
const FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf";
const FILTER = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf";
const CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf";

/** What the server conforms to; each is true of src/http/routes/stac*.ts and tested against the standard's own examples or clients. */
export const CONFORMANCE: readonly string[] = [
  `${STAC}/core`,
  `${STAC}/collections`,
  `${STAC}/ogcapi-features`,
  `${STAC}/ogcapi-features#fields`,
  `${STAC}/ogcapi-features#sort`,
  `${STAC}/ogcapi-features#query`,
  `${STAC}/item-search`,
  `${STAC}/item-search#fields`,
  `${STAC}/item-search#sort`,
  `${STAC}/item-search#query`,
  `${STAC}/item-search#filter`,
  "https://api.stacspec.org/v1.0.0-rc.1/item-search#free-text",
  "https://api.stacspec.org/v1.0.0-rc.1/ogcapi-features#free-text",
  "https://api.stacspec.org/v1.0.0-rc.1/collection-search",
  "https://api.stacspec.org/v1.0.0-rc.1/collection-search#free-text",
  "https://api.stacspec.org/v1.0.0-rc.2/children",
  "https://api.stacspec.org/v0.3.0/aggregation",
  "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/simple-query",
  `${FEATURES}/core`,
  `${FEATURES}/oas30`,
  `${FEATURES}/geojson`,
  `${FILTER}/filter`,
  `${FILTER}/features-filter`,
  `${FILTER}/queryables`,
  ...["core", "tileset", "tilesets-list", "geodata-tilesets", "png", "jpeg", "tiff"].map(
    (name) => `http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/${name}`,
  ),
  ...["core", "collection-map", "datetime", "png", "jpeg"].map(
    (name) => `http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/${name}`,
  ),
  ...[
    "cql2-text",
    "cql2-json",
    "basic-cql2",
    "advanced-comparison-operators",
    "case-insensitive-comparison",
    "accent-insensitive-comparison",
    "basic-spatial-functions",
    "basic-spatial-functions-plus",
    "spatial-functions",
    "temporal-functions",
    "array-functions",
    "property-property",
    "arithmetic",
  ].map((name) => `${CQL2}/${name}`),
];

import type { Services } from "../../app/services.js";
import type { DescribedGroup, RouteGroup } from "../route.js";
import { ALGORITHM_ROUTES } from "./algorithms.js";
import { COLORMAP_ROUTES } from "./colormaps.js";
import { CROP_ROUTES } from "./crops.js";
import { DATES_ROUTES } from "./dates.js";
import { ITEM_INFO_ROUTES } from "./item-info.js";
import { ITEM_STATISTICS_ROUTES } from "./item-statistics.js";
import { MAP_PAGE_ROUTES } from "./map-pages.js";
import { MAP_ROUTES } from "./maps.js";
import { ITEMS_OF_ROUTES } from "./items-of.js";
import { SEARCHES_ROUTES } from "./searches.js";
import { SERIES_ROUTES } from "./series.js";
import { HEALTH_ROUTES, SHELL_ROUTES, STAC_GROUPS } from "./shell.js";
import { TILE_MATRIX_SET_ROUTES } from "./tile-matrix-sets.js";
import { TILEJSON_ROUTES } from "./tilejson.js";
import { TILESET_ROUTES } from "./tilesets.js";
import { TILE_ROUTES } from "./tiles.js";
import { URL_ROUTES } from "./urls.js";
import { VIEWER_START_ROUTES } from "./viewer-start.js";
import { VIEWER_ROUTES } from "./viewer.js";
import { VIRTUAL_ASSET_ROUTES } from "./virtual-assets.js";
import { WMTS_ROUTES } from "./wmts.js";
import { ZARR_ROUTES } from "./zarr.js";

/** What is served of imagery, in the order in which a request is compared with it; the STAC API comes after. */
export const IMAGERY_ROUTES: readonly RouteGroup<Services>[] = [
  TILE_ROUTES,
  TILEJSON_ROUTES,
  TILE_MATRIX_SET_ROUTES,
  TILESET_ROUTES,
  DATES_ROUTES,
  SERIES_ROUTES,
  ITEMS_OF_ROUTES,
  ITEM_INFO_ROUTES,
  ITEM_STATISTICS_ROUTES,
  SEARCHES_ROUTES,
  VIRTUAL_ASSET_ROUTES,
  ZARR_ROUTES,
  CROP_ROUTES,
  COLORMAP_ROUTES,
  ALGORITHM_ROUTES,
  WMTS_ROUTES,
  URL_ROUTES,
  VIEWER_START_ROUTES,
  VIEWER_ROUTES,
  MAP_PAGE_ROUTES,
  // After map.html.
  MAP_ROUTES,
];

/** Everything that is answered, as it is described. */
export const ALL_ROUTES: readonly DescribedGroup[] = [HEALTH_ROUTES, SHELL_ROUTES, ...STAC_GROUPS, ...IMAGERY_ROUTES];

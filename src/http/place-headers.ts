import { epsgCode } from "../geo/crs.js";
import { targetBounds } from "../tile/crop-target.js";
import type { TilePlan } from "../tile/plan.js";

/** Where a picture lies, as OGC API - Features and TiTiler tell it: the box in the CRS that is named beside it. */
export function placeHeaders(target: TilePlan["shown"]): Readonly<Record<string, string>> {
  const code = epsgCode(target.crs);
  return {
    "Content-Bbox": targetBounds(target).join(","),
    ...(code === undefined ? {} : { "Content-Crs": `<http://www.opengis.net/def/crs/EPSG/0/${code}>` }),
  };
}

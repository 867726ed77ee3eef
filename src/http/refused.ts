/** Parameters that TiTiler 2 and titiler-pgstac 3 know and that are refused where a route names them. */

/** How hard titiler-pgstac looks for items. */
export const EFFORT = ["scan_limit", "time_limit", "exitwhenfull", "skipcovered"] as const;
export const KERNEL = ["resampling", "reproject"] as const;
/** Of areas. */
export const AREA = ["height", "width", "cover_scale"] as const;

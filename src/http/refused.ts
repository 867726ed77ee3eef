/** Parameters that TiTiler 2 and titiler-pgstac 3 know and that are refused where a route names them. */

export const KERNEL = ["resampling", "reproject"] as const;
/** Of areas. */
export const AREA = ["height", "width", "cover_scale"] as const;

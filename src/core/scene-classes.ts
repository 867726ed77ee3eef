/** Sentinel-2 scene classification (SCL): which codes are a clear look at the surface. 2 dark, 4 vegetation, 5 bare, 6 water, 7 unclassified, 11 snow. */
const CLEAR: ReadonlySet<number> = new Set([2, 4, 5, 6, 7, 11]);

/** False for no data 0, saturated 1, cloud shadow 3, clouds 8 and 9, cirrus 10. */
export function isClear(code: number): boolean {
  return CLEAR.has(code);
}

/** What tells cloud and shadow: the source's scene classes, those corrected by the series, the series alone, a date by itself. */
export const MASK_SOURCES = ["scl", "scl+time", "time", "single-date"] as const;
export type MaskSource = (typeof MASK_SOURCES)[number];

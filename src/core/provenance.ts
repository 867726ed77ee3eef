/** Where a pixel of a mosaic comes from, one byte: 0 nothing, 1 .. 250 one of the file's `sources` (1 is the first), or one of these. */
export const PROVENANCE = {
  none: 0,
  /** Expected from other dates by a method, seen on none. */
  inferred: 254,
  /** Seen on several dates that were merged, as by a median. */
  several: 255,
} as const;

/** Dates that one mosaic can name. */
export const MOST_SOURCES = 250;

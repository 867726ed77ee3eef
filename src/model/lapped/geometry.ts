import { BANDS } from "../../core/bands.js";
import { STRIDE } from "../../core/geometry.js";
/** Frequencies of a block: u * STRIDE + v, u down, v across. */
export const FREQUENCIES = STRIDE * STRIDE;
/** Bands, and so spectral components, of the lapped basis. */
export const COMPONENTS = BANDS.length;
/** Where groups of frequencies begin, by max(u, v): bands of 20 m have nothing above 7, those of 60 m nothing above 2. */
const GROUP_EDGES = [3, 8] as const;
export const GROUPS = GROUP_EDGES.length + 1;
/** Numbers of one chunk's axes: [GROUPS][COMPONENTS][COMPONENTS]. */
export const AXES_LENGTH = GROUPS * COMPONENTS * COMPONENTS;

/** max(u, v) of each frequency. */
export const RADIUS: Uint8Array = Uint8Array.from({ length: FREQUENCIES }, (_, f) =>
  Math.max(Math.floor(f / STRIDE), f % STRIDE),
);

/** The group of each frequency. */
export const GROUP: Uint8Array = RADIUS.map((radius) => GROUP_EDGES.filter((edge) => radius >= edge).length);

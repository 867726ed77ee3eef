import { container, entropy } from "./container.js";
import { documents } from "./documents.js";
import { jp2, safe, stacItem, tiff, vrt } from "./inputs.js";
import { bodies, parameters } from "./requests.js";
import type { FuzzTarget } from "./target.js";

/** All targets, by name. */
export const TARGETS: ReadonlyMap<string, FuzzTarget> = new Map(
  [container, entropy, documents, parameters, bodies, tiff, jp2, safe, stacItem, vrt].map((target) => [
    target.name,
    target,
  ]),
);

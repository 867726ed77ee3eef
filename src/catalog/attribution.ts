import { z } from "zod";
import type { StacJson } from "./types.js";

/** What the terms of Copernicus ask for with pictures made from its data. */
const COPERNICUS = "Contains modified Copernicus Sentinel data";

/** Who made the imagery of a collection that came without a word on it: Tectile keeps Sentinel-2. */
export const SENTINEL_PROVIDER = {
  name: "Copernicus Sentinel-2 (European Union, ESA)",
  roles: ["producer", "licensor"],
  url: "https://sentinels.copernicus.eu/",
} as const;

const providersSchema = z.array(z.looseObject({ name: z.string(), roles: z.array(z.string()).optional() }));

/**
 * The line of credits under a picture of a collection, from its providers; without any, from what its platform, constellation and keywords
 * say. Undefined where nothing is said.
 */
export function attributionOf(collection: StacJson): string | undefined {
  const providers = providersSchema.safeParse(collection["providers"]).data ?? [];
  if (providers.length === 0) return isSentinel(wordsOf(collection)) ? COPERNICUS : undefined;
  // Whoever only keeps or processes the data has no claim on the picture.
  const credited = providers.filter(({ roles = [] }) => roles.length === 0 || roles.some((role) => CREDITED.has(role)));
  const others = (credited.length > 0 ? credited : providers)
    .map(({ name }) => name)
    .filter((name) => !isSentinel(name));
  const sentinel = providers.some(({ name }) => isSentinel(name)) ? [COPERNICUS] : [];
  return [...sentinel, ...new Set(others)].join("; ");
}

/** The line for a picture of several collections. */
export function attributionOfAll(collections: readonly StacJson[]): string | undefined {
  const lines = new Set(collections.flatMap((collection) => attributionOf(collection) ?? []));
  return lines.size === 0 ? undefined : [...lines].join("; ");
}

const CREDITED = new Set(["producer", "licensor"]);

function isSentinel(words: string): boolean {
  return /sentinel|copernicus|european space agency|\besa\b/i.test(words);
}

function wordsOf(collection: StacJson): string {
  const summaries = z.record(z.string(), z.unknown()).safeParse(collection["summaries"]).data ?? {};
  return JSON.stringify([collection["keywords"], summaries["platform"], summaries["constellation"]]);
}

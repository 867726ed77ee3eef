import type { Config } from "../app/config.js";

/** Cache-Control of pictures and values: what needs a key is kept by the client alone. */
export function cacheControlOf({ cacheControl, apiKeys }: Pick<Config, "cacheControl" | "apiKeys">): string {
  return apiKeys.length === 0 ? cacheControl : cacheControl.replace(/\bpublic\b/, "private");
}

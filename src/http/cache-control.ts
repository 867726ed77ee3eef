import type { Config } from "../app/config.js";

/** Cache-Control of pictures and values: what needs a key is kept by the client alone, what a time limit cut short by no one. */
export function cacheControlOf(
  { cacheControl, apiKeys }: Pick<Config, "cacheControl" | "apiKeys">,
  { isLate = false }: { readonly isLate?: boolean } = {},
): string {
  if (isLate) return "no-store";
  return apiKeys.length === 0 ? cacheControl : cacheControl.replace(/\bpublic\b/, "private");
}

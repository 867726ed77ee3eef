import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The real Sentinel-2 samples beside the repository, or undefined where they are not. */
export function realData(name: string): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, "shared", "data", name);
    if (existsSync(path)) return path;
  }
  const given = process.env["TECTILE_DATA"];
  const path = given === undefined ? undefined : join(given, name);
  return path !== undefined && existsSync(path) ? path : undefined;
}

export const SKIP_REAL_DATA = "the real imagery (../shared/data) is not here";

import { execFileSync } from "node:child_process";

/** True when GDAL's command-line tools are installed; tests that compare with it skip without. */
export function hasGdal(): boolean {
  try {
    execFileSync("gdal_translate", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Runs one of GDAL's tools and gives its standard output. */
export function gdal(
  tool: "gdal_translate" | "gdalinfo" | "gdal_edit.py" | "gdalbuildvrt",
  args: readonly string[],
): string {
  return execFileSync(tool, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

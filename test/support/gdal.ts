import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

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
  tool: "gdal_translate" | "gdalinfo" | "gdalwarp" | "gdal_edit.py" | "gdalbuildvrt",
  args: readonly string[],
): string {
  return execFileSync(tool, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The same without holding up this process, which may be the one that serves what GDAL reads. */
export async function gdalOverHttp(tool: "gdal_translate" | "gdalinfo", args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(tool, args, { timeout: 120_000 })).stdout;
}

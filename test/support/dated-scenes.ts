import { BANDS } from "../../src/core/bands.js";
import { bandPlanes } from "./geotiff-fixture.js";
import { sceneTiff, sceneValue } from "./scene.js";
import type { Workspace } from "./workspace.js";

/** Side of a dated scene, pixels: one chunk, one level. */
export const DATED_SIZE = 160;

/** A GeoTIFF of the scene on some date (YYYY-MM-DD): the season's brightness and a cloudless sky; written as place_<date>.tif. */
export async function writeDatedScene(files: Workspace, date: string, folder = "."): Promise<string> {
  const month = Number(date.slice(5, 7));
  const season = 1 + 0.06 * Math.sin((2 * Math.PI * month) / 12);
  const planes = bandPlanes(DATED_SIZE, DATED_SIZE, (b, r, c) => Math.round(sceneValue(b, r, c) * season));
  return files.write(
    `${folder}/place_${date}.tif`,
    sceneTiff(DATED_SIZE, DATED_SIZE, { planes, descriptions: [...BANDS] }),
  );
}

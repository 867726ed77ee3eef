import { mkdir } from "node:fs/promises";
import { BANDS } from "../../src/core/bands.js";
import { bandPlanes } from "./geotiff-fixture.js";
import { sceneTiff, sceneValue } from "./scene.js";
import { runCli, type Workspace } from "./workspace.js";

/** Where the scene of the test catalog lies: UTM 31N, 3.0 east, 42.4 north and south-east of it. */
export const SCENE = { collection: "scene", width: 420, height: 400, west: 500000, north: 4700000 } as const;

/**
 * A catalog of three dates of one place, made by the command itself: January is whole, April twice as bright with a hole in its
 * western half, July covers only the northern part.
 */
export async function makeSceneCatalog(files: Workspace): Promise<string> {
  const { width, height } = SCENE;
  await mkdir(files.path("scene-dates"), { recursive: true });
  const plane = (value: typeof sceneValue, h: number): number[][] => bandPlanes(width, h, value);
  const bright = (b: number, r: number, c: number): number => (c < 200 ? 0 : Math.min(9000, 2 * sceneValue(b, r, c)));
  const dates: [string, number, typeof sceneValue][] = [
    ["2024-01-10", height, sceneValue],
    ["2024-04-10", height, bright],
    ["2024-07-10", 160, (b, r, c) => sceneValue(b, r, c) + 500],
  ];
  for (const [date, h, value] of dates) {
    await files.write(
      `scene-dates/scene_${date}.tif`,
      sceneTiff(width, h, { planes: plane(value, h), descriptions: [...BANDS] }),
    );
  }
  const catalog = files.path("scene-catalog");
  const run = await runCli([
    "ingest",
    files.path("scene-dates"),
    "--catalog",
    catalog,
    "--collection",
    SCENE.collection,
    "--masks",
    "given",
  ]);
  if (run.code !== 0) throw new Error(run.stderr);
  return catalog;
}

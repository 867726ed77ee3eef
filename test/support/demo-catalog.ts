import { ingest } from "../../src/index.js";
import { sceneTiff } from "./scene.js";
import { createWorkspace } from "./workspace.js";

/** A catalog with really encoded images, and a tile on them. */
export interface DemoCatalog {
  readonly folder: string;
  readonly collection: string;
  /** Newest first. */
  readonly items: readonly string[];
  /** "z/x/y" of a tile that the images cover in part, at their native zoom. */
  readonly tile: string;
}

/** Encodes one small image a date (RFC 3339) into a catalog that goes with the test. */
export async function makeDemoCatalog(
  context: { after(work: () => Promise<void>): void },
  dates: readonly string[] = ["2024-05-01T10:00:00Z"],
  how: Pick<Parameters<typeof ingest>[1], "entropy" | "keyframes"> = {},
): Promise<DemoCatalog> {
  const space = await createWorkspace();
  context.after(() => space.close());
  const image = await space.write("scene.tif", sceneTiff(256, 256));
  const folder = space.path("catalog");
  const items = dates.map((date) => `scene-${date.slice(0, 10)}`).toReversed();
  for (const datetime of dates) {
    const id = `scene-${datetime.slice(0, 10)}`;
    await ingest(image, { catalog: folder, collection: "demo", id, datetime, sessions: 1, ...how });
  }
  return { folder, collection: "demo", items, tile: tileOf(3.01, 42.45, 14) };
}

/** The slippy-map tile at a place. */
function tileOf(longitude: number, latitude: number, z: number): string {
  const n = 2 ** z;
  const x = Math.floor(((longitude + 180) / 360) * n);
  const radians = (latitude * Math.PI) / 180;
  const y = Math.floor(((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * n);
  return `${z}/${x}/${y}`;
}

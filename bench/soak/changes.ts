import { setTimeout as sleep } from "node:timers/promises";
import { isSame, readPicture, readPictures, type Picture } from "../faults/pictures.js";
import { writeMosaicDates } from "../../test/support/mosaic-dates.js";
import { runCli, type Workspace } from "../../test/support/workspace.js";
import type { Tally } from "./traffic.js";

const DATE = "2024-01-05";
const ITEM = `moving/place_${DATE}`;

/** An item that is replaced and removed again and again, and the only pictures of it that there may be. */
export interface Changing {
  /** Replaces, removes and adds the item by commands until it is over; gives how often. */
  change(tally: Tally, isOver: () => boolean): Promise<number>;
  /** Asks for its picture until it is over: each is one of the two, or 404. */
  look(url: string, tally: Tally, isOver: () => boolean): Promise<void>;
}

export async function makeChanging(files: Workspace, catalog: string): Promise<Changing> {
  await writeMosaicDates(files, "dark", [DATE]);
  await writeMosaicDates(files, "light", [DATE], { all: ["x", DATE] });
  const ingest = (folder: string, into: string): Promise<{ readonly code: number; readonly stderr: string }> =>
    runCli([
      "ingest",
      files.path(folder),
      "--catalog",
      into,
      "--collection=moving",
      "--overwrite",
      "--quality=1",
      "--masks=given",
      "--provider=cpu",
    ]);
  const pictures: Picture[] = [];
  for (const folder of ["dark", "light"]) {
    const apart = files.path(`apart-${folder}`);
    await ingest(folder, apart);
    const picture = (await readPictures(apart)).get(ITEM);
    if (picture !== undefined) pictures.push(picture);
  }
  await ingest("dark", catalog);
  return {
    async change(tally, isOver) {
      let changes = 0;
      for (; !isOver(); changes++) {
        const run =
          changes % 3 === 2
            ? await runCli(["remove", "moving", `place_${DATE}`, "--catalog", catalog])
            : await ingest(changes % 3 === 0 ? "light" : "dark", catalog);
        if (run.code !== 0) tally.wrong.push(`a change failed: ${run.stderr}`);
        await sleep(3000);
      }
      return changes;
    },
    async look(url, tally, isOver) {
      while (!isOver()) {
        const got = await readPicture({ url }, ITEM);
        tally.byStatus.set(got.status, (tally.byStatus.get(got.status) ?? 0) + 1);
        const isKnown = got.status === 404 || pictures.some((picture) => isSame(got, picture, true));
        if (!isKnown && got.status !== 503) tally.wrong.push(`${ITEM}, replaced and removed: ${got.text}`);
        await sleep(100);
      }
    },
  };
}

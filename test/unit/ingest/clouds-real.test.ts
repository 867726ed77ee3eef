import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { judge, readJudged } from "../../../bench/masks/judge.js";
import { PLACES, readSeries } from "../../../bench/masks/series.js";
import { STATE } from "../../../src/ingest/clouds/classify.js";
import { detectClouds } from "../../../src/ingest/clouds/detect.js";
import { realData, SKIP_REAL_DATA } from "../../support/real-data.js";

test("a real series of 72 dates: hidden pixels found and clear ones kept, where an eye judged them", async (t) => {
  const place = PLACES.find(({ name }) => name === "worldcereal_ts");
  const folder = realData("worldcereal_ts");
  if (folder === undefined || place === undefined) return t.skip(SKIP_REAL_DATA);
  const series = await readSeries(dirname(folder), place);
  const masks = detectClouds(series.block).map((states) =>
    states.map((state) => (state === STATE.cloud || state === STATE.shadow ? 1 : 0)),
  );
  const told = judge(series, masks, (await readJudged())["worldcereal_ts"] ?? []);
  assert.ok(Number(told.F1) >= 0.9, JSON.stringify(told));
  assert.ok(Number(told["clear lost, %"]) < 6, JSON.stringify(told));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { datetimeFromName, datetimeFromText, idFromName } from "../../../src/ingest/source-datetime.js";

test("a date is found in the names that people give", () => {
  const cases: readonly (readonly [name: string, wanted: string | undefined])[] = [
    ["S2A_MSIL2A_20170613T101031_87_48.tif", "2017-06-13T10:10:31Z"],
    ["S2B_MSIL2A_20220613T101031_N0400_R022_T32TQM_20220613T150000.SAFE", "2022-06-13T10:10:31Z"],
    ["boadella_2020-01-13.tif", "2020-01-13T00:00:00Z"],
    ["SCL_romania_20150801.tif", "2015-08-01T00:00:00Z"],
    ["S2_20200219.tif", "2020-02-19T00:00:00Z"],
    ["205232_2019-09.tif", "2019-09-01T00:00:00Z"],
    ["2020_02_29 field.tif", "2020-02-29T00:00:00Z"],
    ["2021_02_29.tif", undefined],
    ["tile_12345678.tif", undefined],
    ["T31UFS_2020013.tif", undefined],
    ["2019-13.tif", undefined],
    ["ssl4eos12_val_0121563_0.tif", undefined],
  ];
  for (const [name, wanted] of cases) assert.equal(datetimeFromName(name), wanted, name);
});

test("tag 306 and ISO texts are read, anything else is not guessed at", () => {
  assert.equal(datetimeFromText("2021:03:04 10:20:30"), "2021-03-04T10:20:30Z");
  assert.equal(datetimeFromText("2021-03-04T10:20:30.024Z"), "2021-03-04T10:20:30Z");
  assert.equal(datetimeFromText("2021-03-04"), "2021-03-04T00:00:00Z");
  assert.equal(datetimeFromText("0000:00:00 00:00:00"), undefined);
  assert.equal(datetimeFromText("Thursday"), undefined);
});

test("an id keeps what may stand in a path", () => {
  assert.equal(idFromName("boadella_2020-01-13.tif"), "boadella_2020-01-13");
  assert.equal(idFromName("a b/c?.TIFF"), "a-b-c");
  assert.equal(idFromName("...tif"), "item");
});

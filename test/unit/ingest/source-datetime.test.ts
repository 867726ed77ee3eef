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
  assert.equal(datetimeFromText("2021-03-04T10:20:30.024Z"), "2021-03-04T10:20:30.024Z");
  assert.equal(datetimeFromText("2021-03-04"), "2021-03-04T00:00:00Z");
  assert.equal(datetimeFromText("0000:00:00 00:00:00"), undefined);
  assert.equal(datetimeFromText("Thursday"), undefined);
});

test("an id keeps what may stand in a path", () => {
  assert.equal(idFromName("boadella_2020-01-13.tif"), "boadella_2020-01-13");
  assert.equal(idFromName("a b/c?.TIFF"), "a-b-c");
  assert.match(idFromName("...tif"), /^item-[0-9a-f]{8}$/);
});

test("a time without a zone is UTC, one with a zone is that", () => {
  const cases: Readonly<Record<string, string | undefined>> = {
    "2020-06-15T16:50:31": "2020-06-15T16:50:31Z",
    "2020-06-15 16:50:31": "2020-06-15T16:50:31Z",
    "2020-06-15T16:50:31+02:00": "2020-06-15T14:50:31Z",
    "2020-06-15T16:50:31.5-0130": "2020-06-15T18:20:31.500Z",
    "20200615T165031": "2020-06-15T16:50:31Z",
    "2020-06-15": "2020-06-15T00:00:00Z",
    "1592239831000": "2020-06-15T16:50:31Z",
    "2020-06-31": undefined,
    "2020-06-15T25:00:00": undefined,
  };
  for (const [text, wanted] of Object.entries(cases)) assert.equal(datetimeFromText(text), wanted, text);
});

test("ids of different names stay apart, whatever their script", () => {
  const names = ["北京.tif", "上海.tif", "Москва.tif", "北京_20200615.tif", "上海_20200615.tif", "20200615.tif"];
  const ids = names.map(idFromName);
  assert.equal(new Set(ids).size, names.length);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9][A-Za-z0-9._-]*$/);
  assert.equal(idFromName("São Paulo.tif"), "Sao-Paulo");
  assert.equal(idFromName("北京.tif"), idFromName("北京.tif".normalize("NFD")));
});

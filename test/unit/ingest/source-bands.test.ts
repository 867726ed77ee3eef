import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BANDS, type BandName } from "../../../src/core/bands.js";
import { InvalidRequestError } from "../../../src/core/errors.js";
import { bandInText, chooseBands, missingBands } from "../../../src/ingest/source-bands.js";

const SPELLINGS: readonly ((band: BandName, sample: number) => string)[] = [
  (band) => band,
  (band) => band.toLowerCase(),
  (band) => band.replace("B0", "B"),
  (band, sample) => `${sample}_${band.replace("B0", "B")}`,
  (band) => `${band.replace("B0", "B")}_median`,
  (band) => `T16UFG_20200615T163901_${band}_20m.jp2`,
  (band) => `GRANULE/L2A_T16UFG_A016930/IMG_DATA/R20m/T16UFG_20200615T163901_${band}_20m.jp2`,
  (band) => `${band}, at some wavelength (665 nm)`,
  (band) => `Sentinel-2 ${band}`,
  (band) => `20200615.${band}`,
  (band) => `B${band.slice(1)} (reflectance)`,
];

test("bands are found by name in any spelling and any order, never by position", () => {
  const order = fc.shuffledSubarray([...BANDS], { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(order, fc.constantFrom(...SPELLINGS), (names, spell) => {
      const choice = chooseBands({ descriptions: names.map(spell), location: "a.tif" });
      assert.equal(choice.by, "name");
      assert.deepEqual(
        choice.samples,
        BANDS.map((band) => names.indexOf(band)),
      );
    }),
  );
});

test("names that say nothing are a position, other names that aren't understood are refused", () => {
  const positions = [...BANDS.keys()];
  const choose = (name: (i: number) => string | undefined) =>
    chooseBands({ descriptions: positions.map((i) => name(i)), location: "a.tif" });
  for (const name of [
    () => undefined,
    () => "bands",
    (i: number) => `Band ${i + 1}`,
    (i: number) => `${i + 1}`,
    (i: number) => `band_${i}`,
    (i: number) => `sr_${i + 1}`,
  ]) {
    assert.deepEqual([choose(name).by, choose(name).samples], ["position", positions]);
  }
  assert.throws(() => choose((i) => `channel ${"abcdefghijkl"[i]}`), InvalidRequestError);
  assert.throws(() => choose((i) => `Band ${12 - i}`), InvalidRequestError);
  assert.throws(() => choose((i) => (i === 3 ? "B05" : BANDS[i])), /2 bands named B05/);
});

test("any bands that have names are taken, those that are missing are told, others' too", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...BANDS], { minLength: 1 }), fc.boolean(), (names, hasOther) => {
      const descriptions = [...names, ...(hasOther ? ["B8/B4"] : [])];
      const choice = chooseBands({ descriptions, location: "a.tif" });
      const present = BANDS.filter((band) => names.includes(band));
      assert.deepEqual(choice.bands, present);
      assert.deepEqual(
        choice.samples,
        present.map((band) => names.indexOf(band)),
      );
      const text = missingBands(choice);
      assert.equal(text === undefined, present.length === BANDS.length);
      for (const band of BANDS) assert.equal(new RegExp(`\\b${band}\\b`).test(text ?? ""), !present.includes(band));
      if (text !== undefined) assert.equal(text.includes("not taken for any: B8/B4"), hasOther);
    }),
    { examples: BANDS.slice(0, 7).map((_, i): [BandName[], boolean] => [BANDS.slice(0, i + 1), false]) },
  );
  for (const nameless of [["1"], ["Band 1", "Band 2", "Band 3"], ["B1", "B2"]])
    assert.throws(() => chooseBands({ descriptions: nameless, location: "a.tif" }), /no names/);
});

test("a part of the bands of another sensor is not taken for Sentinel-2's", () => {
  for (const descriptions of [
    ["SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B6", "SR_B7", "ST_B10", "QA_PIXEL"],
    ["sur_refl_b07", "sur_refl_b02", "sur_refl_b03"],
    ["LC08_L2SP_B2", "LC08_L2SP_B3"],
  ])
    assert.throws(() => chooseBands({ descriptions, location: "a.tif" }), /Bands of another sensor \(/);
});

test("bands of other programs' names", () => {
  const wanted: Readonly<Record<string, BandName | undefined>> = {
    "Coastal aerosol": "B01",
    "Vegetation Red Edge 1": "B05",
    red_edge_2: "B06",
    "Narrow NIR": "B8A",
    nir08: "B8A",
    "Water vapour": "B09",
    "red, 665 nm": "B04",
    "8A": "B8A",
    B8a: "B8A",
    B10: undefined,
    NDVI: undefined,
    "B8_B4 ratio": undefined,
    QA60: undefined,
  };
  for (const [text, band] of Object.entries(wanted)) assert.equal(bandInText(text), band, text);
});

test("swir is counted from 2 where a name says swir 3", () => {
  const first = ["coastal_aerosol", "blue", "green", "red", "red_edge_1", "red_edge_2", "red_edge_3"];
  const deafrica = [...first, "nir_1", "nir_2", "water_vapour", "swir_2", "swir_3"];
  const common = [...first, "nir", "narrow_nir", "water_vapour", "swir_1", "swir_2"];
  for (const descriptions of [deafrica, common])
    assert.deepEqual(chooseBands({ descriptions, location: "a.tif" }).samples, [...BANDS.keys()]);
});

test("opacity is never a band: twelve bands and alpha aren't L1C's thirteen", () => {
  const descriptions = Array<undefined>(13).fill(undefined);
  const withAlpha = chooseBands({ descriptions, location: "a.tif", alpha: [12] });
  assert.deepEqual([withAlpha.samples, withAlpha.masks], [[...BANDS.keys()], [12]]);
  assert.deepEqual(chooseBands({ descriptions, location: "a.tif" }).samples, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]);
});

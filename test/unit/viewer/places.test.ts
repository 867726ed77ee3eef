import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findCountry, parsePlace } from "../../../src/viewer/places.js";

const lat = fc.integer({ min: -9_000_000, max: 9_000_000 }).map((n) => n / 100_000);
const lon = fc.integer({ min: -18_000_000, max: 18_000_000 }).map((n) => n / 100_000);

/** Ways in which people write one place. */
const WRITTEN: readonly ((lat: number, lon: number) => string)[] = [
  (y, x) => `${y}, ${x}`,
  (y, x) => ` ${y} ${x} `,
  (y, x) => `${Math.abs(y)}° ${y < 0 ? "S" : "N"}, ${Math.abs(x)}° ${x < 0 ? "W" : "E"}`,
  (y, x) => `${Math.abs(x)}${x < 0 ? "w" : "e"} ${Math.abs(y)}${y < 0 ? "s" : "n"}`,
  (y, x) => `${sexagesimal(y)}${y < 0 ? "S" : "N"} ${sexagesimal(x)}${x < 0 ? "W" : "E"}`,
  (y, x) => `12.5/${y}/${x}`,
];

test("however a place is written, it is that place", () => {
  fc.assert(
    fc.property(lat, lon, fc.constantFrom(...WRITTEN), (y, x, write) => {
      const place = parsePlace(write(y, x));
      assert.ok(place?.kind === "point", write(y, x));
      assert.ok(
        Math.abs(place.lat - y) < 1e-6 && Math.abs(place.lon - x) < 1e-6,
        `${write(y, x)}: ${JSON.stringify(place)}`,
      );
    }),
  );
});

test("what is no place on Earth is none", () => {
  for (const text of [
    "",
    "north",
    "41.98",
    "91, 3",
    "41 3 7",
    "12 N 13 N",
    "41.98, 3.03 m",
    "1/2",
    "25/41/3",
    "4e1, 3",
  ])
    assert.equal(parsePlace(text), undefined, text);
});

test("a country is found by its name, the beginning of it or a part, whatever its case and accents", () => {
  const named = (name: string) => ({ name, bounds: [0, 0, 1, 1] as const });
  const countries = ["Oman", "Romania", "Côte d'Ivoire", "Spain"].map(named);
  const find = (text: string): string | undefined => {
    const place = findCountry(countries, text);
    return place?.kind === "box" ? place.name : undefined;
  };
  assert.deepEqual(["oman", "roman", "cote d", "ivoire", "SPAIN", "Atlantis", " "].map(find), [
    "Oman",
    "Romania",
    "Côte d'Ivoire",
    "Côte d'Ivoire",
    "Spain",
    undefined,
    undefined,
  ]);
});

/** 41°58'48.000" */
function sexagesimal(degrees: number): string {
  const seconds = Math.abs(degrees) * 3600;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}°${minutes % 60}'${(seconds - minutes * 60).toFixed(6)}"`;
}

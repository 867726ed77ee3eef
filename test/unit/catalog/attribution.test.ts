import assert from "node:assert/strict";
import { test } from "node:test";
import { attributionOf, attributionOfAll } from "../../../src/catalog/attribution.js";
import { newCollection } from "../../../src/catalog/collection.js";

const COPERNICUS = "Contains modified Copernicus Sentinel data";
const provider = (name: string, ...roles: readonly string[]) => ({ name, roles });

test("credits are those of the providers who made the imagery", () => {
  const of = (...providers: readonly object[]): string | undefined => attributionOf({ providers });
  assert.equal(of(provider("ESA", "producer"), provider("A bucket", "host")), COPERNICUS);
  assert.equal(of(provider("Mapper Ltd", "producer", "processor")), "Mapper Ltd");
  assert.equal(of(provider("Copernicus", "licensor"), provider("Mapper Ltd", "producer")), `${COPERNICUS}; Mapper Ltd`);
  assert.equal(of(provider("A bucket", "host")), "A bucket", "rather than nobody");
  assert.equal(of(provider("Vanessa", "producer")), "Vanessa");
  assert.equal(attributionOf(newCollection({ id: "s2" })), COPERNICUS, "what is ingested is Sentinel-2 unless told");
  const drawn = newCollection({ id: "demo", providers: [{ name: "A program", roles: ["producer"] }] });
  assert.equal(attributionOf(drawn), "A program", "though its keywords name the sensor");
});

test("without providers the platform speaks; where nothing does, nothing is claimed", () => {
  assert.equal(attributionOf({ summaries: { constellation: ["sentinel-2"] } }), COPERNICUS);
  assert.equal(attributionOf({ providers: [{}], keywords: ["Sentinel-2"] }), COPERNICUS);
  assert.equal(attributionOf({ id: "x", summaries: { platform: ["landsat-8"] } }), undefined);
  assert.equal(attributionOfAll([{ id: "x" }]), undefined);
  assert.equal(
    attributionOfAll([{ keywords: ["Sentinel-2"] }, { providers: [provider("ESA", "producer")] }]),
    COPERNICUS,
  );
});

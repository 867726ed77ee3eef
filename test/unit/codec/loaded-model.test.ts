import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILT_IN_MODELS } from "../../../src/app/config.js";
import { loadModel } from "../../../src/codec/loaded-model.js";
import { createModelZoo, type Model } from "../../../src/model/model-zoo.js";

test("models that differ in one file of a context model alone do not share its coder", async (t) => {
  const model = await createModelZoo([BUILT_IN_MODELS]).open("tec-s2");
  const { tt } = model.card.entropy.context ?? {};
  if (tt === undefined) return t.skip("The model has no TEC-TT.");
  const idOf = (files: Partial<typeof tt>): string | undefined => {
    const entropy = { ...model.card.entropy, context: { tt: { ...tt, ...files } } };
    const other: Model = { ...model, card: { ...model.card, entropy } };
    return loadModel(other).contexts.tt?.id;
  };
  const changed = (part: keyof typeof tt) => ({ [part]: { ...tt[part], sha256: "0".repeat(64) } });
  const ids = [{}, changed("tables"), changed("summary"), changed("context")].map(idOf);
  assert.equal(new Set(ids).size, 4);
  assert.equal(idOf({}), loadModel(model).contexts.tt?.id);
});

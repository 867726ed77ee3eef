import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CorruptDataError } from "../../../src/core/errors.js";
import { parseModelCard, type ConvertedCard } from "../../../src/model/model-card.js";

const folder = new URL("../../../../test/fixtures/golden/", import.meta.url);
const entropyOf = (id: string): Record<string, unknown> =>
  (JSON.parse(cardText(id)) as { entropy: Record<string, unknown> }).entropy;
const cardText = (id: string): string => readFileSync(new URL(`${id}/model.json`, folder), "utf8");
const withEntropy = (entropy: unknown): string => JSON.stringify({ ...JSON.parse(cardText("official-elic")), entropy });

function converted(text: string): ConvertedCard {
  const card = parseModelCard(text, "model.json");
  if (card.format !== 1) assert.fail(`format ${card.format}`);
  return card;
}

test("cards of converted models are read, whatever codes their latents", () => {
  assert.equal(converted(cardText("official-fp")).entropy.fp?.sets, 1);
  for (const kind of ["elic", "tt", "flextec"]) {
    const text = withEntropy(entropyOf(`official-${kind}`));
    assert.equal(converted(text).entropy.official?.kind, kind);
  }
});

test("a card with no coder, with two, or with one that isn't known is refused in one sentence", () => {
  const [fp, elic] = [entropyOf("official-fp"), entropyOf("official-elic")];
  for (const [entropy, message] of [
    [{}, "model.json: entropy: it holds neither fp nor official, one of them is wanted"],
    [{ ...fp, ...elic }, "model.json: entropy: it holds both fp and official, one of them is wanted"],
  ] as const) {
    assert.throws(
      () => parseModelCard(withEntropy(entropy), "model.json"),
      (error) => error instanceof CorruptDataError && error.message === message,
    );
  }
  assert.throws(
    () => parseModelCard(withEntropy({ official: { kind: "gzip" } }), "model.json"),
    (error) => error instanceof CorruptDataError && error.message.startsWith("model.json: entropy.official.kind: "),
  );
});

test("a card of the lapped basis whose steps do not fall, or are not as many as its qualities, is refused", () => {
  const text = readFileSync(new URL("../../../../models/tec-s2/model.json", import.meta.url), "utf8");
  const card = JSON.parse(text) as { transform: { steps: number[] }; defaultQuality: number };
  assert.equal(parseModelCard(text, "model.json").format, 2);
  const { steps } = card.transform;
  for (const wrong of [steps.toReversed(), steps.slice(1), [...steps, 1], steps.with(1, -5), steps.with(0, 9000)]) {
    const changed = JSON.stringify({ ...card, transform: { ...card.transform, steps: wrong } });
    assert.throws(
      () => parseModelCard(changed, "model.json"),
      (error) => error instanceof CorruptDataError && error.message.startsWith("model.json: transform.steps"),
    );
  }
  assert.throws(() => parseModelCard(JSON.stringify({ ...card, defaultQuality: 6 }), "m"), CorruptDataError);
});

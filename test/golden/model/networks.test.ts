import assert from "node:assert/strict";
import { before, test } from "node:test";
import { BUILT_IN_MODELS } from "../../../src/app/config.js";
import { loadModel, type LoadedModel } from "../../../src/codec/loaded-model.js";
import { OverloadedError } from "../../../src/core/errors.js";
import { createModelZoo } from "../../../src/model/model-zoo.js";
import { createNetworks, type SynthesisRequest } from "../../../src/model/networks.js";
import { lappedRequest } from "../../support/lapped-window.js";

let model: LoadedModel;
before(async () => {
  model = loadModel(await createModelZoo([BUILT_IN_MODELS]).open("tec-s2"));
});

/** A window of made-up symbols; `seed` tells them apart. */
function request(seed: number, bands: readonly number[]): SynthesisRequest {
  const { transform } = model;
  assert.equal(transform.kind, "lapped");
  return lappedRequest(transform, seed, bands);
}

const single = () => createNetworks({ provider: "cpu", sessions: 1, maxBatch: 1 });

test("windows that wait are decoded in one run, and equal those decoded alone", async () => {
  const batched = createNetworks({ provider: "cpu", sessions: 1, maxBatch: 4 });
  const alone = single();
  const requests = [0, 1, 2, 3, 4].map((i) => request(i, [3, 2, 1]));
  const together = await Promise.all(requests.map((r) => batched.synthesise(r)));
  const apart = await Promise.all(requests.map((r) => alone.synthesise(r)));
  assert.deepEqual([batched.stats().runs, batched.stats().windows], [2, 5]);
  assert.equal(alone.stats().runs, 5);
  together.forEach((pixels, i) => {
    assert.equal(pixels.length, 3 * 64 * 64);
    pixels.forEach((value, k) => assert.ok(Math.abs(value - (apart[i]?.[k] ?? 0)) < 0.05));
  });
  await Promise.all([batched.close(), alone.close()]);
});

test("only the bands asked for are computed, in the order asked", async () => {
  const networks = single();
  const all = await networks.synthesise(request(7, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
  const two = await networks.synthesise(request(7, [11, 3]));
  const plane = 64 * 64;
  assert.equal(two.length, 2 * plane);
  for (let i = 0; i < plane; i++) {
    assert.ok(Math.abs((two[i] ?? 0) - (all[11 * plane + i] ?? 0)) < 0.01);
    assert.ok(Math.abs((two[plane + i] ?? 0) - (all[3 * plane + i] ?? 0)) < 0.01);
  }
  await networks.close();
});

test("beyond the queue's bound a request is refused at once, and one that was aborted never runs", async () => {
  const networks = createNetworks({ provider: "cpu", sessions: 1, maxBatch: 1, maxWaiting: 2 });
  const first = networks.synthesise(request(0, [0]));
  const controller = new AbortController();
  const aborted = networks.synthesise(request(1, [0]), controller.signal);
  const waiting = networks.synthesise(request(2, [0]));
  await assert.rejects(networks.synthesise(request(3, [0])), OverloadedError);
  controller.abort(new Error("left"));
  await assert.rejects(aborted, /left/);
  await Promise.all([first, waiting]);
  assert.equal(networks.stats().windows, 2);
  await networks.close();
});

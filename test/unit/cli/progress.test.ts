import assert from "node:assert/strict";
import { test } from "node:test";
import { createProgress } from "../../../src/cli/progress.js";

test("without a terminal a long job says where it is once in ten seconds", () => {
  const lines: string[] = [];
  let now = 0;
  const stream = { isTTY: false, write: (text: string) => lines.push(text) > 0 };
  const progress = createProgress(stream, () => now);
  for (let second = 0; second <= 60; second++) {
    now = second * 1000;
    progress.update("1/2 a.tif", second, 600);
  }
  assert.equal(lines.length, 5);
  for (const line of lines) assert.match(line, /^1\/2 a\.tif: \d+\/600 chunks, \d+ s left\n$/);
});

test("a short job says nothing on the way", () => {
  const lines: string[] = [];
  const stream = { isTTY: false, write: (text: string) => lines.push(text) > 0 };
  const progress = createProgress(stream, () => 5);
  progress.update("a", 1, 2);
  progress.update("a", 2, 2);
  assert.deepEqual(lines, []);
});

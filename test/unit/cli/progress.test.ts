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

test("a file's name neither moves the cursor nor breaks the line", () => {
  const lines: string[] = [];
  const stream = { isTTY: true, write: (text: string) => lines.push(text) > 0 };
  const progress = createProgress(stream, () => 5000);
  progress.update("1/2 a\n\u001b[2J\u202eb.tif", 1, 2);
  progress.line("a\u001b[2J: first\nsecond");
  const written = lines.join("").replaceAll("\r\u001b[K", "");
  assert.match(written, /a\\u000a\\u001b\[2J\\u202eb\.tif/);
  assert.match(written, /a\\u001b\[2J: first\nsecond\n/);
  for (const character of ["\u001b", "\u202e"]) assert.ok(!written.includes(character));
});

test("a short job says nothing on the way", () => {
  const lines: string[] = [];
  const stream = { isTTY: false, write: (text: string) => lines.push(text) > 0 };
  const progress = createProgress(stream, () => 5);
  progress.update("a", 1, 2);
  progress.update("a", 2, 2);
  assert.deepEqual(lines, []);
});

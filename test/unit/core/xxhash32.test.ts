import assert from "node:assert/strict";
import { test } from "node:test";
import { xxhash32 } from "../../../src/core/xxhash32.js";

test("XXH32 gives the values that its specification and reference implementation publish", () => {
  const known: [string, number][] = [
    ["", 0x02cc5d05],
    ["a", 0x550d7456],
    ["abc", 0x32d153ff],
    ["Nobody inspects the spammish repetition", 0xe2293b2f],
  ];
  for (const [text, hash] of known) assert.equal(xxhash32(new TextEncoder().encode(text)), hash, text);
});

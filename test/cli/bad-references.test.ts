import assert from "node:assert/strict";
import { once } from "node:events";
import { cp, mkdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { BUILT_IN_MODELS, parseConfig } from "../../src/app/config.js";
import { createDecoder } from "../../src/app/services.js";
import { readTecCog } from "../../src/container/tec-cog-reader.js";
import { encode, verify } from "../../src/index.js";
import { openByteSource } from "../../src/store/byte-source.js";
import { cliFails } from "../support/cli-fails.js";
import { DATED_SIZE, writeDatedScene } from "../support/dated-scenes.js";
import { forgeReference } from "../support/forge-reference.js";
import { bandPlanes } from "../support/geotiff-fixture.js";
import { sceneTiff, sceneValue } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

let files: Workspace;
/** Sources, and the first two encoded: "keyframe.tif", and "leaning.tif" that leans on it. */
let first = "";
let second = "";
let third = "";

before(async () => {
  files = await createWorkspace();
  first = await writeDatedScene(files, "2024-01-05");
  second = await writeDatedScene(files, "2024-02-05");
  third = await writeDatedScene(files, "2024-03-05");
  await encode(first, files.path("keyframe.tif"), { entropy: "elic", sessions: 1 });
  await encode(second, files.path("leaning.tif"), {
    entropy: "tt",
    references: [files.path("keyframe.tif")],
    sessions: 1,
  });
});
after(() => files.close());

const fails = (args: readonly string[], message: RegExp, code?: number): Promise<void> =>
  cliFails(files, args, message, code);

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What `tectile encode` of the third date says when it is to lean on a file. */
const refuses = (reference: string, message: RegExp, source = third): Promise<void> =>
  fails(
    [
      "encode",
      source,
      files.path("out.tif"),
      "--entropy",
      "tt",
      "--reference",
      reference.includes(":") ? reference : files.path(reference),
    ],
    message,
    2,
  );

/** A copy of a file in whose header a text is replaced by another of the same length. */
async function edited(name: string, copy: string, from: string, to: string): Promise<void> {
  const text = await readFile(files.path(name), "latin1");
  assert.equal(from.length, to.length);
  assert.ok(text.includes(from), from);
  await writeFile(files.path(copy), text.replace(from, to), "latin1");
}

test("a reference that isn't there", () =>
  refuses("nowhere.tif", /Reference .*nowhere\.tif can't be read: .*does not exist/));

test("a reference that is no TEC-COG", () =>
  refuses("place_2024-01-05.tif", /Reference .*place_2024-01-05\.tif can't be read: .*not a TEC-COG/));

test("a reference of another size, and of another place", async () => {
  await encode(await files.write("small_2024-01-01.tif", sceneTiff(64, 64)), files.path("small.tif"), { sessions: 1 });
  await refuses("small.tif", /Reference .*small\.tif has size 64 x 64; the image has 160 x 160/);
  const planes = bandPlanes(DATED_SIZE, DATED_SIZE, sceneValue);
  const aside = sceneTiff(DATED_SIZE, DATED_SIZE, { planes, transform: [10, 0, 500010, 0, -10, 4700000] });
  await encode(await files.write("aside_2024-01-01.tif", aside), files.path("aside.tif"), { sessions: 1 });
  await refuses("aside.tif", /Reference .*aside\.tif has the grid 10 0 500010 .*; the image has 10 0 500000 /);
});

test("a reference of another version of the model; one of another quality serves", async () => {
  await encode(first, files.path("coarse.tif"), { quality: 1, sessions: 1 });
  const leaning = { entropy: "tt", references: [files.path("coarse.tif")], sessions: 1 } as const;
  await encode(third, files.path("finer.tif"), leaning);
  assert.deepEqual(await verify(files.path("finer.tif"), { sessions: 1 }), []);
  const [, sha = ""] = /"sha256":"([0-9a-f]{64})"/.exec(await readFile(files.path("keyframe.tif"), "latin1")) ?? [];
  await edited("keyframe.tif", "stranger.tif", sha, "0".repeat(64));
  await refuses("stranger.tif", /Reference .*stranger\.tif .*another version of model "tec-s2" \(sha256 000000000000/);
});

test("a newer reference, and one that leans on others", async () => {
  await refuses("leaning.tif", /Reference .*leaning\.tif leans on other dates itself; only keyframes/);
  await encode(third, files.path("newer.tif"), { sessions: 1 });
  await refuses("newer.tif", /Reference .*newer\.tif of 2024-03-05.* is newer than the image of 2024-02-05/, second);
});

test("a reference that is the output", () =>
  fails(
    ["encode", third, files.path("keyframe.tif"), "--entropy", "tt", "--reference", files.path("keyframe.tif")],
    /Reference .*keyframe\.tif is the file to be written; an image can't lean on itself/,
    2,
  ));

test("a reference for an entropy model that takes none", () =>
  fails(
    ["encode", third, files.path("out.tif"), "--entropy", "elic", "--reference", files.path("keyframe.tif")],
    /Entropy model "elic" takes no references; "tt" and "flextec" do/,
    2,
  ));

test("decoding without the reference, and references that go in a circle", async () => {
  await edited("leaning.tif", "widow.tif", "keyframe.tif", "vanished.tif");
  const gone = /widow\.tif: its reference vanished\.tif can't be read: .*does not exist/;
  await fails(["decode", files.path("widow.tif"), files.path("out.tif")], gone);
  const verified = await runCli(["verify", files.path("widow.tif")]);
  assert.equal(verified.code, 1);
  assert.match(verified.stdout, gone);
  assert.match(verified.stdout, /: 1 problems/);
  await edited("leaning.tif", "circle-1.tif", "keyframe.tif", "circle-2.tif");
  await edited("leaning.tif", "circle-2.tif", "keyframe.tif", "circle-1.tif");
  await fails(
    ["decode", files.path("circle-1.tif"), files.path("out.tif")],
    /circle-1\.tif: .*leans on other dates itself/,
  );
  const circle = await runCli(["verify", files.path("circle-1.tif")]);
  assert.match(circle.stdout, /references go in a circle: circle-1\.tif -> circle-2\.tif -> circle-1\.tif/);
  assert.match(circle.stdout, /: 1 problems/);
});

test("a reference that its href may not name is neither opened nor asked for", async () => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const keyframe = files.path("keyframe.tif");
    const far = `${"far".repeat(60)}/keyframe.tif`;
    await mkdir(dirname(files.path(far)));
    await cp(keyframe, files.path(far));
    await encode(second, files.path("far.tif"), { entropy: "tt", references: [files.path(far)], sessions: 1 });
    for (const href of [
      keyframe,
      pathToFileURL(keyframe).href,
      pathToFileURL(keyframe).href.replace("file:", "FILE:"),
      `http://127.0.0.1:${port}/keyframe.tif`,
      "s3://bucket/keyframe.tif",
    ]) {
      await forgeReference(files.path("far.tif"), files.path("forged.tif"), href);
      const message = new RegExp(`forged\\.tif: its reference ${literal(href)} is not opened; wanted a relative path`);
      await fails(["decode", files.path("forged.tif"), files.path("out.tif")], message);
      const verified = await runCli(["verify", files.path("forged.tif")]);
      assert.match(verified.stdout, message);
      assert.match(verified.stdout, /: 1 problems/);
    }
    await refuses(`http://127.0.0.1:${port}/keyframe.tif`, /Reference http.* has no path from the file to be written/);
    assert.equal(requests, 0);
  } finally {
    server.close();
  }
});

test("a reference in another folder is named by its relative path, a file: URL of it too", async () => {
  await mkdir(files.path("elsewhere"), { recursive: true });
  await cp(files.path("keyframe.tif"), files.path("elsewhere/keyframe.tif"));
  for (const location of [
    files.path("elsewhere/keyframe.tif"),
    pathToFileURL(files.path("elsewhere/keyframe.tif")).href,
  ]) {
    await encode(second, files.path("near.tif"), { entropy: "tt", references: [location], sessions: 1 });
    assert.match(await readFile(files.path("near.tif"), "latin1"), /"href":"elsewhere\/keyframe\.tif"/);
    assert.deepEqual(await verify(files.path("near.tif")), []);
  }
});

test("a reference that was replaced by one of another date is refused while the reader is open", async () => {
  await cp(files.path("leaning.tif"), files.path("elsewhere/leaning.tif"));
  const decoder = await createDecoder(parseConfig({ provider: "cpu", sessions: 1 }));
  try {
    const container = await decoder.reader.open(files.path("elsewhere/leaning.tif"), "1");
    await decoder.reader.chunk(container, 0, 0);
    const keyframe = await decoder.reader.open(files.path("elsewhere/keyframe.tif"), "2");
    const { entries } = decoder.reader.stats().latents;
    await decoder.reader.chunk(keyframe, 0, 0);
    assert.equal(decoder.reader.stats().latents.entries, entries, "the keyframe is kept once");
    await encode(second, files.path("elsewhere/keyframe.tif"), { entropy: "elic", sessions: 1 });
    const other = await decoder.reader.open(files.path("elsewhere/leaning.tif"), "3");
    await utimes(files.path("elsewhere/leaning.tif"), 1, 1);
    const again = await decoder.reader.open(files.path("elsewhere/leaning.tif"), "4");
    assert.notEqual(again.key, other.key);
    await assert.rejects(
      decoder.reader.chunk(again, 0, 0),
      /its reference keyframe\.tif is of 2024-02-05.*; it was encoded with one of 2024-01-05/,
    );
  } finally {
    await decoder.close();
  }
});

test("decoding refuses a reference of another place, and of another date", async () => {
  await cp(files.path("aside.tif"), files.path("keyframe.ti2"));
  await edited("leaning.tif", "moved.tif", "keyframe.tif", "keyframe.ti2");
  await fails(
    ["decode", files.path("moved.tif"), files.path("out.tif")],
    /moved\.tif: its reference keyframe\.ti2 has the grid 10 0 500010 .*; the image has 10 0 500000 /,
  );
  await edited("leaning.tif", "dated.tif", "2024-01-05T00", "2024-01-03T00");
  await fails(
    ["decode", files.path("dated.tif"), files.path("out.tif")],
    /dated\.tif: its reference keyframe\.tif is of 2024-01-05.*; it was encoded with one of 2024-01-03/,
  );
});

test("verify names a reference of another date, and one that leans on others", async () => {
  await edited("leaning.tif", "early.tif", "2024-01-05T00", "2024-01-03T00");
  const early = await runCli(["verify", files.path("early.tif")]);
  assert.match(early.stdout, /its reference keyframe\.tif is of 2024-01-05.*; it was encoded with one of 2024-01-03/);
  await edited("leaning.tif", "chain.tif", `"keyframe.tif"`, `"leaning.tif" `);
  const chain = await runCli(["verify", files.path("chain.tif")]);
  assert.match(chain.stdout, /its reference leaning\.tif leans on other dates itself/);
});

test("a truncated token section, and a quality that FlexTEC hasn't", async () => {
  await encode(first, files.path("tokens.tif"), { entropy: "flextec", sessions: 1 });
  const source = await openByteSource(files.path("tokens.tif"));
  const { levels } = await readTecCog(source);
  await source.close();
  const bytes = await readFile(files.path("tokens.tif"));
  const head = levels[0]?.offsets[0] ?? 0;
  // The last section's length, 24 bits after its kind: one token longer than the chunk.
  const last = head + 16 + 4 * ((bytes[head + 5] ?? 0) - 1);
  bytes.writeUInt32LE(bytes.readUInt32LE(last) + 512 * 256, last);
  await writeFile(files.path("cut.tif"), bytes);
  const cut = /chunk 0\/0\/0 of cut\.tif: truncated: \d+ bytes expected, \d+ (read|stored)/;
  await fails(["decode", files.path("cut.tif"), files.path("out.tif")], cut);
  await fails(["decode", files.path("cut.tif"), files.path("out.tif"), "--quality", "16"], cut);
  for (const [quality, message] of [
    ["17", /--quality is "17"; wanted a number from 0 to 16/],
    ["-1", /--quality is "-1"; wanted a number from 0 to 16/],
    ["2.5", /quality is 2\.5; wanted a whole number of tokens from 0 to 16/],
  ] as const)
    await fails(["decode", files.path("tokens.tif"), files.path("out.tif"), `--quality=${quality}`], message, 2);
  await fails(
    ["decode", files.path("keyframe.tif"), files.path("out.tif"), "--quality", "4"],
    /quality is 4, but .*keyframe\.tif is stored with entropy model "elic"/,
    2,
  );
});

test("a context model whose file is not the card's", async () => {
  await cp(`${BUILT_IN_MODELS}/tec-s2`, files.path("models/tec-s2"), { recursive: true });
  const path = files.path("models/tec-s2/tt.weights");
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(path, bytes);
  const args = ["encode", third, files.path("out.tif"), "--entropy", "tt", "--models", files.path("models")];
  await fails(
    args,
    /tt\.weights has sha256 [0-9a-f]{12}\.\.\., its card says [0-9a-f]{12}\.\.\.; install the model again/,
  );
  await rm(files.path("models"), { recursive: true });
});

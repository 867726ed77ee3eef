import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { after, before, describe, test } from "node:test";
import { dateIn, readDates } from "../../../src/ingest/dates-table.js";
import { listInputs } from "../../../src/ingest/inputs.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

describe("what a folder stands for", () => {
  let space: Workspace;
  before(async () => {
    space = await createWorkspace();
  });
  after(() => space.close());

  async function put(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(space.path(name)), { recursive: true });
      await writeFile(space.path(name), text);
    }
  }
  const item = (...hrefs: readonly string[]): string =>
    JSON.stringify({
      type: "Feature",
      stac_version: "1.0.0",
      id: "x",
      assets: Object.fromEntries(hrefs.map((href, i) => [`a${i}`, { href }])),
    });

  test("images in sub-folders, items without their own assets; junk is passed over", async () => {
    await put({
      "a/one.tif": "",
      "a/sub/two.TIFF": "",
      "a/sub/item.json": item("./bands/B02.tif", "B03%20x.tif"),
      "a/sub/bands/B02.tif": "",
      "a/sub/B03 x.tif": "",
      "a/one_SCL.tif": "",
      "a/preview.tif": "",
      "a/collection.json": '{"type": "Collection", "stac_version": "1.0.0"}',
      "a/package.json": "{}",
      "a/notes.txt": "",
      "a/.hidden/three.tif": "",
      "a/._one.tif": "",
    });
    const { inputs, passedOver } = await listInputs([space.path("a")]);
    const names = inputs.map(({ location }) => relative(space.path("a"), location));
    assert.deepEqual(names, ["one.tif", "sub/item.json", "sub/two.TIFF"]);
    const passed = passedOver.map((file) => relative(space.path("a"), file)).toSorted();
    assert.deepEqual(passed, ["collection.json", "notes.txt", "one_SCL.tif", "package.json", "preview.tif"]);
  });

  test("one name in several folders is several ids, by as few folders as it needs", async () => {
    await put({ "b/20200615/stack.tif": "", "b/20200715/stack.tif": "", "b/x/1/s.tif": "", "b/y/1/s.tif": "" });
    const ids = async (...names: string[]) => (await listInputs(names.map(space.path))).inputs.map(({ id }) => id);
    assert.deepEqual(await ids("b"), ["20200615-stack", "20200715-stack", "x-1-s", "y-1-s"]);
    // By itself too, so that a later run does not take it for another.
    assert.deepEqual(await ids("b/20200615"), ["20200615-stack"]);
    assert.deepEqual(await ids("b/x/1/s.tif", "b/x/1/s.tif"), ["s"]);
  });

  test("names without a Latin letter are distinct", async () => {
    await put({ "c/北京.tif": "", "c/上海.tif": "" });
    const ids = (await listInputs([space.path("c")])).inputs.map(({ id }) => id);
    assert.equal(new Set(ids).size, 2);
  });

  test("what isn't there or holds nothing is one input with a problem, beside the others", async () => {
    await put({ "d/a.tif": "", "e/readme.md": "" });
    const { inputs } = await listInputs(["d", "nowhere", "e"].map(space.path));
    assert.deepEqual(
      inputs.map(({ problem }) => problem === undefined),
      [true, false, false],
    );
    assert.match(inputs[1]?.problem ?? "", /nowhere is not there; wanted/);
    assert.match(inputs[2]?.problem ?? "", /holds no \.tif .*there is \.md/);
  });

  test("dates from a CSV, by file name", async () => {
    await put({ "dates.csv": 'file,date\r\n"a.tif",2020-06-15T16:50:31\r\nsub/b.tif;20200715\n' });
    const dates = await readDates(space.path("dates.csv"));
    assert.equal(dateIn(dates, "/x/a.tif"), "2020-06-15T16:50:31Z");
    assert.equal(dateIn(dates, "b.tif"), "2020-07-15T00:00:00Z");
    assert.equal(dateIn(dates, "c.tif"), undefined);
    await put({ "bad.csv": "a.tif,2020-06-15\nb.tif,soon\n" });
    await assert.rejects(readDates(space.path("bad.csv")), /Line 2 of .* has no date/);
  });
});

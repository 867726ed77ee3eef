import assert from "node:assert/strict";
import stacApiCatalog from "../../plugins/stac-api-catalog.js";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import { present } from "../../src/core/assert.js";
import { addTestItem, temporaryFolder } from "../support/catalog-fixtures.js";
import { startApp } from "../support/http-app.js";
import { testCatalog } from "./catalog.js";

// Over our own server's STAC API, below a mount path: a Tectile over a Tectile.
testCatalog("remote STAC API", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  const remote = await openFileCatalog(folder, { pollMs: 0 });
  const url = await startApp(t, { catalog: remote }, { mount: "/stac" });
  const open = present(stacApiCatalog({ cacheS: 0 }).catalogs?.["stac+http"], "the catalog's factory");
  const catalog = await open(`stac+${url}`);
  t.after(() => catalog.close());
  assert.match(url, /^http:/);
  return {
    catalog,
    async add(items) {
      for (const item of items) await addTestItem(writer, item.id, item);
    },
  };
});

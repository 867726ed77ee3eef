import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import { addTestItem, temporaryFolder } from "../support/catalog-fixtures.js";
import { testCatalog } from "./catalog.js";

testCatalog("file catalog", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  const catalog = await openFileCatalog(folder, { pollMs: 0 });
  return {
    catalog,
    async add(items) {
      for (const item of items) await addTestItem(writer, item.id, item);
    },
  };
});

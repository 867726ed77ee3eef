// Removes items of a catalog a few at a time until it is killed or done: node catalog-remover.js FOLDER COLLECTION. What lean on others
// go before them. Writes a line for each item that is gone.
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { withDependents } from "../../src/catalog/removal.js";

const [folder = "", collection = ""] = process.argv.slice(2);
const writer = await catalogWriter(folder);
const items = (await writer.list(collection)).listed.map(({ item }) => item);
const ids = withDependents(
  items,
  items.map(({ id }) => id),
).map(({ id }) => id);
process.stdout.write("ready\n");
for (let i = 0; i < ids.length; i += 3) {
  const some = ids.slice(i, i + 3);
  await writer.removeItems(collection, some);
  for (const id of some) process.stdout.write(`${id}\n`);
}

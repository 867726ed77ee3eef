// Adds items to a catalog until it is killed or done: node catalog-adder.js FOLDER PREFIX COUNT. Writes a line for each item added.
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { addTestItem, bytesOf } from "./catalog-fixtures.js";

const [folder = "", prefix = "", count = "0"] = process.argv.slice(2);
const writer = await catalogWriter(folder);
for (let i = 0; i < Number(count); i++) {
  const id = `${prefix}${i}`;
  // Every third one replaces the item before it, with other bytes.
  const target = i % 3 === 2 ? `${prefix}${i - 1}` : id;
  await addTestItem(writer, target, {}, bytesOf(id));
  process.stdout.write(`${target}\n`);
}

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { makeSceneCatalog, SCENE } from "../../test/support/scene-catalog.js";
import type { Workspace } from "../../test/support/workspace.js";

type Json = Record<string, unknown>;

/** Collection "many": that many dates, a day each, of the scene's first file. */
export const MANY = "many";

/** The test scene's catalog with a collection of `count` items beside it, all of one file. */
export async function makeManyItems(files: Workspace, count: number): Promise<string> {
  const catalog = await makeSceneCatalog(files);
  const [source] = (await readdir(`${catalog}/${SCENE.collection}`)).filter((name) => name.startsWith("scene_"));
  if (source === undefined) throw new Error("the scene's catalog is empty");
  const read = async (path: string): Promise<Json> => JSON.parse(await readFile(`${catalog}/${path}`, "utf8")) as Json;
  const item = (await read(`${SCENE.collection}/${source}/${source}.json`)) as Json & {
    properties: Json;
    assets: { tec: Json };
  };
  const collection = (await read(`${SCENE.collection}/collection.json`)) as Json & { links: Json[] };
  const links = collection.links.filter(({ rel }) => rel !== "item");
  const href = `../../${SCENE.collection}/${source}/${String(item.assets.tec["href"]).replace("./", "")}`;
  for (let i = 0; i < count; i++) {
    const datetime = new Date(Date.UTC(1995, 0, 1) + i * 86_400_000).toISOString();
    const id = `many_${datetime.slice(0, 10)}`;
    const properties = { ...item.properties, datetime, "eo:cloud_cover": (i * 37) % 101 };
    await mkdir(`${catalog}/${MANY}/${id}`, { recursive: true });
    await writeFile(
      `${catalog}/${MANY}/${id}/${id}.json`,
      JSON.stringify({ ...item, id, collection: MANY, properties, assets: { tec: { ...item.assets.tec, href } } }),
    );
    links.push({ rel: "item", href: `./${id}/${id}.json`, type: "application/geo+json" });
  }
  await writeFile(`${catalog}/${MANY}/collection.json`, JSON.stringify({ ...collection, id: MANY, links }));
  const root = (await read("catalog.json")) as Json & { links: Json[] };
  const child = { rel: "child", href: `./${MANY}/collection.json`, type: "application/json" };
  await writeFile(`${catalog}/catalog.json`, JSON.stringify({ ...root, links: [...root.links, child] }));
  return catalog;
}

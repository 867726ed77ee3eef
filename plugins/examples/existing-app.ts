// An Express app that was there before, with Tectile under /imagery:
//   node build/plugins/examples/existing-app.js CATALOG_FOLDER [PORT]
import { pathToFileURL } from "node:url";
import express, { type Express } from "express";
import { tectile } from "tectile";

/** The app, and what ends the threads behind it. */
export interface ExistingApp {
  readonly app: Express;
  close(): Promise<void>;
}

/** Makes the app with one Tectile for each mount path: `{ "/imagery": "data/catalog" }`. */
export async function createExistingApp(catalogs: Readonly<Record<string, string>>): Promise<ExistingApp> {
  const app = express();
  app.get("/", (_request, response) => response.type("html").send(`<h1>My app</h1><a href="/imagery/">Imagery</a>`));
  app.get("/orders/:id", (request, response) => response.json({ order: request.params.id }));

  const mounted = await Promise.all(
    Object.entries(catalogs).map(async ([path, catalog]) => {
      const imagery = await tectile({ catalog, provider: "cpu" });
      app.use(path, imagery);
      return imagery;
    }),
  );

  app.use((_request, response) => response.status(404).send("My app has no such page"));
  return { app, close: async () => void (await Promise.all(mounted.map((imagery) => imagery.close()))) };
}

const [script, folder = "data/catalog", port = "3000"] = process.argv.slice(1);
if (script !== undefined && import.meta.url === pathToFileURL(script).href) {
  const { app, close } = await createExistingApp({ "/imagery": folder });
  const server = app.listen(Number(port), () => console.log(`http://localhost:${port}/`));
  process.once("SIGINT", () => server.close(() => void close()));
}

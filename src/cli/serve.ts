import { createServer } from "node:http";
import express from "express";
import { pino } from "pino";
import { readConfig } from "../app/config.js";
import { createServices } from "../app/services.js";
import { PROVIDERS } from "../model/session.js";
import { createTectile } from "../http/tectile.js";
import { listOption, numberOption, textOption, type Command, type CommandInput } from "./arguments.js";

const HELP = `
Usage: tectile serve [--catalog DIR] [--port N] [OPTIONS]

Serves a catalog: STAC API, map tiles, the viewer page at /.

  --catalog DIR     the folder that tectile ingest fills (default data/catalog)
  --port N          default 8080, or PORT
  --host ADDRESS    default 0.0.0.0
  --public-url URL  where clients reach the server, behind a proxy that does not say so
  --provider NAME   ${PROVIDERS.join(", ")} or auto (default auto): where networks run
  --plugin NAME     a module that extends the server, a path or package name; may be repeated (docs/plugins.md)
  --config FILE     a JSON file of settings (config/default.json lists them all; TECTILE_* variables set them too)
`;

export const serveCommand: Command = {
  name: "serve",
  summary: "Serve a catalog: STAC API, map tiles, viewer",
  help: HELP,
  options: {
    catalog: { type: "string" },
    port: { type: "string", short: "p" },
    host: { type: "string" },
    "public-url": { type: "string" },
    provider: { type: "string" },
    plugin: { type: "string", multiple: true },
    config: { type: "string", short: "c" },
  },
  run: serve,
};

async function serve(input: CommandInput): Promise<number> {
  const plugins = listOption(input, "plugin");
  const config = await readConfig(
    {
      file: textOption(input, "config"),
      catalog: textOption(input, "catalog"),
      port: numberOption(input, "port", { min: 0, max: 65535 }),
      host: textOption(input, "host"),
      publicUrl: textOption(input, "public-url"),
      provider: textOption(input, "provider") as "auto" | undefined,
      ...(plugins.length === 0 ? {} : { plugins }),
    },
    process.env,
  );
  const log = pino({ level: config.logLevel });
  const services = await createServices(config, { onProblem: (message) => log.warn(message) });
  const app = express();
  app.set("trust proxy", config.trustProxy);
  app.disable("x-powered-by");
  app.use(await createTectile(services, { log }));
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : config.port;
  log.info(
    { provider: services.networks.provider, catalog: config.catalog },
    `Tectile serves http://localhost:${port}/`,
  );
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  server.close();
  server.closeIdleConnections();
  await services.close();
  return 0;
}

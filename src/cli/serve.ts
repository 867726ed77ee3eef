import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import express from "express";
import { pino } from "pino";
import { readConfig } from "../app/config.js";
import { createServices } from "../app/services.js";
import { warmUp } from "../app/warm-up.js";
import { PROVIDERS } from "../model/session.js";
import { createDrain } from "../http/drain.js";
import { createTectile } from "../http/tectile.js";
import { warmRequests } from "../http/warm-requests.js";
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
  const drain = createDrain();
  const app = express();
  app.set("trust proxy", config.trustProxy);
  app.disable("x-powered-by");
  app.use(drain.handler);
  app.use(await createTectile(services, { log }));
  const server = createServer(
    {
      requestTimeout: config.requestTimeoutMs,
      headersTimeout: Math.min(config.requestTimeoutMs, HEADERS_MS),
      connectionsCheckingInterval: CHECK_MS,
    },
    app,
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : config.port;
  const { matched: items } = await services.catalog.search({ limit: 1 });
  log.info(
    { provider: services.networks.provider, catalog: config.catalog, items },
    `Tectile serves http://localhost:${port}/`,
  );
  const closing = new AbortController();
  warmUp(services, closing.signal)
    .then(() => warmRequests(services, closing.signal))
    .catch((error: unknown) => log.debug({ err: error }, "nothing was decoded in advance"));
  const signal = await new Promise<string>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve(name));
  });
  closing.abort();
  const startedMs = performance.now();
  // Whoever asks twice, or a thread that never ends, doesn't keep the process.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(1));
  setTimeout(() => process.exit(1), config.shutdownMs + CLOSE_MS).unref();
  drain.begin();
  log.info({ signal, active: drain.active(), deadlineMs: config.shutdownMs }, "closing: new requests get 503");
  const cut = await drain.finish({ deadlineMs: config.shutdownMs, lingerMs: LINGER_MS });
  server.close();
  server.closeIdleConnections();
  if (cut === 0) await sleep(LAST_ANSWERS_MS);
  server.closeAllConnections();
  const closed = await Promise.race([services.close().then(() => true), sleep(CLOSE_MS, false, { ref: false })]);
  const ms = Math.round(performance.now() - startedMs);
  const isClean = cut === 0 && closed;
  log[isClean ? "info" : "warn"]({ cut, ms }, isClean ? "closed" : `closed; ${cut} requests were cut off`);
  if (!closed) process.exit(1);
  return cut === 0 ? 0 : 1;
}

/** For a request's head to come in. */
const HEADERS_MS = 10_000;
/** How often connections are looked at for those limits. */
const CHECK_MS = 1000;
/** Clients with open connections send once more before they know: those requests get an answer. */
const LINGER_MS = 300;
/** For refusals that are on their way. */
const LAST_ANSWERS_MS = 50;
/** For threads to end their task and files to be closed. */
const CLOSE_MS = 5000;

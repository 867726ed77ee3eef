import { createServer } from "node:http";
import express from "express";
import { parseConfig, type ConfigInput } from "../../src/app/config.js";
import { createServices, type Services } from "../../src/app/services.js";
import { createTectile } from "../../src/http/tectile.js";

/** A running server; `url` has no slash at its end. */
export interface TestServer {
  readonly url: string;
  readonly services: Services;
  close(): Promise<void>;
}

/** The real server, as `tectile serve` starts it, on a free port of this process. */
export async function startServer(
  config: ConfigInput,
  options: Parameters<typeof createTectile>[1] = {},
): Promise<TestServer> {
  const services = await createServices(parseConfig({ provider: "cpu", ...config }));
  const app = express();
  app.set("trust proxy", true);
  app.use(await createTectile(services, options));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    services,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await services.close();
    },
  };
}

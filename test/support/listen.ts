import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** Serves on a free loopback port until the test ends; gives its URL without a slash at the end. */
export async function listen(context: { after(work: () => void): void }, app: RequestListener): Promise<string> {
  const server = createServer(app).listen(0, "127.0.0.1");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((ready) => server.once("listening", ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

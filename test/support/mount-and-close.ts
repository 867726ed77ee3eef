// Mounts two Tectiles over a catalog, draws a tile from each, closes them; the process must then end by itself:
//   node mount-and-close.js CATALOG TILE_PATH
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createExistingApp } from "../../plugins/examples/existing-app.js";

const [catalog = "", tile = ""] = process.argv.slice(2);
const { app, close } = await createExistingApp({ "/imagery": catalog, "/other": catalog });
const server = createServer(app).listen(0, "127.0.0.1");
await new Promise((ready) => server.once("listening", ready));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
for (const mount of ["/imagery", "/other"]) {
  const response = await fetch(origin + mount + tile);
  process.stdout.write(`${mount} ${response.status} ${(await response.arrayBuffer()).byteLength}\n`);
}
server.close();
server.closeAllConnections();
await close();
process.stdout.write("closed\n");

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface RangeServer {
  /** For instance "http://127.0.0.1:41234". */
  readonly origin: string;
  /** Paths to their bytes; change it while the server runs. */
  readonly files: Map<string, Uint8Array>;
  /** Every request so far: "GET /a.tif bytes=0-9". */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Answers before the file logic; true when it has answered. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A loopback file server that knows Range, If-Range and strong ETags, for tests. */
export async function startRangeServer(intercept: Intercept = () => false): Promise<RangeServer> {
  const files = new Map<string, Uint8Array>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.range ?? ""}`.trim());
    if (intercept(request, response)) return;
    const bytes = files.get(new URL(request.url ?? "/", "http://localhost").pathname);
    if (bytes === undefined) {
      response.writeHead(404).end("missing");
      return;
    }
    answerRange(request, response, bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    files,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerRange(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const etag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`;
  const wanted = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const ifRange = request.headers["if-range"];
  if (wanted === null || (ifRange !== undefined && ifRange !== etag)) {
    response.writeHead(200, { etag, "content-length": bytes.length }).end(bytes);
    return;
  }
  const [first, last] = [Number(wanted[1]), Math.min(Number(wanted[2]), bytes.length - 1)];
  if (first >= bytes.length) {
    response.writeHead(416, { etag, "content-range": `bytes */${bytes.length}` }).end();
    return;
  }
  const part = bytes.subarray(first, last + 1);
  response.writeHead(206, {
    etag,
    "content-range": `bytes ${first}-${last}/${bytes.length}`,
    "content-length": part.length,
  });
  response.end(part);
}

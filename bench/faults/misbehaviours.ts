import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";

/** A request for the bytes [first, last] of a file, and how it would be answered. */
export interface Asked {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly last: number;
  readonly etag: string;
  /** Counts the requests for this file. */
  readonly count: number;
}

export type Answer = (response: ServerResponse, asked: Asked) => unknown;

const partOf = ({ bytes, first, last }: Asked): Uint8Array => bytes.subarray(first, last + 1);

const headersOf = ({ bytes, first, last, etag }: Asked): Record<string, string> => ({
  etag,
  "content-range": `bytes ${first}-${last}/${bytes.length}`,
});

/** As it should be. */
export const wellBehaved: Answer = (r, asked) =>
  r.writeHead(206, { ...headersOf(asked), "content-length": asked.last - asked.first + 1 }).end(partOf(asked));

/** Sends without end, or until the client has gone. */
async function flood(response: ServerResponse): Promise<void> {
  const piece = Buffer.alloc(1 << 16, 7);
  while (!response.destroyed) if (!response.write(piece)) await sleep(1);
}

/** Bytes past Node's own checks of what it sends. */
function raw(response: ServerResponse, text: string, body: Uint8Array = new Uint8Array()): void {
  response.socket?.end(Buffer.concat([Buffer.from(text, "latin1"), body]));
}

const BOMB = gzipSync(Buffer.alloc(1 << 27));

/** What a store may do instead of giving the bytes that it was asked for, each by its name. */
export const MISBEHAVIOURS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ["stalls in its head", () => undefined],
  [
    "stalls in its body",
    (r, a) =>
      void r
        .writeHead(206, { ...headersOf(a), "content-length": a.last - a.first + 1 })
        .write(partOf(a).subarray(0, 9)),
  ],
  [
    "drips a byte a second",
    async (r, a) => {
      r.writeHead(206, headersOf(a));
      for (const byte of partOf(a)) {
        if (r.destroyed) return;
        r.write(Uint8Array.of(byte));
        await sleep(1000, undefined, { ref: false });
      }
    },
  ],
  ["sends fewer bytes", (r, a) => r.writeHead(206, headersOf(a)).end(partOf(a).subarray(0, (a.last - a.first) >> 1))],
  ["sends nothing", (r, a) => r.writeHead(206, headersOf(a)).end()],
  ["sends a byte more", (r, a) => r.writeHead(206, headersOf(a)).end(Buffer.concat([partOf(a), Uint8Array.of(1)]))],
  ["sends without end", (r, a) => flood(r.writeHead(206, headersOf(a)))],
  [
    "resets midway",
    (r, a) => {
      r.writeHead(206, { ...headersOf(a), "content-length": a.last - a.first + 1 }).write(partOf(a).subarray(0, 9));
      setTimeout(() => r.socket?.resetAndDestroy(), 5);
    },
  ],
  [
    "announces more than it has",
    (r, a) =>
      raw(
        r,
        `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${a.first}-${a.last}/${a.bytes.length}\r\nContent-Length: 999999\r\n\r\n`,
        partOf(a),
      ),
  ],
  [
    "announces a negative length",
    (r, a) =>
      raw(
        r,
        `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${a.first}-${a.last}/${a.bytes.length}\r\nContent-Length: -5\r\n\r\n`,
        partOf(a),
      ),
  ],
  [
    "announces two lengths",
    (r, a) =>
      raw(
        r,
        `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${a.first}-${a.last}/${a.bytes.length}\r\nContent-Length: 5\r\nContent-Length: 900\r\n\r\n`,
        partOf(a),
      ),
  ],
  ["speaks no HTTP", (r) => raw(r, "SSH-2.0-OpenSSH_9.6\r\n")],
  [
    "sends headers without end",
    (r) => {
      const { socket } = r;
      socket?.write("HTTP/1.1 206 Partial Content\r\n");
      const more = (): void => {
        if (socket?.destroyed === false)
          socket.write(`x-${"y".repeat(1000)}: 1\r\n`, () => setTimeout(more, 1).unref());
      };
      more();
    },
  ],
  [
    "gives another range",
    (r, a) =>
      r
        .writeHead(206, {
          ...headersOf(a),
          "content-range": `bytes ${a.first + 1}-${a.last + 1}/${a.bytes.length + 9}`,
        })
        .end(partOf(a)),
  ],
  [
    "gives a range and other bytes",
    (r, a) =>
      r
        .writeHead(206, headersOf(a))
        .end(Uint8Array.from(partOf(a), (byte, i) => byte ^ (i % 97 === 5 ? 1 << (i % 8) : 0))),
  ],
  [
    "gives a range that ends before it begins",
    (r, a) =>
      r
        .writeHead(206, { ...headersOf(a), "content-range": `bytes ${a.first}-${a.first - 1}/${a.bytes.length}` })
        .end(partOf(a)),
  ],
  ["gives no range", (r, a) => r.writeHead(206, { etag: a.etag }).end(partOf(a))],
  [
    "gives several parts",
    (r, a) => r.writeHead(206, { "content-type": "multipart/byteranges; boundary=x" }).end(partOf(a)),
  ],
  [
    "encodes the part",
    (r, a) => r.writeHead(206, { ...headersOf(a), "content-encoding": "gzip" }).end(gzipSync(partOf(a))),
  ],
  ["says gzip and is not", (r, a) => r.writeHead(206, { ...headersOf(a), "content-encoding": "gzip" }).end(partOf(a))],
  ["sends a zip bomb", (r, a) => r.writeHead(206, { ...headersOf(a), "content-encoding": "gzip" }).end(BOMB)],
  ["ignores Range", (r, a) => r.writeHead(200, { etag: a.etag, "content-length": a.bytes.length }).end(a.bytes)],
  ["ignores Range without end", (r) => flood(r.writeHead(200))],
  [
    "shows a page to log in",
    (r) => r.writeHead(200, { "content-type": "text/html" }).end("<html>Log in first</html>".repeat(40)),
  ],
  ["redirects in a circle", (r) => r.writeHead(302, { location: "?again" }).end()],
  [
    "redirects to a private address",
    (r) => r.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end(),
  ],
  ["redirects to a file", (r) => r.writeHead(302, { location: "file:///etc/passwd" }).end()],
  ["fails and asks to wait an hour", (r) => r.writeHead(503, { "retry-after": "3600" }).end()],
  ["fails now and then", (r, a) => (a.count % 3 === 0 ? wellBehaved(r, a) : r.writeHead(500).end("no"))],
  ["forbids", (r) => r.writeHead(403).end()],
  ["has lost the file", (r) => r.writeHead(404).end()],
  ["answers 204", (r) => r.writeHead(204).end()],
  ["answers 416 inside the file", (r, a) => r.writeHead(416, { "content-range": `bytes */${a.bytes.length}` }).end()],
  ["changes the ETag each time", (r, a) => wellBehaved(r, { ...a, etag: `"${a.count}"` })],
  [
    "changes the file midway",
    (r, a) => {
      const other = Uint8Array.from(a.bytes, (byte, i) => (i > 4000 ? byte ^ 0x55 : byte));
      wellBehaved(r, a.count > 2 ? { ...a, bytes: other, etag: '"other"' } : a);
    },
  ],
  [
    "changes the file's size midway",
    (r, a) => wellBehaved(r, a.count > 2 ? { ...a, bytes: Buffer.concat([a.bytes, a.bytes]), etag: "" } : a),
  ],
]);

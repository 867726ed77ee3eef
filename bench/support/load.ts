import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { quantile, round } from "./report.js";

/** What one run of requests took. */
export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Mean size of a body, bytes. */
  readonly bytes: number;
}

/**
 * Asks for every path once from `clients` keep-alive connections. The client parses no more of HTTP than it needs, so that on a
 * machine of two cores the server gets nearly all of them.
 *
 * @throws Error for an answer other than 200 with a Content-Length.
 */
export async function load(port: number, paths: readonly string[], clients: number): Promise<LoadResult> {
  const queue = paths.values();
  const times: number[] = [];
  let bytes = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const connection = await openConnection(port);
      for (const path of queue) {
        const sent = performance.now();
        const length = await connection.get(path);
        times.push(performance.now() - sent);
        bytes += length;
      }
      connection.close();
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  return {
    perSecond: round(times.length / seconds),
    p50Ms: round(quantile(times, 0.5)),
    p99Ms: round(quantile(times, 0.99)),
    bytes: Math.round(bytes / times.length),
  };
}

interface Connection {
  /** Length of the body. */
  get(path: string): Promise<number>;
  close(): void;
}

async function openConnection(port: number): Promise<Connection> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let settle: { resolve: (bytes: number) => void; reject: (error: Error) => void } | undefined;
  let head = "";
  /** Bytes of the body still to come; undefined while the head isn't whole. */
  let missing: number | undefined;
  let length = 0;
  const fail = (error: Error): void => settle?.reject(error);
  socket
    .on("error", fail)
    .on("close", () => fail(new Error(`the server closed its connection after ${head.slice(0, 200)}`)));
  socket.on("data", (chunk) => {
    let rest = chunk.length;
    if (missing === undefined) {
      const before = head.length;
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const found = /^content-length: *(\d+)/im.exec(head.slice(0, end))?.[1];
      if (!head.startsWith("HTTP/1.1 200 ") || found === undefined) return fail(new Error(head.slice(0, 600)));
      length = Number(found);
      missing = length;
      rest = before + chunk.length - end - 4;
    }
    missing -= rest;
    if (missing > 0) return;
    missing = undefined;
    head = "";
    settle?.resolve(length);
  });
  return {
    get: (path) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: */*\r\n\r\n`);
      }),
    close: () => void socket.destroy(),
  };
}

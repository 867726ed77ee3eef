import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A line to a server that can be slow, or dead. */
export interface HeldServer {
  readonly url: string;
  /** Paths of the requests that have come since `forget`. */
  readonly asked: readonly string[];
  /** How many requests are not answered yet. */
  pending(): number;
  forget(): void;
  /** Requests whose path has this in it wait from here on. */
  hold(part: string): void;
  /** Lets them go, and holds others instead where a part is given. */
  release(part?: string): void;
  /** Nobody answers, until `up`: connections are refused as by a dead server's machine. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** Puts a line before a server; it has the same address while it is down and after. */
export async function holdServer(target: string): Promise<HeldServer> {
  const asked: string[] = [];
  let pending = 0;
  let held: string | undefined;
  let waiting: (() => void)[] = [];
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method, url = "/", headers } = incoming;
    if (outgoing.destroyed) return;
    const onward = request(`${target}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  };
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    asked.push(incoming.url ?? "");
    pending++;
    outgoing.on("close", () => pending--);
    if (held !== undefined && incoming.url?.includes(held) === true) waiting.push(() => forward(incoming, outgoing));
    else forward(incoming, outgoing);
  };
  let server = createServer(answer);
  const open = async (port: number): Promise<void> => {
    server = createServer(answer);
    await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  };
  const shut = async (): Promise<void> => {
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  };
  await open(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    pending: () => pending,
    forget: () => void asked.splice(0),
    hold: (part) => (held = part),
    release(part) {
      held = part;
      for (const go of waiting) go();
      waiting = [];
    },
    down: shut,
    up: () => open(port),
    close: shut,
  };
}

/** How the server is answering. */
export type Health =
  | { readonly kind: "good" }
  /** This device has no network. */
  | { readonly kind: "offline" }
  /** Nothing comes back from the server; it is asked again after so many milliseconds. */
  | { readonly kind: "silent"; readonly againMs: number }
  /** It says that it has too much to do. */
  | { readonly kind: "busy"; readonly againMs: number };

/** Asks the server, as often as it takes. */
export interface Connection {
  /**
   * As `fetch`, but where no answer comes, or one that says "later" (502, 503, 504), it asks again until there is one: at once when the network is
   * back or `retry` is called, else after a while. Only the signal ends it. The answer is here whole, body and all.
   */
  readonly ask: (url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly health: () => Health;
  /** Asks for everything again that waits. */
  readonly retry: () => void;
  readonly listen: (listener: () => void) => void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

/** A connection that is thought to be good. */
export function createConnection(): Connection {
  const listeners: (() => void)[] = [];
  const waiting = new Set<() => void>();
  let failures = 0;
  let health: Health = { kind: "good" };

  const become = (next: Health): void => {
    if (next.kind === health.kind && next.kind === "good") return;
    health = next;
    for (const listener of listeners) listener();
  };
  const retry = (): void => {
    for (const wake of waiting) wake();
  };
  const pause = (ms: number, signal: AbortSignal | null | undefined): Promise<void> =>
    new Promise((done) => {
      const wake = (): void => {
        window.clearTimeout(timer);
        waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        done();
      };
      const timer = window.setTimeout(wake, ms);
      waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  const fail = (kind: "silent" | "busy", afterMs: number | undefined): number => {
    // Requests that fail together count once.
    if (waiting.size === 0) failures++;
    const againMs = afterMs ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(10, failures - 1));
    become(navigator.onLine ? { kind, againMs } : { kind: "offline" });
    return againMs;
  };
  const ask = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    for (;;) {
      init.signal?.throwIfAborted();
      const response = await fetchWhole(url, init).catch((error: unknown) => {
        if (init.signal?.aborted === true || !(error instanceof TypeError)) throw error;
        return undefined;
      });
      if (response !== undefined && !LATER.has(response.status)) {
        failures = 0;
        become({ kind: "good" });
        return response;
      }
      const seconds = Number.parseInt(response?.headers.get("Retry-After") ?? "", 10);
      const afterMs = Number.isNaN(seconds) ? undefined : Math.min(LONGEST_WAIT_MS, seconds * 1000);
      await pause(fail(response?.status === 503 ? "busy" : "silent", afterMs), init.signal);
    }
  };
  window.addEventListener("online", retry);
  window.addEventListener("offline", () => become({ kind: "offline" }));
  return { ask, health: () => health, retry, listen: (listener) => void listeners.push(listener) };
}

/** The answer when all of it is here: a connection may also break halfway. */
async function fetchWhole(url: string | URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const body = await response.arrayBuffer();
  return new Response(response.status === 204 || response.status === 304 ? null : body, response);
}

const LATER: ReadonlySet<number> = new Set([502, 503, 504]);

/** The state of the connection as a person would say it; undefined where there is nothing to say. */
export function describeHealth(health: Health): string | undefined {
  switch (health.kind) {
    case "good":
      return undefined;
    case "offline":
      return "No network: what is missing is asked for when it is back";
    case "silent":
      return "The server doesn't answer; it is asked again";
    case "busy":
      return "The server is busy; it is asked again";
  }
}

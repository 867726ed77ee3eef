import { setTimeout as sleep } from "node:timers/promises";
import {
  AppError,
  ChangedFileError,
  CorruptDataError,
  NotFoundError,
  UnsupportedError,
  UpstreamError,
} from "../core/errors.js";
import { messageOf } from "../core/assert.js";
import type { ByteSource } from "./byte-source.js";
import { shortLocation } from "./location.js";

export interface HttpSourceOptions {
  /** Each attempt, milliseconds, until its last byte; 30,000. */
  readonly timeoutMs?: number;
  /** Without a byte an attempt is given up, milliseconds; 10,000. */
  readonly stallMs?: number;
  /** All attempts of one read together, milliseconds; 60,000. */
  readonly deadlineMs?: number;
  /** Attempts in all, for network errors, 429 and 5xx; 4. */
  readonly attempts?: number;
  /** First wait between attempts, milliseconds, doubled each time; 200. */
  readonly backoffMs?: number;
  /** Redirects followed; 5. */
  readonly maxRedirects?: number;
  /** Of one read, bytes; 512 MiB. */
  readonly maxRangeBytes?: number;
  /** Sent with every request, to the first host only. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the global one: to sign requests. */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
}

/** A URL read by Range requests. All reads see one version: a changed ETag or size is a ChangedFileError. */
export function openHttpSource(url: URL, options: HttpSourceOptions = {}): ByteSource {
  return new HttpSource(url, options);
}

/** A server that ignores Range is read from its start, up to here, bytes. */
const MAX_SKIP_BYTES = 64 * 1024 * 1024;
const MAX_WAIT_MS = 10_000;
/** No part of a file that is read at once is larger; lengths come from files that anybody may have made. */
const MAX_RANGE_BYTES = 512 * 1024 * 1024;

/** What the first answer told. */
interface Version {
  readonly sizeBytes: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly ranges: boolean;
}

class HttpSource implements ByteSource {
  readonly location: string;
  private readonly url: URL;
  private readonly options: HttpSourceOptions;
  private version: Version | undefined;

  constructor(url: URL, options: HttpSourceOptions) {
    this.location = shortLocation(url.href);
    this.url = url;
    this.options = options;
  }

  async size(signal?: AbortSignal): Promise<number> {
    return (await this.contact(signal)).sizeBytes;
  }

  async identity(signal?: AbortSignal): Promise<string> {
    const { etag, lastModified, sizeBytes } = await this.contact(signal);
    return etag ?? `${lastModified ?? "unknown"}-${sizeBytes}`;
  }

  async getRange(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    if (length <= 0) return new Uint8Array(0);
    const { attempts = 4, backoffMs = 200, deadlineMs = 60_000, maxRangeBytes = MAX_RANGE_BYTES } = this.options;
    if (length > maxRangeBytes)
      throw new CorruptDataError(
        this.location,
        `${length} bytes are to be read at once; wanted at most ${maxRangeBytes}`,
      );
    const endMs = performance.now() + deadlineMs;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await this.attemptRange(offset, length, { signal, endMs });
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Transient)) throw error;
        const backedOffMs = backoffMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
        const waitMs = Math.min(MAX_WAIT_MS, error.retryAfterMs ?? backedOffMs);
        if (attempt >= attempts || performance.now() + waitMs >= endMs)
          throw new UpstreamError(`${this.location}: ${error.message} (${attempt} attempts)`, { cause: error });
        await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  async close(): Promise<void> {}

  private async contact(signal?: AbortSignal): Promise<Version> {
    if (this.version === undefined) await this.getRange(0, 1, signal);
    if (this.version === undefined)
      throw new UpstreamError(`${this.location}: the server did not tell the file's size`);
    return this.version;
  }

  private async attemptRange(
    offset: number,
    length: number,
    { signal, endMs }: { readonly signal: AbortSignal | undefined; readonly endMs: number },
  ): Promise<Uint8Array<ArrayBuffer>> {
    const leftMs = Math.max(1, Math.ceil(endMs - performance.now()));
    const timeout = AbortSignal.timeout(Math.min(leftMs, this.options.timeoutMs ?? 30_000));
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const response = await this.request(offset, length, either);
      return await this.receive(response, offset, length);
    } catch (error) {
      if (error instanceof AppError || error instanceof Transient) throw error;
      throw new Transient(
        timeout.aborted ? "no answer in time" : `the connection failed, ${reasonOf(error)}`,
        undefined,
        error,
      );
    }
  }

  /** Follows redirects by hand: fetch has no cap of ours, and would send our headers to other hosts. */
  private async request(offset: number, length: number, signal: AbortSignal): Promise<Response> {
    const etag = this.version?.etag;
    const headers: Record<string, string> = {
      range: `bytes=${offset}-${offset + length - 1}`,
      "accept-encoding": "identity",
      ...(etag === undefined || etag.startsWith("W/") ? {} : { "if-range": etag }),
    };
    const { maxRedirects = 5, fetch = globalThis.fetch } = this.options;
    let url = this.url;
    for (let hops = 0; hops <= maxRedirects; hops++) {
      const own = url.host === this.url.host ? this.options.headers : undefined;
      const response = await fetch(url, { headers: { ...own, ...headers }, signal, redirect: "manual" });
      const target = response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
      if (target === null) return response;
      await response.body?.cancel();
      url = new URL(target, url);
      if (url.protocol !== "http:" && url.protocol !== "https:") {
        throw new UpstreamError(`${this.location}: redirected to a ${url.protocol} address; wanted http: or https:`);
      }
    }
    throw new UpstreamError(`${this.location}: more than ${maxRedirects} redirects`);
  }

  private async receive(response: Response, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const encoding = response.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
    if (encoding !== "identity" && encoding !== "" && response.ok) {
      await response.body?.cancel();
      throw new UpstreamError(`${this.location}: the server encoded a part of the file (${encoding.slice(0, 20)})`);
    }
    if (response.status === 206) return this.receivePart(response, offset, length);
    if (response.status === 200) return this.receiveWhole(response, offset, length);
    await response.body?.cancel();
    if (response.status === 416) {
      const total = /\*\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
      if (total !== undefined && offset >= Number(total)) {
        this.note(response, Number(total), true);
        return new Uint8Array(0);
      }
    }
    throw failureOf(response, this.location);
  }

  private async receivePart(response: Response, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
    const [first, last, total] = [Number(range?.[1]), Number(range?.[2]), Number(range?.[3])];
    if (first !== offset || last >= offset + length || !Number.isSafeInteger(total)) {
      await response.body?.cancel();
      const got = response.headers.get("content-range") ?? "none";
      throw new UpstreamError(
        `${this.location}: Content-Range is ${got}; wanted bytes from ${offset} and the total size`,
      );
    }
    this.note(response, total, true);
    const wanted = last - first + 1;
    if (wanted < 1) {
      await response.body?.cancel();
      throw new UpstreamError(`${this.location}: Content-Range ends before it begins`);
    }
    const { bytes, total: received } = await readSlice(
      response,
      { offset: 0, length: wanted, until: wanted + 1 },
      this.stallMs(),
    );
    if (received > wanted) throw new UpstreamError(`${this.location}: ${wanted} bytes announced, more sent`);
    if (received < wanted) throw new Transient(`${wanted} bytes announced, ${received} received`);
    return bytes;
  }

  /** The server ignored Range, or If-Range found another version. */
  private async receiveWhole(response: Response, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const announced = response.headers.get("content-length");
    const total = announced === null ? undefined : Number(announced);
    if (this.version?.ranges === true) {
      await response.body?.cancel();
      throw new ChangedFileError(`${this.location}: the file changed while it was being read`);
    }
    if (Math.min(offset + length, total ?? Infinity) > MAX_SKIP_BYTES) {
      await response.body?.cancel();
      throw new UnsupportedError(`${this.location}: the server ignores Range requests; wanted 206 Partial Content`);
    }
    if (total !== undefined) {
      this.note(response, total, false);
      const wanted = Math.max(0, Math.min(offset + length, total) - offset);
      const { bytes } = await readSlice(response, { offset, length: wanted, until: offset + wanted }, this.stallMs());
      if (bytes.length < wanted) throw new Transient(`${wanted} bytes expected, ${bytes.length} received`);
      return bytes;
    }
    // No length given: the whole body has to be counted.
    const { bytes, total: counted } = await readSlice(
      response,
      { offset, length, until: MAX_SKIP_BYTES },
      this.stallMs(),
    );
    if (counted >= MAX_SKIP_BYTES)
      throw new UnsupportedError(`${this.location}: the server tells no size and ignores Range`);
    this.note(response, counted, false);
    return bytes;
  }

  private stallMs(): number {
    return this.options.stallMs ?? 10_000;
  }

  private note(response: Response, sizeBytes: number, ranges: boolean): void {
    const etag = response.headers.get("etag") ?? undefined;
    const lastModified = response.headers.get("last-modified") ?? undefined;
    const known = (this.version ??= { sizeBytes, etag, lastModified, ranges });
    const otherEtag = known.etag !== undefined && etag !== undefined && known.etag !== etag;
    if (otherEtag || known.sizeBytes !== sizeBytes) {
      throw new ChangedFileError(`${this.location}: the file changed while it was being read`);
    }
  }
}

/** Worth another attempt. Never leaves this file. */
class Transient extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

function failureOf(response: Response, location: string): Error {
  const { status } = response;
  if (status === 404 || status === 410)
    return new NotFoundError(`${location} does not exist on the server (${status})`);
  if (status === 416) return new CorruptDataError(location, "the server refused a range inside the file (416)");
  if (status === 429 || (status >= 500 && status !== 501)) {
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    return new Transient(`the server answered ${status}`, Number.isFinite(seconds) ? seconds * 1000 : undefined);
  }
  return new UpstreamError(`${location}: the server answered ${status}; wanted 206`);
}

/**
 * The bytes [offset, offset + length) of a body as far as they come, and how many came in all; what is beyond `until` is not read. No more
 * than the slice is ever held.
 */
async function readSlice(
  response: Response,
  { offset, length, until }: { readonly offset: number; readonly length: number; readonly until: number },
  stallMs: number,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly total: number }> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let position = 0;
  try {
    while (reader !== undefined && position < until) {
      const { done, value } = await withinTime(reader.read(), stallMs);
      if (done) break;
      const part = value.subarray(Math.max(0, offset - position), Math.max(0, offset + length - position));
      if (part.length > 0) parts.push(part);
      position += value.length;
    }
  } finally {
    // Not awaited: a server that hangs may never let go.
    reader?.cancel().catch(() => undefined);
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), total: position };
}

async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Transient(`no byte for ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** fetch wraps the reason in "fetch failed"; its cause holds a code such as ECONNREFUSED and never a host's name. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return messageOf(error);
}

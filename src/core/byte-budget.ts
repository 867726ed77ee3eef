import { OverloadedError } from "./errors.js";

interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

/**
 * Lets jobs run together while the bytes that they say they need stay within a bound. The first that fits goes next, so that a large
 * one doesn't hold up small ones; one larger than the bound runs alone.
 */
export class ByteBudget {
  private readonly maxBytes: number;
  private readonly maxWaiting: number;
  private readonly waiting: Waiting[] = [];
  private held = 0;

  constructor(options: { readonly maxBytes: number; readonly maxWaiting: number }) {
    this.maxBytes = options.maxBytes;
    this.maxWaiting = options.maxWaiting;
  }

  /** Runs the job when its bytes are free. @throws OverloadedError when too many wait; the signal's reason when it aborts before the start. */
  async hold<T>(bytes: number, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.fits(bytes)) this.held += bytes;
    else await this.wait(bytes, signal);
    try {
      return await job();
    } finally {
      this.held -= bytes;
      this.startWaiting();
    }
  }

  /** Bytes of the jobs that run. */
  bytes(): number {
    return this.held;
  }

  private fits(bytes: number): boolean {
    return this.held === 0 || this.held + bytes <= this.maxBytes;
  }

  private wait(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const count = this.waiting.length;
    if (count >= this.maxWaiting)
      return Promise.reject(new OverloadedError(`${count} pictures wait for memory; retry in a moment`));
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal?.reason as Error);
      };
      const start = (): void => {
        signal?.removeEventListener("abort", abort);
        this.held += bytes;
        resolve();
      };
      const entry: Waiting = { bytes, start };
      this.waiting.push(entry);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  private startWaiting(): void {
    for (let i = 0; i < this.waiting.length;) {
      const entry = this.waiting[i];
      if (entry === undefined || !this.fits(entry.bytes)) {
        i++;
        continue;
      }
      this.waiting.splice(i, 1);
      entry.start();
    }
  }
}

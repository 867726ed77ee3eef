import { WaitingRoom } from "./waiting-room.js";

/**
 * Lets jobs run together while the bytes that they say they need stay within a bound. The first that fits goes next, so that a large
 * one doesn't hold up small ones; one larger than the bound runs alone.
 */
export class ByteBudget {
  private readonly maxBytes: number;
  private readonly room: WaitingRoom<number, void>;
  private held = 0;

  constructor(options: { readonly maxBytes: number; readonly maxWaiting: number }) {
    this.maxBytes = options.maxBytes;
    this.room = new WaitingRoom({
      max: options.maxWaiting,
      full: (count) => `${count} pictures wait for memory; retry in a moment`,
    });
  }

  /** Runs the job when its bytes are free. @throws OverloadedError when too many wait; the signal's reason when it aborts before the start. */
  async hold<T>(bytes: number, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.fits(bytes)) this.held += bytes;
    else await this.room.enter(bytes, signal);
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

  /** Jobs that wait. */
  waiting(): number {
    return this.room.size;
  }

  private fits(bytes: number): boolean {
    return this.held === 0 || this.held + bytes <= this.maxBytes;
  }

  private startWaiting(): void {
    for (;;) {
      const next = this.room.take((bytes) => this.fits(bytes));
      if (next === undefined) return;
      // Held from here on, so that nobody slips in between.
      this.held += next.work;
      next.resolve();
    }
  }
}

import { WaitingRoom } from "./waiting-room.js";

/** Lets `limit` jobs run at once; any number may wait. */
export class Limiter {
  private readonly limit: number;
  private readonly room = new WaitingRoom<undefined, void>({ max: Infinity, full: String });
  private running = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** @throws the signal's reason when it aborts before the start. */
  async run<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    // Who waited takes over the place of the one that ended, so that nobody slips in between.
    if (this.running < this.limit) this.running++;
    else await this.room.enter(undefined, signal);
    try {
      return await job();
    } finally {
      const next = this.room.take();
      if (next === undefined) this.running--;
      else next.resolve();
    }
  }
}

import { OverloadedError } from "./errors.js";

/** A piece of work that waits, or was taken and isn't settled yet. */
export interface Waiting<Work, Result> {
  readonly work: Work;
  readonly signal: AbortSignal | undefined;
  /** On the clock of performance.now(). */
  readonly sinceMs: number;
  resolve(result: Result): void;
  reject(error: Error): void;
}

/** How pieces of work that wait are done together. */
export interface Batching<Work> {
  readonly max: number;
  /** Whether the second can be done with the first. */
  joins(first: Work, other: Work): boolean;
}

/**
 * Where work waits, in order, until somebody takes it: for a thread, a session, memory. It is bounded, and whoever leaves frees the
 * place at once.
 */
export class WaitingRoom<Work, Result> {
  // A Set keeps order, and gives up a place in the middle without a search.
  private readonly waiting = new Set<Waiting<Work, Result>>();
  private readonly max: number;
  private readonly full: (count: number) => string;

  /** `full` makes the message of the refusal when `max` wait. */
  constructor(options: { readonly max: number; readonly full: (count: number) => string }) {
    this.max = options.max;
    this.full = options.full;
  }

  get size(): number {
    return this.waiting.size;
  }

  /**
   * Waits until the work is taken and settled. Rejects with the signal's reason when that aborts while it waits; what was taken is left to
   * the taker.
   *
   * @throws OverloadedError when too many wait.
   */
  enter(work: Work, signal?: AbortSignal): Promise<Result> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.waiting.size >= this.max) return Promise.reject(new OverloadedError(this.full(this.waiting.size)));
    return new Promise<Result>((resolve, reject) => {
      const leave = (): void => {
        if (this.waiting.delete(entry)) reject(signal?.reason as Error);
      };
      const settle =
        <A>(then: (value: A) => void) =>
        (value: A): void => {
          signal?.removeEventListener("abort", leave);
          then(value);
        };
      const entry: Waiting<Work, Result> = {
        work,
        signal,
        sinceMs: performance.now(),
        resolve: settle(resolve),
        reject: settle(reject),
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.waiting.add(entry);
    });
  }

  /** Takes the one that has waited longest, of those that `fits` lets pass. */
  take(fits: (work: Work) => boolean = () => true): Waiting<Work, Result> | undefined {
    for (const entry of this.waiting) {
      if (!fits(entry.work)) continue;
      this.waiting.delete(entry);
      return entry;
    }
    return undefined;
  }

  /** Takes the one that has waited longest, and those that can be done together with it. */
  takeBatch({ max, joins }: Batching<Work>): readonly Waiting<Work, Result>[] {
    const first = this.take();
    if (first === undefined) return [];
    const batch = [first];
    while (batch.length < max) {
      const next = this.take((work) => joins(first.work, work));
      if (next === undefined) break;
      batch.push(next);
    }
    return batch;
  }

  /** Refuses all that wait. */
  empty(reason: () => Error): void {
    const all = Array.from(this.waiting);
    this.waiting.clear();
    for (const entry of all) entry.reject(reason());
  }
}

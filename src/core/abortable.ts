/** How a waiting piece of work ends. */
export interface Settlement<Result> {
  resolve(result: Result): void;
  reject(error: Error): void;
}

/**
 * Puts work into a queue until it is settled or `signal` aborts: work that still waits then leaves the queue and rejects with the signal's
 * reason, work that was taken out goes on.
 */
export function enqueueAbortable<Entry, Result>(
  queue: Entry[],
  make: (settlement: Settlement<Result>) => Entry,
  signal: AbortSignal | undefined,
): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    const abort = (): void => {
      const at = queue.indexOf(entry);
      if (at < 0) return;
      queue.splice(at, 1);
      reject(signal?.reason as Error);
    };
    const settle =
      <A>(then: (value: A) => void) =>
      (value: A): void => {
        signal?.removeEventListener("abort", abort);
        then(value);
      };
    const entry = make({ resolve: settle(resolve), reject: settle(reject) });
    signal?.addEventListener("abort", abort, { once: true });
    queue.push(entry);
  });
}

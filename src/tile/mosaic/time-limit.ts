import { OverloadedError } from "../../core/errors.js";

/** Searches of a catalog that end together, `timeLimitMs` after they begin. */
export interface TimeLimit {
  /** What a search finds; undefined where the time is over first. */
  within<T>(search: (signal: AbortSignal | undefined) => Promise<T>): Promise<T | undefined>;
  /** The same of a search without which there is nothing to answer. @throws OverloadedError */
  first<T>(search: (signal: AbortSignal | undefined) => Promise<T>): Promise<T>;
  /** Whether a search was given up. */
  isOver(): boolean;
}

export function createTimeLimit(timeLimitMs: number | undefined, signal: AbortSignal | undefined): TimeLimit {
  const timer = timeLimitMs === undefined ? undefined : AbortSignal.timeout(timeLimitMs);
  const both = timer === undefined ? signal : AbortSignal.any(signal === undefined ? [timer] : [timer, signal]);
  let given = false;
  const within = async <T>(search: (both: AbortSignal | undefined) => Promise<T>): Promise<T | undefined> => {
    const late = (): undefined => {
      given = true;
      return undefined;
    };
    if (timer === undefined) return search(signal);
    if (timer.aborted) return late();
    // A catalog may pay no heed to the signal.
    const over = new Promise<undefined>((resolve) =>
      timer.addEventListener("abort", () => resolve(undefined), { once: true }),
    );
    const found = search(both).catch((error: unknown) => {
      if (timer.aborted && signal?.aborted !== true) return undefined;
      throw error;
    });
    return (await Promise.race([found, over])) ?? late();
  };
  return {
    within,
    async first(search) {
      const found = await within(search);
      if (found !== undefined) return found;
      throw new OverloadedError(
        `The catalog hasn't found an item in ${(timeLimitMs ?? 0) / 1000} s, which is time_limit`,
      );
    },
    isOver: () => given,
  };
}

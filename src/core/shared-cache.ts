import { setMaxListeners } from "node:events";
import { LRUCache } from "lru-cache";

export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

/**
 * An LRU bounded by bytes whose concurrent requests for one key share one load.
 *
 * A failed load is dropped, so that the next request tries again. A load is started with its own signal, aborted only when every
 * caller that waits for it has gone.
 */
export class SharedCache<V extends object> {
  private readonly lru: LRUCache<string, V>;
  private readonly loading = new Map<string, Load<V>>();
  private hits = 0;
  private misses = 0;
  private readonly maxBytes: number;

  constructor(options: { readonly maxBytes: number; readonly sizeOf: (value: V) => number }) {
    this.maxBytes = options.maxBytes;
    this.lru = new LRUCache({
      maxSize: Math.max(1, options.maxBytes),
      sizeCalculation: (value) => Math.max(1, options.sizeOf(value)),
    });
  }

  /** The cached value without loading. */
  peek(key: string): V | undefined {
    return this.lru.get(key);
  }

  async get(key: string, load: (signal: AbortSignal) => Promise<V>, signal?: AbortSignal): Promise<V> {
    signal?.throwIfAborted();
    const cached = this.lru.get(key);
    if (cached !== undefined) {
      this.hits++;
      return cached;
    }
    const shared = this.loading.get(key) ?? this.start(key, load);
    return shared.join(signal);
  }

  stats(): CacheStats {
    const { hits, misses, maxBytes } = this;
    return { hits, misses, entries: this.lru.size, bytes: this.lru.calculatedSize, maxBytes };
  }

  /** Forgets values, those too that are being loaded. */
  evict(isGone: (value: V, key: string) => boolean): void {
    const gone = Array.from(this.lru.entries()).filter(([key, value]) => isGone(value, key));
    for (const [key] of gone) this.lru.delete(key);
    for (const load of this.loading.values()) load.evictions.push(isGone);
  }

  private start(key: string, load: (signal: AbortSignal) => Promise<V>): Load<V> {
    this.misses++;
    const shared = new Load<V>(
      load,
      (value) => {
        if (!shared.evictions.some((isGone) => isGone(value, key))) this.lru.set(key, value);
      },
      () => {
        if (this.loading.get(key) === shared) this.loading.delete(key);
      },
    );
    this.loading.set(key, shared);
    return shared;
  }
}

/** One load, begun by its first caller, for all that ask while it is under way or after; as those of a SharedCache, it ends with its last caller. */
export function sharedLoad<V>(load: (signal: AbortSignal) => Promise<V>): (signal?: AbortSignal) => Promise<V> {
  let current: Load<V> | undefined;
  let isDone = false;
  return (signal) => {
    current ??= new Load<V>(
      load,
      () => void (isDone = true),
      () => {
        if (!isDone) current = undefined;
      },
    );
    return current.join(signal);
  };
}

class Load<V> {
  /** Since it was begun. */
  readonly evictions: ((value: V, key: string) => boolean)[] = [];
  private readonly controller = new AbortController();
  private readonly promise: Promise<V>;
  private readonly leave: () => void;
  private waiting = 0;

  constructor(load: (signal: AbortSignal) => Promise<V>, keep: (value: V) => void, leave: () => void) {
    this.leave = leave;
    // A load waits on as many others as it likes: that is no leak, which Node would warn of from 11 on.
    setMaxListeners(0, this.controller.signal);
    this.promise = (async () => {
      try {
        const value = await load(this.controller.signal);
        keep(value);
        return value;
      } finally {
        leave();
      }
    })();
    this.promise.catch(() => undefined);
  }

  /** Waits for the load; rejects early when the caller's signal aborts, and aborts the load with its last caller. */
  async join(signal: AbortSignal | undefined): Promise<V> {
    this.waiting++;
    if (signal === undefined) return this.promise;
    let abort: (() => void) | undefined;
    try {
      return await Promise.race([
        this.promise,
        new Promise<never>((_, reject) => {
          abort = () => reject(signal.reason as Error);
          signal.addEventListener("abort", abort, { once: true });
        }),
      ]);
    } finally {
      if (abort !== undefined) signal.removeEventListener("abort", abort);
      this.waiting--;
      if (signal.aborted && this.waiting === 0) {
        this.leave();
        this.controller.abort(signal.reason);
      }
    }
  }
}

/** Fails to compile where a union is not exhausted; throws where the types were wrong. */
export function assertNever(value: never): never {
  throw new TypeError(`Unexpected value: ${String(value)}`);
}

/** The value, or a TypeError naming what was expected to be there: for what earlier code guarantees, not for input. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new TypeError(`Expected ${what}`);
  return value;
}

/** One-line text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

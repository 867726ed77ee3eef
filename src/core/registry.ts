import { InvalidRequestError } from "./errors.js";

/** Things of one kind by name, in the order in which they were added; each remembers who brought it. */
export class Registry<T> {
  /** For messages, such as "store". */
  readonly kind: string;
  private readonly entries = new Map<string, { readonly owner: string; readonly value: T }>();

  constructor(kind: string) {
    this.kind = kind;
  }

  /** @throws InvalidRequestError naming both owners when the name is taken. */
  add(name: string, owner: string, value: T): void {
    const taken = this.entries.get(name);
    if (taken !== undefined) {
      throw new InvalidRequestError(
        `Plugins "${taken.owner}" and "${owner}" both bring the ${this.kind} "${name}"; wanted one of them`,
      );
    }
    this.entries.set(name, { owner, value });
  }

  get(name: string): T | undefined {
    return this.entries.get(name)?.value;
  }

  names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** A copy as a plain record. */
  record(): Readonly<Record<string, T>> {
    return Object.fromEntries([...this.entries].map(([name, { value }]) => [name, value]));
  }
}

const numbers = new WeakMap<object, number>();
let last = 0;

/** Numbers of a task's lasting objects, by field: objects that come with task after task and are sent to a thread once. */
export type LastingNumbers = Readonly<Record<string, number>>;

export function numbersOf(task: unknown, fields: readonly string[] = []): LastingNumbers {
  const found: Record<string, number> = {};
  if (typeof task !== "object" || task === null) return found;
  for (const field of fields) {
    const value = (task as Record<string, unknown>)[field];
    if (typeof value !== "object" || value === null) continue;
    const number = numbers.get(value) ?? ++last;
    numbers.set(value, number);
    found[field] = number;
  }
  return found;
}

/** The task without those that the thread has. */
export function withoutKnown<Task>(task: Task, lasting: LastingNumbers, known: ReadonlySet<number>): Task {
  const gone = Object.entries(lasting).flatMap(([field, number]) => (known.has(number) ? [[field, undefined]] : []));
  return gone.length === 0 ? task : { ...task, ...(Object.fromEntries(gone) as Partial<Task>) };
}

/** The thread's side: puts back what was sent before. */
export function createLastingMemory(): <Task>(task: Task, lasting: LastingNumbers) => Task {
  const had = new Map<number, unknown>();
  return (task, lasting) => {
    const found = Object.entries(lasting).map(([field, number]) => {
      const value = (task as Record<string, unknown>)[field] ?? had.get(number);
      had.set(number, value);
      return [field, value];
    });
    return found.length === 0 ? task : { ...task, ...(Object.fromEntries(found) as Partial<typeof task>) };
  };
}

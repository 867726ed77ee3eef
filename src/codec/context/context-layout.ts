import { LINEAR_SLOTS } from "./context-weights.js";

/** (component, row frequency, column frequency) less than a channel's own, of the seven channels that its context holds. */
const PARENTS = [
  [0, 1, 0],
  [0, 0, 1],
  [0, 1, 1],
  [0, 2, 0],
  [0, 0, 2],
  [1, 0, 0],
  [2, 0, 0],
] as const;

/** What follows from the order of channels alone. */
export interface ContextLayout {
  /** [channels][7]: index + 1, 0 where there is none or it is coded later. */
  readonly parents: Int16Array;
  /** [channels][9]: the frequencies below 3 of the same component, -1 where there is none or it is coded later. */
  readonly linearSlots: Int16Array;
  readonly frequency: Uint8Array;
}

export function layoutOf(order: Uint16Array, linearSpan: number): ContextLayout {
  const where = new Map(Array.from(order, (id, i) => [id, i] as const));
  const earlier = (id: number, than: number): number => {
    const index = where.get(id);
    return index !== undefined && index < than ? index : -1;
  };
  const parents = new Int16Array(order.length * PARENTS.length);
  const linearSlots = new Int16Array(order.length * LINEAR_SLOTS);
  order.forEach((id, c) => {
    const [m, u, v] = [id >> 8, (id >> 4) & 15, id & 15];
    PARENTS.forEach(([dm, du, dv], k) => {
      const isThere = m >= dm && u >= du && v >= dv;
      parents[c * PARENTS.length + k] = isThere ? 1 + earlier(((m - dm) << 8) + ((u - du) << 4) + v - dv, c) : 0;
    });
    for (let s = 0; s < LINEAR_SLOTS; s++) {
      const slot = earlier((m << 8) + (Math.floor(s / 3) << 4) + (s % 3), c);
      linearSlots[c * LINEAR_SLOTS + s] = slot < linearSpan ? slot : -1;
    }
  });
  return { parents, linearSlots, frequency: Uint8Array.from(order, (id) => id & 255) };
}

const FLOAT = new Float32Array(1);
const BITS = new Int32Array(FLOAT.buffer);

/** 8 log2 of a whole y from 1 to 2^24 - 1, as a float32's bits give it: linear between powers of two, rounded. */
export function wholeLog(y: number): number {
  FLOAT[0] = y;
  return (((BITS[0] ?? 0) + 0x80000) >> 20) - 1016;
}

/** Group of each frequency by the larger of its two numbers: below 3, below 8, the others. */
export function frequencyGroups(): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, f) => {
    const radius = Math.max(f >> 4, f & 15);
    return radius < 3 ? 0 : radius < 8 ? 1 : 2;
  });
}

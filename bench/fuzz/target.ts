import { AppError } from "../../src/core/errors.js";
import { seededRandom } from "../../test/support/seeded-random.js";

/** One kind of input that comes from outside. */
export interface FuzzTarget {
  readonly name: string;
  /** Makes the input of a seed and feeds it: gives what became of it. @throws Wrong, or whatever the code shouldn't have thrown. */
  run(seed: number): Promise<Outcome>;
}

/** Taken, or refused by one of our own errors. */
export type Outcome = "taken" | "refused";

/** An answer that is wrong although nothing failed. */
export class Wrong extends Error {}

/** Refused is whatever ends with an error of ours. */
export async function outcomeOf(work: () => unknown): Promise<Outcome> {
  try {
    await work();
    return "taken";
  } catch (error) {
    if (error instanceof AppError) return "refused";
    throw error;
  }
}

/** Dice for one input: the same for the same seed. */
export class Dice {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(Math.imul(seed + 1, 0x9e3779b1));
    for (let i = 0; i < 4; i++) this.random();
  }

  /** 0..n - 1. */
  below(n: number): number {
    return Math.floor(this.random() * n);
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError("nothing to pick from");
    return value;
  }
}

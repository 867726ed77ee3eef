import { solarDay } from "../mosaic/order-items.js";
import { plannedArea, type PlanLayer, type TilePlan } from "../plan.js";

/** In a canvas's `filled`: as good as drawn. */
const CLOSED = 255;
/** Places a side that stand for a picture. */
const PLACES = 12;
const NO_DAY = -1_000_000;

/**
 * Counts the dates that have added pixels to a picture: once a plan's `limit.dates` have at a place, no further date is read for it. A date that adds
 * nothing anywhere counts nowhere. Of dates that are drawn onto one canvas, where each pixel has one at most, a place is a square of the
 * picture; of dates that are merged it is a pixel.
 */
export class DateLimit {
  /** Whether a date was passed over that might have added pixels. */
  isReached = false;
  private readonly width: number;
  private readonly height: number;
  private readonly most: number;
  private readonly before: Uint8Array;
  private readonly daysAt = Array.from({ length: PLACES * PLACES }, () => new Set<number>());
  private readonly counts: Uint16Array;
  private readonly lastDay: Int32Array;

  constructor(plan: TilePlan) {
    ({ width: this.width, height: this.height } = plannedArea(plan));
    this.most = plan.limit.dates;
    const pixels = this.width * this.height;
    this.before = new Uint8Array(pixels);
    this.counts = new Uint16Array(pixels);
    this.lastDay = new Int32Array(pixels).fill(NO_DAY);
  }

  /** `filled` with all pixels closed for which a date isn't read any more; itself where there is none. */
  closedFor({ item }: PlanLayer, filled: Uint8Array): Uint8Array {
    const day = solarDay(item);
    const isFull = this.daysAt.map((days) => days.size >= this.most && !days.has(day));
    if (!isFull.includes(true)) return filled;
    const out = new Uint8Array(new SharedArrayBuffer(filled.length));
    out.set(filled);
    for (let i = 0; i < out.length; i++) if (isFull[this.placeOf(i)] === true) out[i] = CLOSED;
    return out;
  }

  /** A canvas that dates are drawn onto in turn: counts the pixels that it had not before. */
  addTo({ item }: PlanLayer, filled: Uint8Array): void {
    const day = solarDay(item);
    for (let i = 0; i < filled.length; i++)
      if (filled[i] !== 0 && this.before[i] === 0) this.daysAt[this.placeOf(i)]?.add(day);
    this.before.set(filled);
  }

  /** A date on a canvas of its own, dates in order: false, and not counted, where all that it shows are pixels that have their dates. */
  adds({ item }: PlanLayer, filled: Uint8Array): boolean {
    const { counts, lastDay, most } = this;
    const day = solarDay(item);
    const isAdded = filled.some((mark, i) => mark !== 0 && ((counts[i] ?? 0) < most || lastDay[i] === day));
    for (let i = 0; isAdded && i < filled.length; i++) {
      if (filled[i] === 0 || lastDay[i] === day) continue;
      counts[i] = (counts[i] ?? 0) + 1;
      lastDay[i] = day;
    }
    return isAdded;
  }

  /** Whether every pixel has its dates, so that none that is left adds any. */
  isFull(): boolean {
    return this.counts.every((count) => count >= this.most);
  }

  private placeOf(i: number): number {
    const [column, row] = [i % this.width, Math.floor(i / this.width)];
    return Math.floor((row * PLACES) / this.height) * PLACES + Math.floor((column * PLACES) / this.width);
  }
}

/** Undefined where a plan's dates are too few for its limit to matter. */
export function dateLimit(plan: TilePlan): DateLimit | undefined {
  const days = new Set(plan.layers.map(({ item }) => solarDay(item)));
  return days.size > plan.limit.dates ? new DateLimit(plan) : undefined;
}

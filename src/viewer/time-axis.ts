/** Something that happens at a time, milliseconds. */
interface Timed {
  readonly time: number;
}

/** A word under the axis. */
export interface AxisLabel {
  readonly x: number;
  readonly text: string;
}

/**
 * Places dates along `width` pixels in proportion to time, pushed apart where they would be closer than `minGap` (or than what fits).
 * Ascending, from 0 to width.
 */
export function placeDates(dates: readonly Timed[], width: number, minGap: number): readonly number[] {
  const [first, last] = [dates[0]?.time ?? 0, dates.at(-1)?.time ?? 0];
  if (dates.length < 2) return dates.map(() => width / 2);
  const gap = Math.min(minGap, width / (dates.length - 1));
  const xs = dates.map(({ time }) => (last > first ? ((time - first) / (last - first)) * width : 0));
  for (const i of xs.keys()) xs[i] = Math.max(xs[i] ?? 0, i === 0 ? 0 : (xs[i - 1] ?? 0) + gap);
  for (const i of [...xs.keys()].toReversed())
    xs[i] = Math.min(xs[i] ?? 0, i === xs.length - 1 ? width : (xs[i + 1] ?? 0) - gap);
  return xs;
}

/** Years, or months where there are few years, at least `minGap` pixels apart; `xs` are the places of the dates. */
export function axisLabels(dates: readonly Timed[], xs: readonly number[], minGap: number): readonly AxisLabel[] {
  const [first, last] = [dates[0]?.time, dates.at(-1)?.time];
  if (first === undefined || last === undefined || first === last) return [];
  const months = last - first < 1.6 * YEAR_MS;
  const labels: AxisLabel[] = [];
  const start = new Date(first);
  for (let month = start.getUTCMonth() + 1; ; month++) {
    const time = Date.UTC(start.getUTCFullYear(), month, 1);
    if (time > last) return labels;
    const january = month % 12 === 0;
    if (!months && !january) continue;
    const x = interpolate(time, dates, xs);
    if (x < minGap / 2 || x - (labels.at(-1)?.x ?? -Infinity) < minGap) continue;
    labels.push({ x, text: january ? String(new Date(time).getUTCFullYear()) : MONTH.format(time) });
  }
}

/** Index of the place nearest to x. */
export function nearestIndex(xs: readonly number[], x: number): number {
  return xs.reduce((best, place, i) => (Math.abs(place - x) < Math.abs((xs[best] ?? Infinity) - x) ? i : best), 0);
}

const YEAR_MS = 365.25 * 86_400_000;
const MONTH = new Intl.DateTimeFormat("en-GB", { month: "short", timeZone: "UTC" });

function interpolate(time: number, dates: readonly Timed[], xs: readonly number[]): number {
  const after = dates.findIndex((date) => date.time >= time);
  const [from, to] = [dates[after - 1]?.time ?? time, dates[after]?.time ?? time];
  const [left, right] = [xs[after - 1] ?? 0, xs[after] ?? 0];
  return to === from ? right : left + ((time - from) / (to - from)) * (right - left);
}

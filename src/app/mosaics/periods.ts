import { InvalidRequestError } from "../../core/errors.js";

/** A stretch of time that one mosaic stands for; all in UTC. */
export interface Period {
  /** Part of the items' ids: "2024-05", "2024-q2", "2024", "2024-05-03", "2024-05-01--2024-06-15". */
  readonly id: string;
  /** Half open: the first instant, and the first that is no longer in it. */
  readonly startMs: number;
  readonly endMs: number;
  /** What "nearest in time" is near to. */
  readonly middleMs: number;
}

/** Periods for items of given instants. */
export interface Schedule {
  /** As it was asked for: "month", "quarter", "year", or the dates. */
  readonly every: string;
  /** Those that hold at least one of the instants, in order of time. */
  periodsOf(instantsMs: readonly number[]): readonly Period[];
}

const DAY_MS = 86_400_000;
const MONTHS = { month: 1, quarter: 3, year: 12 } as const;

/**
 * Reads `--every`: "month", "quarter" or "year" of the calendar; or dates with commas between, each a year (2024), a month (2024-05), a
 * day (2024-05-03: the dates of `aroundDays` before and after it) or an interval (2024-05-01/2024-06-15, both days included).
 *
 * @throws InvalidRequestError
 */
export function parseSchedule(every: string, aroundDays: number): Schedule {
  const months = Object.entries(MONTHS).find(([name]) => name === every)?.[1];
  if (months !== undefined) return { every, periodsOf: (instants) => calendarPeriods(instants, months) };
  const periods = every
    .split(",")
    .map((text) => parsePeriod(text.trim(), aroundDays))
    .toSorted((a, b) => a.middleMs - b.middleMs || a.startMs - b.startMs);
  const twice = periods.find(({ id }, i) => periods.findIndex((one) => one.id === id) !== i);
  if (twice !== undefined) throw new InvalidRequestError(`--every names ${twice.id} twice`);
  return {
    every,
    periodsOf: (instants) => periods.filter(({ startMs, endMs }) => instants.some((ms) => ms >= startMs && ms < endMs)),
  };
}

function calendarPeriods(instants: readonly number[], months: number): readonly Period[] {
  const starts = instants.map((ms) => {
    const date = new Date(ms);
    return 12 * date.getUTCFullYear() + months * Math.floor(date.getUTCMonth() / months);
  });
  return [...new Set(starts)]
    .toSorted((a, b) => a - b)
    .map((start) => {
      const [year, month] = [Math.floor(start / 12), start % 12];
      const id =
        months === 12 ? `${year}` : months === 3 ? `${year}-q${1 + month / 3}` : `${year}-${twoDigits(month + 1)}`;
      return between(id, Date.UTC(year, month), Date.UTC(year, month + months));
    });
}

function parsePeriod(text: string, aroundDays: number): Period {
  const [from = "", to, more] = text.split("/");
  const first = parseDate(from);
  const last = to === undefined ? first : parseDate(to);
  if (first === undefined || last === undefined || more !== undefined)
    throw new InvalidRequestError(
      `--every has "${text.slice(0, 60)}"; wanted month, quarter, year, or dates such as 2024, 2024-05, 2024-05-03 or 2024-05-01/2024-06-15`,
    );
  if (to !== undefined) {
    if (last.endMs <= first.startMs) throw new InvalidRequestError(`--every has ${text}, which ends before it begins`);
    return between(`${from}--${to}`, first.startMs, last.endMs);
  }
  if (from.length < DAY_LENGTH) return between(from, first.startMs, first.endMs);
  const middleMs = first.startMs + DAY_MS / 2;
  return { id: from, startMs: first.startMs - aroundDays * DAY_MS, endMs: first.endMs + aroundDays * DAY_MS, middleMs };
}

const DAY_LENGTH = "2024-05-03".length;

/** A year, month or day; undefined for anything else, and for days that the calendar lacks. */
function parseDate(text: string): { readonly startMs: number; readonly endMs: number } | undefined {
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const startMs = Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1));
  if (!new Date(startMs).toISOString().startsWith(text)) return undefined;
  if (day !== undefined) return { startMs, endMs: startMs + DAY_MS };
  return {
    startMs,
    endMs: month === undefined ? Date.UTC(Number(year) + 1, 0) : Date.UTC(Number(year), Number(month)),
  };
}

function between(id: string, startMs: number, endMs: number): Period {
  return { id, startMs, endMs, middleMs: (startMs + endMs) / 2 };
}

const twoDigits = (n: number): string => String(n).padStart(2, "0");

/** Another date of the same grid that tells what a place should look like, and how much it counts. */
export interface Neighbour {
  /** Index into the series. */
  readonly index: number;
  /** Above 0; of the date itself it would be 1.3. */
  readonly weight: number;
}

/** Dates that a prediction looks at, at most. */
const MOST = 16;
/** Days in which a date's weight falls to 1/e: of the time between, of the season (of any year), of the years between. */
const [NEAR_DAYS, SEASON_DAYS, YEARS_DAYS] = [40, 30, 730];
const SEASON_WEIGHT = 0.3;
const YEAR_DAYS = 365.25;

/**
 * For each date of a series, the others that weigh most at its time and season.
 *
 * weight = exp(-|dt| / 40 d) + 0.3 exp(-season / 30 d) exp(-|dt| / 730 d), `season` the distance on the circle of a year. `days` are
 * any common count of days, in any order; equal weights go by the order given.
 */
export function neighbourhoods(days: readonly number[]): readonly (readonly Neighbour[])[] {
  return days.map((day, t) =>
    days
      .map((other, index) => ({ index, weight: weightOf(Math.abs(other - day)) }))
      .filter(({ index }) => index !== t)
      .toSorted((a, b) => b.weight - a.weight || a.index - b.index)
      .slice(0, MOST),
  );
}

function weightOf(days: number): number {
  const inYear = days % YEAR_DAYS;
  const season = Math.min(inYear, YEAR_DAYS - inYear);
  return Math.exp(-days / NEAR_DAYS) + SEASON_WEIGHT * Math.exp(-season / SEASON_DAYS) * Math.exp(-days / YEARS_DAYS);
}

import { formatDay } from "./dates.js";
import type { Frame } from "./frames.js";
import type { Provenance } from "./provenance.js";
import { describeProvenance } from "./view-provenance.js";

/** What the main map shows, and what it waits for. */
export interface Showing {
  /** The picture that is there whole. */
  readonly whole: Frame | undefined;
  /** The one that is to take its place. */
  readonly coming: Frame | undefined;
  /** Tiles in view of the one that comes, or of the one that is there. */
  readonly total: number;
  readonly came: number;
  readonly failed: number;
  /** Of what is there whole. */
  readonly provenance: Provenance | undefined;
}

/** What goes on, in one line, with what can be done about it. */
export interface StatusLine {
  readonly text: string;
  readonly action: "retry" | "back" | undefined;
}

/** What there is to say of what is missing; undefined where nothing is. */
export function statusOf(
  { whole, coming, total, came, failed }: Showing,
  { health, isAway }: { readonly health: string | undefined; readonly isAway: boolean },
): StatusLine | undefined {
  const awaited = coming ?? whole;
  const missing = total - came - failed;
  const meanwhile =
    coming === undefined || whole === undefined || whole.day === coming.day
      ? ""
      : `; ${formatDay(whole.day)} shows until then`;
  if (health !== undefined && (missing > 0 || awaited === undefined))
    return { text: `${health}${meanwhile}`, action: "retry" };
  if (awaited === undefined) return { text: "Loading", action: undefined };
  if (missing > 0 || (coming !== undefined && failed === 0 && total > 0)) {
    const filling = coming?.isFilled === true && whole?.day === coming.day;
    const what = filling ? `Filling the clouds of ${formatDay(awaited.day)}` : `Loading ${formatDay(awaited.day)}`;
    return { text: `${what}: ${came} of ${total} tiles${meanwhile}`, action: undefined };
  }
  if (failed > 0)
    return { text: `${failed} of ${total} tiles of ${formatDay(awaited.day)} failed${meanwhile}`, action: "retry" };
  if (isAway) return { text: "No imagery in view", action: "back" };
  return undefined;
}

/** Where the pixels of the picture that is there come from, named by its date where another one is awaited. */
export function sourceOf({ whole, coming, provenance }: Showing): string {
  if (whole === undefined || provenance === undefined) return "";
  const source = describeProvenance(provenance);
  return coming === undefined || coming.day === whole.day ? source : `${formatDay(whole.day)}: ${source}`;
}

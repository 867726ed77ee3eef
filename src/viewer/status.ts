import { describeHealth } from "./connection.js";
import type { Connection } from "./connection.js";
import { formatDay } from "./dates.js";
import { element } from "./dom.js";
import type { Showing } from "./stage.js";
import { describeProvenance } from "./view-provenance.js";

/** What goes on, in one line, with what can be done about it. */
export interface StatusLine {
  readonly text: string;
  readonly action: "retry" | "back" | undefined;
}

export interface StatusUse {
  readonly connection: Connection;
  readonly showing: () => Showing;
  /** Nothing of the collection lies in view. */
  readonly isAway: () => boolean;
  readonly retry: () => void;
  readonly back: () => void;
}

const LOOK_MS = 250;

/** Keeps the line over the timeline, and the one that says where the pixels come from, as things are. */
export function createStatus(use: StatusUse): { readonly update: () => void } {
  const box = element("status", HTMLDivElement);
  const words = element("status-words", HTMLSpanElement);
  const button = element("status-action", HTMLButtonElement);
  const spoken = element("spoken", HTMLParagraphElement);
  const seen = element("seen", HTMLParagraphElement);
  let action: StatusLine["action"];
  let told = "";
  button.addEventListener("click", () => (action === "back" ? use.back() : use.retry()));
  const update = (): void => {
    const showing = use.showing();
    const line = statusOf(showing, { health: describeHealth(use.connection.health()), isAway: use.isAway() });
    action = line?.action;
    box.hidden = line === undefined;
    button.hidden = action === undefined;
    if (words.textContent !== (line?.text ?? "")) words.textContent = line?.text ?? "";
    button.textContent = action === "back" ? "Back to the data" : "Ask again";
    const source = sourceOf(showing);
    seen.textContent = source;
    const { provenance } = showing;
    seen.title = provenance === undefined ? "" : `Dates: ${provenance.dates.join(", ")}. Method: ${provenance.method}`;
    // Counts that run would talk without end.
    const kind = line === undefined ? source : line.text.replaceAll(/: \d+ of \d+ tiles/g, "");
    if (kind !== told) spoken.textContent = told = kind;
  };
  use.connection.listen(update);
  window.setInterval(update, LOOK_MS);
  return { update };
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

import { describeHealth } from "./connection.js";
import type { Connection } from "./connection.js";
import { element } from "./dom.js";
import { sourceOf, statusOf } from "./what-goes-on.js";
import type { Showing, StatusLine } from "./what-goes-on.js";

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

import { element, make } from "./dom.js";

/** What keys do anywhere on the page. */
export interface PageKeys {
  /** Dates to go on, negative back. */
  readonly step: (count: number) => void;
  readonly togglePlay: () => void;
  readonly toggleCloudFree: () => void;
  /** What shows becomes the first, or the last date that plays. */
  readonly startRange: () => void;
  readonly endRange: () => void;
  readonly backToData: () => void;
  readonly search: () => void;
  readonly help: () => void;
}

/** Keys with what they do; those of the map and of the timeline as they are. */
const HELP: readonly (readonly [keys: string, does: string])[] = [
  ["← →", "the date before, the date after"],
  ["Space", "play, pause"],
  ["[ ]", "play from this date, up to this date"],
  ["C", "clouds filled or as seen"],
  ["H", "back to the data"],
  ["/", "go to coordinates or a country"],
  ["Esc", "close what is open"],
  ["?", "this list"],
  ["Home End", "on the timeline: first, last date; Page Up and Down: five on or back"],
  ["+ −", "on the map: closer, farther; arrows move it"],
];

/** Wires the dialog that lists the keys; gives what opens it. */
export function createKeysHelp(): () => void {
  const dialog = element("keys", HTMLDialogElement);
  const rows = HELP.flatMap(([keys, does]) => [
    make("dt", {}, ...keys.split(" ").map((key) => make("kbd", {}, key))),
    make("dd", {}, does),
  ]);
  element("keys-list", HTMLDListElement).replaceChildren(...rows);
  const open = (): void => {
    if (dialog.open) dialog.close();
    else dialog.showModal();
  };
  element("keys-open", HTMLButtonElement).addEventListener("click", open);
  // Beside the box is the dialog itself.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return open;
}

/** Follows the keys of the page, unless the element with the focus has a use for one. */
export function followPageKeys(actions: PageKeys): void {
  const does: Readonly<Record<string, () => void>> = {
    " ": actions.togglePlay,
    ArrowLeft: () => actions.step(-1),
    ArrowRight: () => actions.step(1),
    c: actions.toggleCloudFree,
    "[": actions.startRange,
    "]": actions.endRange,
    h: actions.backToData,
    "/": actions.search,
    "?": actions.help,
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    const action = does[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined) return;
    action();
    event.preventDefault();
  });
}

/** While a film is made the controls are inert. Lists and texts take letters, buttons and switches the space bar, the map and sliders the arrows. */
function isTaken({ key, target }: KeyboardEvent): boolean {
  if (document.querySelector("[inert]") !== null) return true;
  if (!(target instanceof Element)) return false;
  if (document.querySelector("dialog[open]") !== null) return key !== "?";
  if (target.matches("select, input[type=range], input[type=search]")) return true;
  if (key === " ") return target.matches("button, a, input, summary");
  return key.startsWith("Arrow") && target.matches("canvas, [role=slider]");
}

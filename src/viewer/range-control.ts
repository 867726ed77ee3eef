import { formatDay } from "./dates.js";
import type { DateEntry } from "./dates.js";
import { element, make } from "./dom.js";
import { SPEEDS } from "./state.js";
import type { Store, ViewState } from "./state.js";

/** Which dates play, and how fast. */
export interface RangeControl {
  setEntries(entries: readonly DateEntry[]): void;
  show(state: ViewState): void;
  /** A day becomes the first, or the last, that plays; the other end makes way. */
  start(day: string | undefined): void;
  end(day: string | undefined): void;
}

/** A date stays so long at speed 1, milliseconds. */
export const HOLD_MS = 1100;

/** Wires the lists of the first and last date and of the speed, which index.html has, to the store. */
export function createRangeControl(store: Store): RangeControl {
  const from = element("from", HTMLSelectElement);
  const to = element("to", HTMLSelectElement);
  const speed = element("speed", HTMLSelectElement);
  speed.replaceChildren(...SPEEDS.map((value) => make("option", { value: String(value) }, `${value}×`)));
  const control: RangeControl = {
    setEntries(entries) {
      const days = entries.map(({ day }) => make("option", { value: day }, formatDay(day)));
      from.replaceChildren(make("option", { value: "" }, "the first date"), ...days);
      to.replaceChildren(
        make("option", { value: "" }, "the last date"),
        ...days.map((option) => option.cloneNode(true)),
      );
    },
    show(state) {
      from.value = state.from ?? "";
      to.value = state.to ?? "";
      speed.value = String(state.speed);
    },
    start(day) {
      const end = store.get().to;
      store.set({ from: day, ...(day !== undefined && end !== undefined && end < day ? { to: undefined } : {}) });
    },
    end(day) {
      const start = store.get().from;
      store.set({ to: day, ...(day !== undefined && start !== undefined && start > day ? { from: undefined } : {}) });
    },
  };
  const chosen = (list: HTMLSelectElement): string | undefined => (list.value === "" ? undefined : list.value);
  from.addEventListener("change", () => control.start(chosen(from)));
  to.addEventListener("change", () => control.end(chosen(to)));
  speed.addEventListener("change", () => {
    const value = SPEEDS.find((one) => String(one) === speed.value);
    if (value !== undefined) store.set({ speed: value });
  });
  return control;
}

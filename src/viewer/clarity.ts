import { element } from "./dom.js";
import { isCloudFree } from "./series.js";
import type { Series } from "./series.js";
import type { Store, ViewState } from "./state.js";

/** The controls of what is seen and what is inferred. */
export interface Clarity {
  show(state: ViewState, series: Series): void;
  /** Clouds filled or not. */
  toggle(): void;
}

/** Wires the two switches, which index.html has, to the store. */
export function createClarity(store: Store): Clarity {
  const cloudFree = element("cloud-free", HTMLInputElement);
  const hatch = element("hatch", HTMLInputElement);
  // A date by itself can't be filled from others: the one switch turns the other off.
  const set = (on: boolean): void => store.set(on ? { cloudFree: true, only: false } : { cloudFree: false });
  cloudFree.addEventListener("change", () => set(cloudFree.checked));
  hatch.addEventListener("change", () => store.set({ hatch: hatch.checked }));
  return {
    show(state, series) {
      cloudFree.checked = isCloudFree(state, series);
      hatch.checked = state.hatch;
      hatch.disabled = !cloudFree.checked;
    },
    toggle: () => set(!cloudFree.checked),
  };
}

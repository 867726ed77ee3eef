import type { Collection, RenderChoice } from "./api.js";
import { element, make } from "./dom.js";
import { drawLegend } from "./legend.js";
import type { Store, ViewState } from "./state.js";

/** The panel of choices. */
export interface Panel {
  setCollections(collections: readonly Collection[]): void;
  /** Unfolds what is folded away on small screens. */
  unfold(): void;
  /** Shows the state; `renders` are those of the collection that is shown. */
  show(state: ViewState, renders: readonly RenderChoice[]): void;
  /** Offers the collections that the one that shows was made from, and those made from it. */
  relate(shown: Collection, all: readonly Collection[]): void;
}

/** Wires the panel's controls, which index.html has, to the store; `compare` switches comparison on and off. */
export function createPanel(store: Store, compare: (on: boolean) => void): Panel {
  const panel = element("panel", HTMLElement);
  const more = element("more-toggle", HTMLButtonElement);
  const collection = element("collection", HTMLSelectElement);
  const render = element("render", HTMLSelectElement);
  const opacity = element("opacity", HTMLInputElement);
  const switches = {
    compare: element("compare", HTMLInputElement),
    only: element("only", HTMLInputElement),
    footprints: element("footprints", HTMLInputElement),
  };
  const fold = (open: boolean): void => {
    panel.classList.toggle("open", open);
    more.setAttribute("aria-expanded", String(open));
  };
  more.addEventListener("click", () => fold(!panel.classList.contains("open")));
  collection.addEventListener("change", () => store.set({ collection: collection.value }));
  render.addEventListener("change", () => store.set({ render: render.value }));
  opacity.addEventListener("input", () => store.set({ opacity: Number(opacity.value) / 100 }));
  switches.compare.addEventListener("change", () => compare(switches.compare.checked));
  switches.only.addEventListener("change", () => store.set({ only: switches.only.checked }));
  switches.footprints.addEventListener("change", () => store.set({ footprints: switches.footprints.checked }));
  return {
    unfold: () => fold(true),
    relate(shown, all) {
      const offer = (words: string, related: readonly Collection[]): readonly HTMLElement[] =>
        related.length === 0
          ? []
          : [
              make("span", {}, words),
              ...related.map(({ id, title }) => switchTo(title, () => store.set({ collection: id }))),
            ];
      element("related", HTMLParagraphElement).replaceChildren(
        ...offer(
          "Made from",
          all.filter(({ id }) => shown.derivedFrom.includes(id)),
        ),
        ...offer(
          "See also",
          all.filter(({ derivedFrom }) => derivedFrom.includes(shown.id)),
        ),
      );
    },
    setCollections(collections) {
      collection.replaceChildren(...collections.map(({ id, title }) => make("option", { value: id }, title)));
    },
    show(state, renders) {
      const known = [...render.options].map((option) => option.value).join();
      if (known !== renders.map(({ id }) => id).join()) {
        render.replaceChildren(...renders.map(({ id, title }) => make("option", { value: id }, title)));
      }
      collection.value = state.collection ?? "";
      render.value = state.render ?? "";
      opacity.value = String(Math.round(state.opacity * 100));
      opacity.setAttribute("aria-valuetext", `${opacity.value} %`);
      element("opacity-value", HTMLOutputElement).value = `${opacity.value} %`;
      switches.compare.checked = state.compare !== undefined;
      switches.only.checked = state.only;
      switches.footprints.checked = state.footprints;
      const chosen = renders.find(({ id }) => id === state.render);
      element("render-note", HTMLParagraphElement).textContent = chosen?.description ?? "";
      if (chosen !== undefined) drawLegend(element("legend", HTMLDivElement), chosen);
    },
  };
}

function switchTo(title: string, go: () => void): HTMLElement {
  const button = make("button", { type: "button", class: "link" }, title);
  button.addEventListener("click", go);
  return button;
}

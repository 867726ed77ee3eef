import { element, make } from "./dom.js";
import { findCountry, parsePlace } from "./places.js";
import type { Place } from "./places.js";
import type { World } from "./world.js";

/** Wires the field that goes to coordinates or a country; gives what puts the focus there. */
export function createSearch(use: {
  readonly world: () => Promise<World>;
  readonly go: (place: Place) => void;
  /** Shows the field where it is folded away. */
  readonly unfold: () => void;
}): () => void {
  const form = element("search", HTMLFormElement);
  const field = element("place", HTMLInputElement);
  const answer = element("place-answer", HTMLOutputElement);
  const fill = async (): Promise<void> => {
    const { countries } = await use.world();
    const names = countries.map(({ name }) => name).toSorted();
    element("places", HTMLDataListElement).replaceChildren(...names.map((value) => make("option", { value })));
  };
  // The names are only suggestions.
  field.addEventListener("focus", () => void fill().catch(() => undefined), { once: true });
  const find = async (text: string): Promise<Place | undefined> =>
    parsePlace(text) ?? findCountry((await use.world()).countries, text);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer.value = "";
    void find(field.value)
      .catch(() => undefined)
      .then((place) => {
        if (place === undefined)
          answer.value = "Neither coordinates nor a country. Such as 41.98, 3.03 or 41°58'48\"N 3°1'48\"E, or Spain";
        else use.go(place);
      });
  });
  return () => {
    use.unfold();
    field.focus();
    field.select();
  };
}

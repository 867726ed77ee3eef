import { element, make } from "./dom.js";

/** Messages that come up over the map and go by themselves. */
export interface Toasts {
  /** Shows a failure; the same text again only counts up. */
  fail(text: string): void;
}

const SHOWN_MS = 8000;

/** Toasts in the page's #toasts, which screen readers announce. */
export function createToasts(): Toasts {
  const root = element("toasts", HTMLElement);
  const open = new Map<
    string,
    { count: number; readonly badge: HTMLElement; timer: number; readonly close: () => void }
  >();
  return {
    fail(text) {
      const known = open.get(text);
      if (known !== undefined) {
        known.count++;
        known.badge.textContent = `${known.count}×`;
        window.clearTimeout(known.timer);
        known.timer = window.setTimeout(known.close, SHOWN_MS);
        return;
      }
      const badge = make("span", { class: "badge" });
      const dismiss = make("button", { type: "button", class: "icon", "aria-label": "Dismiss" }, "×");
      const toast = make("div", { class: "toast glass" }, make("span", {}, text), badge, dismiss);
      const close = (): void => {
        toast.remove();
        open.delete(text);
      };
      dismiss.addEventListener("click", close);
      open.set(text, { count: 1, badge, timer: window.setTimeout(close, SHOWN_MS), close });
      root.append(toast);
    },
  };
}

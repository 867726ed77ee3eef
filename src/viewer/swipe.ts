import type { Map as MapLibreMap } from "maplibre-gl";
import { icon } from "./dom.js";

/** The divider between two maps of one place. */
export interface Swipe {
  show(): void;
  hide(): void;
}

/** Makes `divider` cut `overlay`: left of it the map below shows, right of it the overlay. Drag it, or use the arrow keys. */
export function createSwipe(divider: HTMLElement, overlay: HTMLElement): Swipe {
  let share = 0.5;
  const place = (value: number): void => {
    share = Math.max(0.02, Math.min(0.98, value));
    divider.style.left = `${share * 100}%`;
    overlay.style.clipPath = `inset(0 0 0 ${share * 100}%)`;
    divider.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  };
  for (const [name, value] of Object.entries(ARIA)) divider.setAttribute(name, value);
  const grip = document.createElement("span");
  grip.append(icon("M9 6l-6 6 6 6M15 6l6 6-6 6"));
  divider.replaceChildren(grip);
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
    divider.focus();
  });
  divider.addEventListener("pointermove", (event) => {
    const box = divider.parentElement?.getBoundingClientRect();
    if (box !== undefined && divider.hasPointerCapture(event.pointerId)) place((event.clientX - box.left) / box.width);
  });
  divider.addEventListener("keydown", (event) => {
    const step = STEPS.get(event.key);
    if (step === undefined) return;
    event.preventDefault();
    place(share + step);
  });
  return {
    show() {
      divider.hidden = overlay.hidden = false;
      place(share);
    },
    hide() {
      divider.hidden = overlay.hidden = true;
    },
  };
}

/** Keeps two maps at one camera, whichever is moved. */
export function syncMaps(first: MapLibreMap, second: MapLibreMap): void {
  let following = false;
  const follow = (leader: MapLibreMap, follower: MapLibreMap): void => {
    if (following) return;
    following = true;
    follower.jumpTo({ center: leader.getCenter(), zoom: leader.getZoom() });
    following = false;
  };
  first.on("move", () => follow(first, second));
  second.on("move", () => follow(second, first));
  follow(first, second);
}

const STEPS: ReadonlyMap<string, number> = new Map([
  ["ArrowLeft", -0.02],
  ["ArrowRight", 0.02],
]);

const ARIA = {
  role: "slider",
  tabindex: "0",
  "aria-label": "Divider between the two dates",
  "aria-orientation": "horizontal",
  "aria-valuemin": "0",
  "aria-valuemax": "100",
};

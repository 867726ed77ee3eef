/** What keys do anywhere on the page. */
export interface PageKeys {
  /** Dates to go on, negative back. */
  readonly step: (count: number) => void;
  readonly togglePlay: () => void;
  readonly toggleCloudFree: () => void;
}

/** Space plays, left and right step, c switches clouds off and on, unless the element with the focus has a use for the key. */
export function followPageKeys(actions: PageKeys): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    switch (event.key) {
      case " ":
        actions.togglePlay();
        break;
      case "ArrowLeft":
        actions.step(-1);
        break;
      case "ArrowRight":
        actions.step(1);
        break;
      case "c":
      case "C":
        actions.toggleCloudFree();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}

/** While a film is made the controls are inert. Lists take letters, buttons and switches the space bar, the map and sliders the arrows. */
function isTaken({ key, target }: KeyboardEvent): boolean {
  if (document.querySelector("[inert]") !== null) return true;
  if (!(target instanceof Element)) return false;
  if (target.matches("select, input[type=range]")) return true;
  if (key === " ") return target.matches("button, a, input");
  return key.startsWith("Arrow") && target.matches("canvas, [role=slider]");
}

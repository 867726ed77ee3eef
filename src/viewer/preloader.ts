import { neighbours } from "./series.js";
import type { Series } from "./series.js";
import type { Side } from "./slider.js";
import type { Stage } from "./stage.js";
import type { Store } from "./state.js";

/** Gives what loads the dates beside the one that shows, once it is there whole, so that a step finds them. */
export function createPreloader(
  { store, stage }: { readonly store: Store; readonly stage: Stage },
  use: { readonly current: () => Series | undefined; readonly side: () => Side; readonly isPlaying: () => boolean },
): () => void {
  let last = "";
  return () => {
    const [series, side, state] = [use.current(), use.side(), store.get()];
    const day = state[side];
    if (series === undefined || day === undefined || use.isPlaying() || savesData()) return;
    const { whole, coming, came, total } = stage.showing();
    if (whole === undefined || coming !== undefined || came < total) return;
    const now = [whole.key, side, day, ...stage.view()].join("|");
    if (now === last) return;
    last = now;
    void (async () => {
      for (const beside of neighbours(series, day)) if (last === now) await stage.preload(side, series, beside);
    })().catch(() => undefined);
  };
}

/** The browser asks pages not to load what nobody may look at. */
function savesData(): boolean {
  const { connection } = navigator as Navigator & { readonly connection?: { readonly saveData?: boolean } };
  return connection?.saveData === true;
}

import { isClear } from "../../core/scene-classes.js";
import { STATE } from "./classify.js";

/** SCL codes that stand for what time tells. */
const [UNCLASSIFIED, CLOUD, SHADOW] = [7, 8, 3];

/**
 * The SCL code of a pixel whose state is known: `coded` where it says the same, else 7 of clear, 8 of cloud, 3 of shadow. `unknown` leaves
 * it as it was; undefined: there was none.
 */
export function correctedCode(state: number, coded: number | undefined): number {
  if (state === STATE.unknown) return coded ?? 0;
  if (state === STATE.clear) return coded !== undefined && coded !== 0 && isClear(coded) ? coded : UNCLASSIFIED;
  if (coded !== undefined && coded !== 0 && !isClear(coded)) return coded;
  return state === STATE.cloud ? CLOUD : SHADOW;
}

import { anglesOf, axesFromAngles, eigenvectors } from "../../model/lapped/axes.js";
import { FREQUENCY_ORDER, groupMoments } from "../../model/lapped/analyse.js";
import { COMPONENTS, FREQUENCIES, GROUP, GROUPS } from "../../model/lapped/geometry.js";
import { entryBits } from "../tables.js";
import { rowsOf, type AxesMode, type LappedTables } from "./entropy-tables.js";
import type { StatedAxes } from "./axes-coding.js";

/** What a chunk's axes are chosen by. */
export interface AxesChoice {
  /** Second moments of the chunk's coefficients, [frequency, as in FREQUENCY_ORDER][band][band]. */
  readonly moments: Float64Array;
  readonly positions: number;
  /** Quantisation step, weighted digital numbers. */
  readonly step: number;
  /** Common axes, [GROUPS][component][band]. */
  readonly common: Float32Array;
  /** Those of the chunk's first reference. */
  readonly reference: Float32Array | undefined;
}

/** Chooses axes; keeps the costs of angles. */
export type ChooseAxes = (chunk: AxesChoice) => StatedAxes;

const SIZE = COMPONENTS * COMPONENTS;
/** Keeps eigenvectors of flat groups tame, weighted digital numbers squared. */
const RIDGE = 1e-3;
/**
 * What a coefficient of variance x step^2 costs: half log2(1 + RATE x) bits, and its error x / (1 + KEPT x) step^2, each WORTH step^2 as much as a
 * bit; a channel that the model doesn't keep is lost whole. Fits what training chunks cost; leaving the errors out costs 22 % under cloud.
 */
const [RATE, KEPT, WORTH] = [6, 9, 0.13];

/**
 * Group by group the axes that need the fewest bits, those of stating them included.
 *
 * @param order the channels that the model keeps.
 */
export function createAxesChooser(tables: LappedTables, order: Uint16Array): ChooseAxes {
  const kept = new Uint8Array(COMPONENTS * FREQUENCIES);
  for (const id of order) kept[id] = 1;
  const bits = entryBits(tables.rows);
  const planes = tables.angleRows.length / GROUPS;

  function angleBits(angles: Int16Array, group: number): number {
    let sum = 0;
    angles.forEach((k, n) => {
      const row = tables.angleRows[group * planes + n] ?? 0;
      const at = k - (tables.rows.first[row] ?? 0);
      const [start, count] = [tables.rows.start[row] ?? 0, tables.rows.count[row] ?? 0];
      sum += bits[start + (at >= 0 && at < count ? at : count)] ?? 0;
    });
    return sum;
  }

  return ({ moments, positions, step, common, reference }) => {
    const groups = groupMoments(moments);
    const chosen = Array.from({ length: GROUPS }, (_, g): { mode: AxesMode; angles: Int16Array } => {
      const [from, to] = [g * SIZE, (g + 1) * SIZE];
      const cost = (axes: ArrayLike<number>): number => costOf(moments, g, axes, { positions, step, kept });
      const options: { mode: AxesMode; angles: Int16Array; cost: number }[] = [
        { mode: "common", angles: new Int16Array(), cost: cost(common.subarray(from, to)) },
      ];
      if (reference !== undefined)
        options.push({ mode: "reference", angles: new Int16Array(), cost: cost(reference.subarray(from, to)) });
      const moment = groups.slice(from, to);
      for (let b = 0; b < COMPONENTS; b++) moment[b * COMPONENTS + b] = (moment[b * COMPONENTS + b] ?? 0) + RIDGE;
      const own = eigenvectors(moment);
      for (const mode of ["own", "few"] as const) {
        const angles = anglesOf(own, rowsOf(mode), common.subarray(from, to));
        const axes = axesFromAngles(angles, rowsOf(mode), common.subarray(from, to));
        options.push({ mode, angles, cost: cost(axes) + angleBits(angles, g) });
      }
      return options.reduce((best, option) => (option.cost < best.cost ? option : best));
    });
    return { modes: chosen.map(({ mode }) => mode), angles: chosen.map(({ angles }) => angles) };
  };
}

/** An estimate of what a group's coefficients cost in given axes, bits. */
function costOf(
  moments: Float64Array,
  group: number,
  axes: ArrayLike<number>,
  { positions, step, kept }: { readonly positions: number; readonly step: number; readonly kept: Uint8Array },
): number {
  const scale = 1 / (step * step);
  let product = 1;
  let [bits, errors] = [0, 0];
  for (let i = 0; i < FREQUENCIES; i++) {
    const f = FREQUENCY_ORDER[i] ?? 0;
    if (f === 0 || GROUP[f] !== group) continue;
    const at = i * SIZE;
    for (let m = 0; m < COMPONENTS; m++) {
      // Moments are symmetric.
      let variance = 0;
      for (let a = 0; a < COMPONENTS; a++) {
        const row = at + a * COMPONENTS;
        const share = axes[m * COMPONENTS + a] ?? 0;
        let sum = 0.5 * share * (moments[row + a] ?? 0);
        for (let b = a + 1; b < COMPONENTS; b++) sum += (moments[row + b] ?? 0) * (axes[m * COMPONENTS + b] ?? 0);
        variance += 2 * share * sum;
      }
      const x = Math.max(0, variance) * scale;
      if (kept[m * FREQUENCIES + f] === 0) {
        errors += x;
        continue;
      }
      errors += x / (1 + KEPT * x);
      product *= 1 + RATE * x;
      if (product < 1e200) continue;
      bits += Math.log2(product);
      product = 1;
    }
  }
  return positions * (0.5 * (bits + Math.log2(product)) + errors / WORTH);
}

import { sharedMemory } from "../../core/shared-memory.js";
import { CorruptDataError } from "../../core/errors.js";
import { axesFromAngles, planesOf } from "../../model/lapped/axes.js";
import { AXES_LENGTH, COMPONENTS, GROUPS } from "../../model/lapped/geometry.js";
import { AXES_MODES, checkAngles, rowsOf, type AxesMode, type LappedTables } from "./entropy-tables.js";

/** How a chunk's spectral axes are stated: group by group a mode and, of own axes, angles. */
export interface StatedAxes {
  readonly modes: readonly AxesMode[];
  /** Empty where a group has no own axes. */
  readonly angles: readonly Int16Array[];
}

/** The modes in the lower six bits. */
export function packModes({ modes }: StatedAxes): number {
  return modes.reduce((byte, mode, g) => byte | (AXES_MODES.indexOf(mode) << (2 * g)), 0);
}

export function unpackModes(byte: number): readonly AxesMode[] {
  return Array.from({ length: GROUPS }, (_, g) => AXES_MODES[(byte >> (2 * g)) & 3] ?? "common");
}

/** Table rows of the angles that the modes state, in the order in which they are stored. */
export function angleRows(tables: LappedTables, modes: readonly AxesMode[]): Uint16Array {
  const planes = tables.angleRows.length / GROUPS;
  return Uint16Array.from(
    modes.flatMap((mode, g) => [...tables.angleRows.subarray(g * planes, g * planes + planesOf(rowsOf(mode)))]),
  );
}

/** @throws CorruptDataError naming `location` where an angle is out of range. */
export function splitAngles(all: Int16Array, modes: readonly AxesMode[], location: string): StatedAxes {
  let at = 0;
  const angles = modes.map((mode) => {
    const mine = all.slice(at, at + planesOf(rowsOf(mode)));
    at += mine.length;
    checkAngles(mine, mode, location);
    return mine;
  });
  return { modes, angles };
}

/**
 * The axes [GROUPS][component][band] that are stated.
 *
 * @param reference the axes of the chunk's first reference, where it has one.
 * @throws CorruptDataError naming `location` where the reference's are meant and there is none.
 */
export function statedAxes(
  { modes, angles }: StatedAxes,
  common: Float32Array,
  reference: Float32Array | undefined,
  location: string,
): Float32Array {
  const out = new Float32Array(sharedMemory(4 * AXES_LENGTH));
  const size = COMPONENTS * COMPONENTS;
  modes.forEach((mode, g) => {
    const [from, to] = [g * size, (g + 1) * size];
    if (mode === "common") out.set(common.subarray(from, to), from);
    else if (mode === "reference") {
      if (reference === undefined)
        throw new CorruptDataError(location, "its axes are a reference's, and it has no reference");
      out.set(reference.subarray(from, to), from);
    } else out.set(axesFromAngles(angles[g] ?? new Int16Array(), rowsOf(mode), common.subarray(from, to)), from);
  });
  return out;
}

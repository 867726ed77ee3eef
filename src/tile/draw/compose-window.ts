import type { BandName } from "../../core/bands.js";
import { DETECTOR_BANDS, type DetectorBands } from "../mosaic/cloud-detector.js";
import { probeObservations, type Probe } from "./probe-window.js";
import { FIRST_MARK, type ComposeTask, type ProbeTask } from "../pixel-tasks.js";
import { warpOnto } from "./warp.js";
import { needsDetector, windowObservations } from "../window-observations.js";

/** Draws a date's observations where the canvas is still empty and marks them; returns how many pixels that were. */
export function composeWindow(task: ComposeTask): number {
  const { window, canvas, grid, factor, mark, rule } = task;
  const bands = rule === "clear" && needsDetector(task) ? detectorBands(task) : undefined;
  const source = {
    kind: "raster" as const,
    ...window,
    bands: canvas.bands,
    samples: task.pixels,
    valid: windowObservations(task, window, { rule, factor, bands }),
  };
  const filled = warpOnto(canvas, source, grid, { factor, resampling: task.resampling });
  const marks = canvas.filled;
  if (filled > 0) for (let i = 0; i < marks.length; i++) if (marks[i] === 1) marks[i] = Math.max(FIRST_MARK, mark);
  return filled;
}

/** What a date would fill, from its masks; where only its bands could tell clouds, all that is valid. */
export function probeWindow(task: ProbeTask): Probe {
  const { window, canvas, grid, factor, rule, pieces } = task;
  const observations = pieces === undefined ? "all" : windowObservations(pieces, window, { rule, factor });
  return probeObservations(canvas, { window, observations }, { grid, factor });
}

/** The planes that the cloud detector reads; undefined where the task has not got them all. */
export function detectorBands({
  pixels,
  bands,
  window,
}: Pick<ComposeTask, "pixels" | "bands" | "window">): DetectorBands | undefined {
  const plane = (band: BandName): Float32Array | undefined => {
    const at = bands.indexOf(band);
    return at < 0
      ? undefined
      : pixels.subarray(at * window.width * window.height, (at + 1) * window.width * window.height);
  };
  const [blue, green, red, nir, swir] = DETECTOR_BANDS.map(plane);
  if (blue === undefined || green === undefined || red === undefined || nir === undefined || swir === undefined)
    return undefined;
  return { blue, green, red, nir, swir };
}

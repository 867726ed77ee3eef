import type { BandName } from "../core/bands.js";
import { DETECTOR_BANDS, type DetectorBands } from "./mosaic/cloud-detector.js";
import { probeLooks, type Probe } from "./mosaic/probe-looks.js";
import { FIRST_MARK, type ComposeTask, type ProbeTask } from "./pixel-tasks.js";
import { warpOnto } from "./warp.js";
import { needsDetector, windowLooks } from "./window-looks.js";

/** Draws a date's looks where the canvas is still empty and marks them; returns how many pixels that were. */
export function composeLayer(task: ComposeTask): number {
  const { window, canvas, grid, factor, mark, look } = task;
  const bands = look === "clear" && needsDetector(task) ? detectorBands(task) : undefined;
  const source = {
    kind: "raster" as const,
    ...window,
    bands: canvas.bands,
    samples: task.pixels,
    valid: windowLooks(task, window, { look, factor, bands }),
  };
  const filled = warpOnto(canvas, source, grid, { factor, resampling: task.resampling });
  const marks = canvas.filled;
  if (filled > 0) for (let i = 0; i < marks.length; i++) if (marks[i] === 1) marks[i] = Math.max(FIRST_MARK, mark);
  return filled;
}

/** What a date would fill, from its masks; where only its bands could tell clouds, all that is valid. */
export function probeLayer(task: ProbeTask): Probe {
  const { window, canvas, grid, factor, look, pieces } = task;
  const looks = pieces === undefined ? "all" : windowLooks(pieces, window, { look, factor });
  return probeLooks(canvas, { window, looks }, { grid, factor });
}

function detectorBands({ pixels, bands, window }: ComposeTask): DetectorBands | undefined {
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

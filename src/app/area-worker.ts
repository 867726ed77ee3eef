// One thread that finds the pixels of areas and summarises them: what would keep the event loop busy.
import { assertNever } from "../core/assert.js";
import { serveTasks, throwIfCancelled } from "../core/worker-pool.js";
import type { AreaFigures, AreaResult, AreaTask, FiguresTask, SummaryTask } from "./area-tasks.js";
import { cutlineMask } from "./cutline.js";
import { geometryMask } from "./geometry-mask.js";
import { valuesOf } from "./read-values.js";
import { typeOfShown } from "../render/algorithms/apply-algorithm.js";
import { decodeNpy } from "../render/encode-npy.js";
import { summarise } from "./statistics.js";

serveTasks<AreaTask, AreaResult>(async (task) => {
  switch (task.kind) {
    case "mask":
      return { result: { kind: "masked", area: geometryMask(task.geometry, task.grid, task.maxSide) } };
    case "cutline":
      return { result: { kind: "cut", mask: cutlineMask(task.geometry, task.grid) } };
    case "figures":
      return { result: { kind: "figured", ...figuresOf(task) } };
    case "summary":
      return { result: { kind: "figured", ...summaryOf(task) } };
    default:
      return assertNever(task);
  }
});

function figuresOf({ ready, area: { mask, count }, asked }: FiguresTask): AreaFigures {
  const { planes, valid, clear } = valuesOf(ready);
  const inside = (of: Uint8Array): number[] => Array.from(of.keys()).filter((i) => of[i] !== 0 && mask[i] !== 0);
  const isClear = inside(clear);
  const seen = asked.rule === "clear" ? isClear : inside(valid);
  // Digital numbers are whole, as files of them are.
  const whole = typeOfShown(ready) !== "float32";
  const figures = planes.map((plane) => {
    throwIfCancelled();
    return seen.length === 0
      ? undefined
      : summarise(
          Float64Array.from(seen, (i) => (whole ? Math.round(plane[i] ?? 0) : (plane[i] ?? 0))),
          count,
          asked,
        );
  });
  return {
    statistics: seen.length === 0 ? undefined : figures.filter((one) => one !== undefined),
    validPercent: (100 * inside(valid).length) / count,
    clearPercent: (100 * isClear.length) / count,
  };
}

function summaryOf({ npy, area, asked }: SummaryTask): AreaFigures {
  const { planes, width, height, samples } = decodeNpy(npy);
  const pixels = width * height;
  const window = area?.window ?? { x: 0, y: 0, width, height };
  const inside: number[] = [];
  for (let r = 0; r < window.height; r++)
    for (let c = 0; c < window.width; c++)
      if (area === undefined || area.mask[r * window.width + c] !== 0)
        inside.push((window.y + r) * width + window.x + c);
  const seen = inside.filter((i) => samples[(planes - 1) * pixels + i] !== 0);
  const share = (100 * seen.length) / inside.length;
  const figures = Array.from({ length: planes - 1 }, (_, p) => {
    throwIfCancelled();
    return summarise(
      Float64Array.from(seen, (i) => samples[p * pixels + i] ?? 0),
      inside.length,
      asked,
    );
  });
  return { statistics: seen.length === 0 ? undefined : figures, validPercent: share, clearPercent: share };
}

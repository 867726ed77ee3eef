import { createWorkerPool, type PoolHealth, type WorkerPool } from "../core/worker-pool.js";
import type { AreaFigures, AreaResult, AreaTask, FiguresAsked, FiguresTask, SummaryTask } from "./area-tasks.js";
import type { CutlineGrid } from "./cutline.js";
import type { FlatGeometry, GridMask, MaskGrid } from "./geometry-mask.js";
import type { StatisticsOptions } from "./statistics.js";
import type { ReadyValues } from "./read-values.js";

/** 1 = inside, and how many are. */
type FiguredArea = FiguresTask["area"];

/** Areas and their figures, on threads of their own that start with the first use. */
export interface Areas {
  /** The geometry's pixels on the finest level where it is at most `maxSide` pixels a side; undefined where it has none. */
  mask(geometry: FlatGeometry, grid: MaskGrid, maxSide: number, signal?: AbortSignal): Promise<GridMask | undefined>;
  /** Pixels of a picture that polygons touch. */
  cutline(geometry: FlatGeometry, grid: CutlineGrid, signal?: AbortSignal): Promise<Uint8Array>;
  /** The pixels in `ready` are handed over: it is of no use afterwards. */
  figures(ready: ReadyValues, area: FiguredArea, asked: FiguresAsked, signal?: AbortSignal): Promise<AreaFigures>;
  /** Of the valid pixels of a picture. */
  summary(
    picture: Pick<SummaryTask, "npy" | "area">,
    asked: StatisticsOptions,
    signal?: AbortSignal,
  ): Promise<AreaFigures>;
  /** Undefined before the first use. */
  health(): PoolHealth | undefined;
  close(): Promise<void>;
}

export function createAreas(options: { readonly threads: number; readonly maxWaiting: number }): Areas {
  let started: WorkerPool<AreaTask, AreaResult> | undefined;
  const pool = (): WorkerPool<AreaTask, AreaResult> =>
    (started ??= createWorkerPool<AreaTask, AreaResult>({
      url: new URL("./area-worker.js", import.meta.url),
      size: options.threads,
      data: undefined,
      maxWaiting: options.maxWaiting,
    }));
  return {
    async mask(geometry, grid, maxSide, signal) {
      const result = await pool().run({ kind: "mask", geometry, grid, maxSide }, { signal });
      if (result.kind !== "masked") throw new TypeError(`a ${result.kind} answer to a mask task`);
      return result.area;
    },
    async cutline(geometry, { crs, transform, width, height }, signal) {
      const grid = { crs, transform, width, height };
      const result = await pool().run({ kind: "cutline", geometry, grid }, { signal });
      if (result.kind !== "cut") throw new TypeError(`a ${result.kind} answer to a cutline task`);
      return result.mask;
    },
    async figures(ready, { mask, count }, asked, signal) {
      const { buffer } = ready.pixels;
      const transfer = buffer instanceof ArrayBuffer ? [buffer] : [];
      const result = await pool().run({ kind: "figures", ready, area: { mask, count }, asked }, { signal, transfer });
      if (result.kind !== "figured") throw new TypeError(`a ${result.kind} answer to a figures task`);
      return result;
    },
    async summary({ npy, area }, asked, signal) {
      const part = area && { mask: area.mask, count: area.count, window: area.window };
      const result = await pool().run({ kind: "summary", npy, area: part, asked }, { signal });
      if (result.kind !== "figured") throw new TypeError(`a ${result.kind} answer to a summary task`);
      return result;
    },
    health: () => started?.health(),
    close: async () => started?.close(),
  };
}

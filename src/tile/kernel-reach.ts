import { spanOf, type WarpGrid } from "../geo/warp-grid.js";
import type { Resampling } from "../render/render-spec.js";

/** Source pixels that a kernel looks at around the one that a target pixel falls in, at most; `factor` is that of the source's level. */
export function reachOf(kernel: Resampling, grid: WarpGrid, factor: number): number {
  if (kernel === "nearest" || kernel === "bilinear") return 1;
  const span = Math.max(1, ...spanOf(grid, factor));
  const radius = kernel === "lanczos" ? 3 : kernel === "gauss" ? 1.5 : 2;
  return Math.ceil(radius * span) + 1;
}

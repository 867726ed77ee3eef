import { FILL_METHODS } from "../inpaint/inpaint.js";
import { FIRST_MARK, type DrawnPicture, type RenderFilledTask } from "../pixel-tasks.js";
import { encodePicture } from "./encode-picture.js";

/** Renders a tile of which some pixels were inferred. `perLayer` counts seen pixels. */
export async function renderFilled(task: RenderFilledTask): Promise<DrawnPicture> {
  const { canvas, inferred, spec, hatch, inferredPlane, uncertaintyPlane } = task;
  const { size: width, height, bands, samples, filled } = canvas;
  const image = await encodePicture({ kind: "raster", width, height, bands, samples, valid: filled }, spec, {
    inferred: inferred.by,
    hatch,
    plane: inferredPlane,
    errors: uncertaintyPlane ? inferred.errors : undefined,
  });
  const perMark = new Array<number>(256).fill(0);
  const perMethod = new Array<number>(FILL_METHODS.length + 1).fill(0);
  let drawn = 0;
  for (let i = 0; i < filled.length; i++) {
    const mark = filled[i] ?? 0;
    if (mark === 0) continue;
    drawn++;
    const by = inferred.by[i] ?? 0;
    if (by === 0) perMark[mark] = (perMark[mark] ?? 0) + 1;
    else perMethod[by] = (perMethod[by] ?? 0) + 1;
  }
  const guessed = perMethod.reduce((sum, pixels) => sum + pixels, 0);
  const used = FILL_METHODS.map((name, k) => ({ name, pixels: perMethod[k + 1] ?? 0 }))
    .filter(({ pixels }) => pixels > 0)
    .toSorted((a, b) => b.pixels - a.pixels);
  return {
    image,
    pixels: width * height,
    perLayer: perMark.slice(FIRST_MARK),
    observed: drawn - guessed,
    inferred: guessed,
    inferredBy: used.map(({ name }) => name),
  };
}

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
  const perMethod = FILL_METHODS.map((name) => ({ name, pixels: 0 }));
  let [observed, guessed] = [0, 0];
  for (let i = 0; i < filled.length; i++) {
    const mark = filled[i] ?? 0;
    if (mark === 0) continue;
    const method = perMethod[(inferred.by[i] ?? 0) - 1];
    if (method === undefined) {
      observed++;
      perMark[mark] = (perMark[mark] ?? 0) + 1;
    } else {
      guessed++;
      method.pixels++;
    }
  }
  const used = perMethod.filter(({ pixels }) => pixels > 0).toSorted((a, b) => b.pixels - a.pixels);
  return {
    image,
    pixels: width * height,
    perLayer: perMark.slice(FIRST_MARK),
    observed,
    inferred: guessed,
    inferredBy: used.map(({ name }) => name),
  };
}

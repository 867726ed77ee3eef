import type { Acquisition, InpaintImage } from "../../src/tile/inpaint/inpaint.js";
import { applyLight, lightBetween, type CoarseImage } from "../../src/tile/inpaint/light.js";

/** As a level half as fine has it: means of the clear pixels, clear where all four are. */
function coarseOf({ width, height, bands, samples, clear }: Omit<InpaintImage, "reach">): CoarseImage {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const out = new Float32Array(bands * w * h);
  const seen = new Uint8Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const around = [0, 1].flatMap((dy) =>
        [0, 1].map((dx) => Math.min(height - 1, 2 * y + dy) * width + Math.min(width - 1, 2 * x + dx)),
      );
      seen[y * w + x] = around.every((i) => clear[i] !== 0) ? 1 : 0;
      for (let b = 0; b < bands; b++)
        out[(b * h + y) * w + x] = around.reduce((sum, i) => sum + (samples[b * width * height + i] ?? 0), 0) / 4;
    }
  }
  return { width: w, height: h, bands, samples: out, clear: seen, factor: 2 };
}

/** Other dates in the image's light, as tile/fill has them. */
export function inLightOf(image: InpaintImage, looks: readonly Acquisition[]): readonly Acquisition[] {
  const base = coarseOf(image);
  const dated = looks.map((look) => ({ image: coarseOf({ ...image, ...look }), days: look.days }));
  const anchors = dated.toSorted((a, b) => Math.abs(a.days) - Math.abs(b.days)).slice(0, 4);
  return looks.map((look, k) => {
    const [one] = dated.slice(k, k + 1);
    const light = one && lightBetween(base, one, anchors);
    if (light === undefined) return look;
    const samples = look.samples.slice();
    applyLight(samples, light, { x: 0, y: 0, ...image, factor: 1 });
    return { ...look, samples };
  });
}

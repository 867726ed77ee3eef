import assert from "node:assert/strict";
import { test } from "node:test";
import { createKernels } from "../../../../src/model/lapped/kernels.js";
import { analyseNative, averageNative, keptFrequencies } from "../../../../src/model/lapped/native.js";
import { seededRandom } from "../../../support/seeded-random.js";

for (const factor of [2, 6] as const)
  for (const [x, y] of [
    [0, 0],
    [480, 992],
  ] as const)
    test(`native pixels of ${factor} x ${factor} come back from frequencies below ${keptFrequencies(factor)}, from (${x}, ${y}) on`, () => {
      const random = seededRandom(factor);
      const [width, height] = [160, 112];
      const area = width * height;
      const native = new Map<string, number>();
      const pixels = Float32Array.from({ length: area }, (_, i) => {
        const [column, row] = [
          Math.floor((x + (i % width)) / factor),
          Math.floor((y + Math.floor(i / width)) / factor),
        ];
        const key = `${column} ${row}`;
        if (!native.has(key))
          native.set(key, 1500 + 800 * Math.sin(column / 3) * Math.cos(row / 2) + 200 * (random() - 0.5));
        return native.get(key) ?? 0;
      });
      const kernels = createKernels();
      const [scratch, turned, to] = [0, 0, 0].map(() => kernels.take(area)) as [number, number, number];
      const place = { x, y, width, height };
      analyseNative(kernels, pixels, { scratch, to }, place, { factor, weight: 1.5 });
      const coefficients = kernels.view(to, area).slice();
      const kept = keptFrequencies(factor);
      coefficients.forEach((value, i) => {
        const [v, u] = [Math.floor(i / height) % 16, (i % height) % 16];
        if (u >= kept || v >= kept) assert.equal(value, 0);
      });
      kernels.view(turned, area).set(coefficients);
      kernels.synthesise(turned, scratch, place, kept);
      const found = kernels.view(scratch, area);
      averageNative(found, place, factor);
      let worst = 0;
      // Native pixels that the plane cuts are known in part only.
      for (let r = 8; r < height - 8; r++)
        for (let c = 8; c < width - 8; c++)
          worst = Math.max(worst, Math.abs((found[r * width + c] ?? 0) / 1.5 - (pixels[r * width + c] ?? 0)));
      assert.ok(worst < 0.05, `${worst} digital numbers`);
    });

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cropPlanes } from "../../../src/core/raster.js";
import { inpaint } from "../../../src/tile/inpaint/inpaint.js";
import { EDGE_SHARE, solidPixels } from "../../../src/tile/inpaint/solid.js";

const [WIDTH, HEIGHT, RADIUS] = [60, 44, 8];
const mask = (isClear: (x: number, y: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (isClear(i % WIDTH, Math.floor(i / WIDTH)) ? 1 : 0));

test("solid is what lies in a square that is clear enough, counted pixel by pixel, also in a window of the image", () => {
  const spot = fc.record({
    x: fc.integer({ min: 0, max: WIDTH }),
    y: fc.integer({ min: 0, max: HEIGHT }),
    r: fc.integer({ min: 1, max: 25 }),
  });
  fc.assert(
    fc.property(
      fc.array(spot, { maxLength: 6 }),
      fc.boolean(),
      fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      (spots, inside, share) => {
        const clear = mask((x, y) => spots.some((s) => Math.hypot(x - s.x, y - s.y) < s.r) === inside);
        const solid = solidPixels(clear, WIDTH, { radius: RADIUS, share });
        for (let i = 0; i < clear.length; i++) {
          const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
          let [count, area] = [0, 0];
          for (let v = Math.max(0, y - RADIUS); v <= Math.min(HEIGHT - 1, y + RADIUS); v++)
            for (let u = Math.max(0, x - RADIUS); u <= Math.min(WIDTH - 1, x + RADIUS); u++) {
              area++;
              count += clear[v * WIDTH + u] ?? 0;
            }
          assert.equal(solid[i], clear[i] !== 0 && count >= share * area ? 1 : 0, `${x}, ${y}`);
        }
        const window = { x: 10, y: 4, width: 40, height: 32 };
        const part = solidPixels(cropPlanes(clear, { width: WIDTH, height: HEIGHT }, window), 40, {
          radius: RADIUS,
          share,
        });
        for (let y = RADIUS; y < 32 - RADIUS; y++)
          for (let x = RADIUS; x < 40 - RADIUS; x++) assert.equal(part[y * 40 + x], solid[(y + 4) * WIDTH + x + 10]);
      },
    ),
    { numRuns: 40, seed: 6 },
  );
});

test("edges of clouds stay solid, islands amid them are not, and neither shows in a fill nor colours it", () => {
  const options = { radius: RADIUS, share: EDGE_SHARE };
  const half = mask((x) => x >= 23);
  assert.deepEqual(solidPixels(half, WIDTH, options), half);
  const island = mask((x, y) => Math.abs(x - 30) <= 5 && Math.abs(y - 20) <= 4);
  assert.ok(solidPixels(island, WIDTH, options).every((s) => s === 0));

  const pixels = WIDTH * HEIGHT;
  const flat = (value: number): Float32Array => new Float32Array(pixels).fill(value);
  const image = { width: WIDTH, height: HEIGHT, bands: 1, reach: new Uint8Array(pixels).fill(1) };
  const far = { samples: flat(1000), clear: new Uint8Array(pixels).fill(1), days: -40 };
  const speckled = { samples: flat(8000), clear: island, days: -5 };
  const clouded = { ...image, samples: flat(9000), clear: new Uint8Array(pixels) };
  for (const method of ["nearest", "linear"] as const) {
    const { samples, dates } = inpaint(clouded, [speckled, far], method);
    assert.deepEqual([...new Set(samples)], [1000], method);
    assert.deepEqual([...new Set(dates[0])], [1]);
    // Where nothing else shows a place, the island does.
    const alone = inpaint(clouded, [speckled], method);
    assert.ok(alone.samples.some((value, i) => value === 8000 && island[i] !== 0));
  }
  // Of the date itself a few bright pixels, seen and so kept, are no light for the land around.
  const line = mask((x, y) => y === 20 && x > 20 && x < 40);
  const own = inpaint({ ...image, samples: flat(8000), clear: line }, [far], "linear");
  for (let i = 0; i < pixels; i++) {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    if (line[i] !== 0) assert.equal(own.samples[i], 8000);
    else if (Math.abs(y - 20) > 18 || x > 58)
      assert.ok((own.samples[i] ?? 0) < 1400, `${own.samples[i]} at ${x}, ${y}`);
  }
});

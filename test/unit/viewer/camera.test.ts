import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boundsSeen, cameraFor } from "../../../src/viewer/camera.js";
import { groupSmall } from "../../../src/viewer/small-places.js";
import { lonToTile, latToTile } from "../../../src/viewer/mercator.js";

const size = fc.record({ width: fc.integer({ min: 320, max: 2600 }), height: fc.integer({ min: 320, max: 1600 }) });
const box = fc
  .tuple(
    fc.double({ min: -179, max: 175, noNaN: true }),
    fc.double({ min: -80, max: 75, noNaN: true }),
    fc.double({ min: 1e-4, max: 60, noNaN: true }),
    fc.double({ min: 1e-4, max: 60, noNaN: true }),
  )
  .map(([west, south, wide, high]) => [west, south, west + wide, Math.min(84, south + high)] as const);

test("the camera for a box sees all of it, on any page, also across the antimeridian", () => {
  fc.assert(
    fc.property(box, size, ([west, south, east, north], page) => {
      const wrapped = [west, south, east > 180 ? east - 360 : east, north] as const;
      const camera = cameraFor(wrapped, page);
      const [left, bottom, right, top] = boundsSeen(camera, page);
      const sees = (lon: number): boolean =>
        [-360, 0, 360].some((turn) => lon + turn >= left - 1e-6 && lon + turn <= right + 1e-6);
      // At zoom 0, or the poles, there is no more to see.
      if (camera.zoom === 0) return;
      assert.ok(sees(west) && sees(east), `${left} to ${right}`);
      assert.ok(bottom <= south + 1e-6 && top >= north - 1e-6, `${bottom} to ${top}`);
    }),
  );
});

test("boxes too small to see are grouped with those close by, and none is lost", () => {
  const project = (lon: number, lat: number) => ({ x: lonToTile(lon, 2000), y: latToTile(lat, 2000) });
  fc.assert(
    fc.property(fc.array(box, { maxLength: 40 }), (boxes) => {
      const small = boxes.filter(([west, south, east, north]) => {
        const [a, b] = [project(west, north), project(east, south)];
        return Math.max(b.x - a.x, b.y - a.y) <= 14;
      });
      const groups = groupSmall(boxes, project);
      for (const [west, south, east, north] of small)
        assert.ok(groups.some(({ bounds: [w, s, e, n] }) => w <= west && s <= south && e >= east && n >= north));
    }),
  );
});

test("dates of one place are one place, though their outlines differ", () => {
  const project = (lon: number, lat: number) => ({ x: lon, y: lat });
  const group = ([west, south]: readonly [number, number]) => [west, south, west + 2, south + 2] as const;
  const boxes = (
    [
      [0, 0],
      [1, 1],
      [5, 5],
    ] as const
  ).map(group);
  assert.deepEqual(groupSmall(boxes, project), [{ bounds: [0, 0, 7, 7], count: 2 }]);
});

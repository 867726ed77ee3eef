import type { Bounds } from "./api.js";

/** Sides under which an outline is too small, and within which places share a mark, pixels. */
const SMALL_PX = 14;
const SHARED_PX = 36;

/** Places whose boxes are small on the screen, those close together as one; `count` is how many lie apart from one another. */
export function groupSmall(
  boxes: readonly Bounds[],
  project: (lon: number, lat: number) => { readonly x: number; readonly y: number },
): readonly { readonly bounds: Bounds; readonly count: number }[] {
  const groups: { readonly x: number; readonly y: number; readonly members: Bounds[] }[] = [];
  for (const box of boxes) {
    const [west, south, east, north] = box;
    const [a, b] = [project(west, north), project(east, south)];
    if (Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y)) > SMALL_PX) continue;
    const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
    const near = groups.find((group) => Math.hypot(group.x - x, group.y - y) < SHARED_PX);
    if (near === undefined) groups.push({ x, y, members: [box] });
    else near.members.push(box);
  }
  return groups.map(({ members }) => ({
    bounds: members.reduce((one, other) => [
      Math.min(one[0], other[0]),
      Math.min(one[1], other[1]),
      Math.max(one[2], other[2]),
      Math.max(one[3], other[3]),
    ]),
    count: members.filter((box, i) => !members.slice(0, i).some((earlier) => overlaps(earlier, box))).length,
  }));
}

function overlaps(a: Bounds, b: Bounds): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

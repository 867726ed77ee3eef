import type { CatalogItem } from "../../src/catalog/types.js";
import { applyAffine, invertAffine } from "../../src/geo/affine.js";
import { openCrs } from "../../src/geo/crs.js";
import { mercatorToWgs84, tileTransform, wgs84ToMercator, type TileAddress } from "../../src/geo/web-mercator.js";
import { seededRandom, shuffle } from "./report.js";

/** The tiles of a zoom that lie wholly inside an item, 2 px from its edges, in a random but repeatable order. */
export function tilesInside(item: CatalogItem, z: number, seed = 1): TileAddress[] {
  const { grid } = item;
  const { toWgs84, fromWgs84 } = openCrs(grid.crs);
  const inverse = invertAffine(grid.transform);
  const tileOf = (column: number, row: number): readonly [x: number, y: number] => {
    const [mx, my] = wgs84ToMercator(...toWgs84(...applyAffine(grid.transform, column, row)));
    const [pixelM, , left, , , top] = tileTransform({ z, x: 0, y: 0 }, 1);
    return [Math.floor((mx - left) / pixelM), Math.floor((top - my) / pixelM)];
  };
  const corners = [tileOf(0, 0), tileOf(grid.width, 0), tileOf(0, grid.height), tileOf(grid.width, grid.height)];
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const found: TileAddress[] = [];
  for (let y = Math.min(...ys); y <= Math.max(...ys); y++) {
    for (let x = Math.min(...xs); x <= Math.max(...xs); x++) if (isInside({ z, x, y })) found.push({ z, x, y });
  }
  return shuffle(found, seededRandom(seed));

  function isInside(tile: TileAddress): boolean {
    const transform = tileTransform(tile, 4);
    for (let i = 0; i <= 4; i++) {
      for (let j = 0; j <= 4; j++) {
        const [column, row] = applyAffine(inverse, ...fromWgs84(...mercatorToWgs84(...applyAffine(transform, i, j))));
        if (!(column >= 2 && row >= 2 && column <= grid.width - 2 && row <= grid.height - 2)) return false;
      }
    }
    return true;
  }
}

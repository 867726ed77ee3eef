import { isGeographic, normaliseCrs } from "../geo/crs.js";
import type { Affine } from "../geo/affine.js";
import type { Georeference } from "./source-georeference.js";
import { descendants, parseXml, type XmlElement } from "./source-xml.js";

const NONE: Georeference = {
  transform: undefined,
  crs: undefined,
  geoKeys: undefined,
  warnings: ["it has no georeference (its GMLJP2 tells no grid)"],
};

/**
 * The place of a GMLJP2 document's rectified grid (OGC 08-085r8): origin is the centre of the first pixel, the offset vectors lead to the next
 * column and row. Coordinates of a geographic CRS named by URN are latitude first.
 *
 * @throws CorruptDataError for what isn't XML.
 */
export function georeferenceOfGml(text: string, location: string): Georeference {
  const root = parseXml(text, `GMLJP2 of ${location}`);
  const grid = root.name === "RectifiedGrid" ? root : descendants(root, "RectifiedGrid")[0];
  if (grid === undefined) return NONE;
  const [position] = [...descendants(grid, "pos"), ...descendants(grid, "coordinates")];
  const vectors = descendants(grid, "offsetVector");
  const [x = 0, y = 0, ...rest] = numbersOf(position);
  const [[a = 0, d = 0], [b = 0, e = 0]] = [numbersOf(vectors[0]), numbersOf(vectors[1])];
  const name = crsNameOf(root, grid);
  const code = name === undefined ? undefined : /(?:EPSG)(?:::|:|\/\d*\/|#)(\d+)$/i.exec(name)?.[1];
  const crs = code === undefined ? undefined : normaliseCrs(`EPSG:${code}`);
  if (rest.length > 0 || position === undefined || a * e - b * d === 0 || ![x, y, a, b, d, e].every(Number.isFinite))
    return { ...NONE, crs };
  const isSwapped = crs !== undefined && isGeographic(crs) && /urn:|opengis\.net\/def/i.test(name ?? "");
  const transform: Affine = isSwapped
    ? [d, e, y - (d + e) / 2, a, b, x - (a + b) / 2]
    : [a, b, x - (a + b) / 2, d, e, y - (d + e) / 2];
  return { transform, crs, geoKeys: undefined, warnings: crs === undefined ? ["it names no CRS"] : [] };
}

function crsNameOf(root: XmlElement, grid: XmlElement): string | undefined {
  const places = [
    grid,
    ...descendants(grid, "Point"),
    ...descendants(grid, "offsetVector"),
    ...descendants(root, "Envelope"),
  ];
  return places.flatMap(({ attributes }) => attributes["srsName"] ?? [])[0];
}

const numbersOf = (element: XmlElement | undefined): number[] =>
  (element?.text ?? "")
    .split(/[\s,]+/)
    .filter((part) => part !== "")
    .map(Number);

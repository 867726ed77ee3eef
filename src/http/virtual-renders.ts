import { BANDS, parseBandName, type BandName } from "../core/bands.js";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A document's `renders` in words of the COGs that the server makes of each band, so that TiTiler draws of those what is drawn here: those of the image that
 * holds the latents, whose bands go by place (`bidx`) or name, become ones of bands as assets, whose expressions go by place.
 */
export function virtualRenders(renders: unknown): Readonly<Record<string, Fields>> | undefined {
  if (typeof renders !== "object" || renders === null) return undefined;
  return Object.fromEntries(
    Object.entries(renders as Readonly<Record<string, Fields>>).map(([name, one]) => [name, virtualRender(one)]),
  );
}

function virtualRender(render: Fields): Fields {
  const { assets, bidx, expression, ...look } = render;
  if (!Array.isArray(assets) || assets.length !== 1 || assets[0] !== "tec") return render;
  if (typeof expression === "string") return { ...look, ...ofBands(expression) };
  const bands = Array.isArray(bidx) ? bidx.map((place) => BANDS[Number(place) - 1]) : BANDS;
  return { ...look, assets: bands };
}

/** An expression of bands by name, or by place among all, as one by place among those that it has. */
function ofBands(expression: string): Fields {
  const assets: BandName[] = [];
  const placed = expression.replaceAll(/[A-Za-z_]\w*/g, (word) => {
    const place = /^b([1-9]\d?)$/.exec(word)?.[1];
    const band = place === undefined ? parseBandName(word) : BANDS[Number(place) - 1];
    if (band === undefined) return word;
    if (!assets.includes(band)) assets.push(band);
    return `b${assets.indexOf(band) + 1}`;
  });
  return { assets, expression: placed };
}

import { addProtocol, AJAXError } from "maplibre-gl";
import type { RequestParameters } from "maplibre-gl";

/** What a tile, or a view of tiles, says of where its pixels come from. */
export interface Provenance {
  /** Shares of the tile's or view's pixels, 0..1. */
  readonly observed: number;
  readonly inferred: number;
  /** UTC days, newest first. */
  readonly dates: readonly string[];
  readonly method: string;
}

/** What stands before the URLs of tiles whose provenance is kept. */
export const TILE_PROTOCOL = "tile+";

/** Tiles whose provenance is remembered, the latest. */
const REMEMBERED = 4000;

/** Makes MapLibre load tiles through here, and gives what the server's headers said of a tile's URL. */
export function watchTiles(): (url: string) => Provenance | undefined {
  const told = new Map<string, Provenance>();
  const load = async ({ url }: RequestParameters, { signal }: AbortController): Promise<{ data: ArrayBuffer }> => {
    const response = await fetch(url.slice(TILE_PROTOCOL.length), { signal });
    if (!response.ok) throw new AJAXError(response.status, response.statusText, url, await response.blob());
    const provenance = readHeaders(response.headers);
    if (provenance !== undefined) told.set(url, provenance);
    for (const oldest of told.keys()) {
      if (told.size <= REMEMBERED) break;
      told.delete(oldest);
    }
    return { data: await response.arrayBuffer() };
  };
  for (const scheme of ["http", "https"]) addProtocol(`${TILE_PROTOCOL}${scheme}`, load);
  return (url) => told.get(url);
}

function readHeaders(headers: Headers): Provenance | undefined {
  const share = (name: string): number => Number.parseFloat(headers.get(name) ?? "");
  const [observed, inferred] = [share("Tectile-Observed"), share("Tectile-Inferred")];
  if (Number.isNaN(observed) || Number.isNaN(inferred)) return undefined;
  const dates = (headers.get("Tectile-Dates") ?? "").split(",").filter((date) => date !== "");
  return { observed, inferred, dates, method: headers.get("Tectile-Method") ?? "" };
}

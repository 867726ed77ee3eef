import { addProtocol, AJAXError } from "maplibre-gl";
import type { RequestParameters } from "maplibre-gl";
import type { Connection } from "./connection.js";
import { TILE_PROTOCOL } from "./frames.js";

/** What a tile, or a view of tiles, says of where its pixels come from. */
export interface Provenance {
  /** Shares of the tile's or view's pixels, 0..1. */
  readonly observed: number;
  readonly inferred: number;
  /** UTC days, newest first. */
  readonly dates: readonly string[];
  readonly method: string;
}

/** What has come of a tile that was asked for. */
export type Outcome = "came" | "failed";

/** What is remembered of tiles by their URL. */
export interface TileWatch {
  told(url: string): Provenance | undefined;
  outcome(url: string): Outcome | undefined;
}

/** Tiles that are remembered, the latest. */
const REMEMBERED = 8000;

/** Makes MapLibre load tiles through here: one that the server doesn't answer stays awaited, and is asked for again. */
export function watchTiles(ask: Connection["ask"]): TileWatch {
  const provenances = new Map<string, Provenance>();
  const outcomes = new Map<string, Outcome>();
  const load = async ({ url }: RequestParameters, { signal }: AbortController): Promise<{ data: ArrayBuffer }> => {
    // What one map has, another may ask for and give up.
    if (outcomes.get(url) === "failed") outcomes.delete(url);
    const response = await ask(url.slice(TILE_PROTOCOL.length), { signal });
    if (!response.ok) {
      remember(outcomes, url, "failed");
      throw new AJAXError(response.status, response.statusText, url, await response.blob());
    }
    const data = await response.arrayBuffer();
    const provenance = readHeaders(response.headers);
    if (provenance !== undefined) remember(provenances, url, provenance);
    remember(outcomes, url, "came");
    return { data };
  };
  for (const scheme of ["http", "https"]) addProtocol(`${TILE_PROTOCOL}${scheme}`, load);
  return { told: (url) => provenances.get(url), outcome: (url) => outcomes.get(url) };
}

function remember<T>(known: Map<string, T>, url: string, value: T): void {
  known.delete(url);
  known.set(url, value);
  for (const oldest of known.keys()) {
    if (known.size <= REMEMBERED) break;
    known.delete(oldest);
  }
}

function readHeaders(headers: Headers): Provenance | undefined {
  const share = (name: string): number => Number.parseFloat(headers.get(name) ?? "");
  const [observed, inferred] = [share("Tectile-Observed"), share("Tectile-Inferred")];
  if (Number.isNaN(observed) || Number.isNaN(inferred)) return undefined;
  const dates = (headers.get("Tectile-Dates") ?? "").split(",").filter((date) => date !== "");
  return { observed, inferred, dates, method: headers.get("Tectile-Method") ?? "" };
}

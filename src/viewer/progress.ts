import type { ErrorEvent, Map as MapLibreMap } from "maplibre-gl";
import { problemText } from "./json.js";
import { element } from "./dom.js";
import type { Toasts } from "./toasts.js";

/** Gives the function that makes the page show its progress line while a map waits for tiles, and a message where one fails. */
export function createLoadingWatch(toasts: Toasts): (map: MapLibreMap) => void {
  const line = element("progress", HTMLDivElement);
  const busy = new Set<MapLibreMap>();
  return (map) => {
    map.on("dataloading", () => {
      busy.add(map);
      line.hidden = false;
    });
    map.on("idle", () => {
      busy.delete(map);
      line.hidden = busy.size === 0;
    });
    map.on("error", (event) => void failureText(event).then((text) => toasts.fail(text)));
  };
}

async function failureText({ error }: ErrorEvent): Promise<string> {
  const { status, body } = error as Error & { readonly status?: number; readonly body?: Blob };
  if (status === undefined) return `A tile failed: ${error.message}`;
  return `A tile failed: ${body instanceof Blob ? await problemText(body, status) : `the server answered ${status}`}`;
}

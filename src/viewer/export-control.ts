import type { Connection } from "./connection.js";
import { formatDay } from "./dates.js";
import { element } from "./dom.js";
import type { Film } from "./film.js";
import { problemText } from "./json.js";
import { drawPicture, grabPicture, pictureFile } from "./picture.js";
import type { Caption } from "./picture.js";
import { HOLD_MS } from "./range-control.js";
import { playedEntries } from "./series.js";
import type { Series } from "./series.js";
import { pause } from "./stage.js";
import type { Stage } from "./stage.js";
import type { Store } from "./state.js";
import { sourceOf } from "./what-goes-on.js";
import { windowUrl } from "./window-url.js";

export interface ExportUse {
  readonly store: Store;
  readonly stage: Stage;
  readonly current: () => Series | undefined;
  readonly ask: Connection["ask"];
  /** Before filming: nothing else may move the dates. */
  readonly starting: () => void;
  readonly failed: (error: unknown) => void;
}

/** Wires the menu that saves what shows: as a picture, as data, or the dates as a film; while a film is made, its button cancels. */
export function createExportControl(use: ExportUse): void {
  const menu = element("save-menu", HTMLDivElement);
  const guard = (work: () => Promise<void>) => () => {
    menu.hidePopover();
    void work().catch(use.failed);
  };
  element("save-picture", HTMLButtonElement).addEventListener(
    "click",
    guard(() => savePicture(use)),
  );
  element("save-data", HTMLButtonElement).addEventListener(
    "click",
    guard(() => saveData(use)),
  );
  wireFilm(use, () => menu.hidePopover());
}

async function savePicture({ store, stage, current }: ExportUse): Promise<void> {
  const [series, { date }] = [current(), store.get()];
  if (series === undefined || date === undefined) return;
  if (stage.showing().coming !== undefined) throw new Error("The picture is still loading; save it when it is there");
  const picture = await grabPicture(stage.main.map);
  save(await pictureFile(picture, captionOf(stage, series, date)), `${nameOf(series)}_${date}.png`);
}

async function saveData({ store, stage, current, ask }: ExportUse): Promise<void> {
  const [series, state] = [current(), store.get()];
  if (series === undefined || state.date === undefined) return;
  const response = await ask(windowUrl(series, state, stage.view()));
  if (!response.ok) throw new Error(`The data can't be saved: ${await problemText(response, response.status)}`);
  if (response.status === 204) throw new Error("No imagery in view: there is no data to save");
  save(await response.blob(), `${nameOf(series)}_${state.date}.tif`);
}

function wireFilm(use: ExportUse, close: () => void): void {
  const start = element("save-film", HTMLButtonElement);
  const cancel = element("film-cancel", HTMLButtonElement);
  const count = element("film-count", HTMLOutputElement);
  let running: AbortController | undefined;
  const show = (text: string): void => {
    count.value = text;
    cancel.hidden = running === undefined;
    element("save", HTMLButtonElement).hidden = running !== undefined;
    for (const control of document.querySelectorAll<HTMLElement>(OTHERS)) control.inert = running !== undefined;
  };
  cancel.addEventListener("click", () => running?.abort());
  start.addEventListener("click", () => {
    close();
    const series = use.current();
    if (running !== undefined || series === undefined || series.entries.length === 0) return;
    const run = (running = new AbortController());
    const { length } = playedEntries(series, use.store.get());
    use.starting();
    show(`Film: 0 of ${length} dates`);
    cancel.focus();
    const before = use.store.get().date;
    void film(use, series, { signal: run.signal, progress: (done) => show(`Film: ${done} of ${length} dates`) })
      .then(({ blob, extension }) => save(blob, `${nameOf(series)}.${extension}`))
      .catch((error: unknown) => {
        if (!run.signal.aborted) use.failed(error);
      })
      .finally(() => {
        running = undefined;
        show("");
        use.store.set({ date: before });
      });
  });
}

async function film(
  { store, stage, current }: ExportUse,
  series: Series,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (done: number) => void },
): Promise<Film> {
  const entries = playedEntries(series, store.get());
  const { encodeFilm } = await import("./film.js");
  return encodeFilm(
    {
      count: entries.length,
      holdS: HOLD_MS / 1000 / store.get().speed,
      progress,
      async picture(index) {
        const day = entries[index]?.day;
        if (day === undefined || current() !== series) throw new Error("The collection changed while it was filmed");
        store.set({ date: day });
        await stage.shown(signal);
        await pause(FADE_MS, signal);
        const [picture, caption] = [await grabPicture(stage.main.map), captionOf(stage, series, day)];
        const { width, height } = picture;
        return { width, height, draw: (context) => drawPicture(context, picture, caption) };
      },
    },
    signal,
  );
}

/** What would change the picture meanwhile. */
const OTHERS = "#panel, #dates, #stage, #clarity .switch";

/** One date goes over into the next on the map. */
const FADE_MS = 200;

function captionOf(stage: Stage, { collection }: Series, day: string): Caption {
  return { title: formatDay(day), note: sourceOf(stage.showing()), credit: collection.credit };
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function nameOf({ collection }: Series): string {
  return collection.id.replaceAll(/[^\w.-]+/g, "_");
}

import { formatDay } from "./dates.js";
import { element } from "./dom.js";
import { canFilm, recordFilm } from "./film.js";
import type { Film } from "./film.js";
import type { Series } from "./series.js";
import { pause } from "./stage.js";
import type { Stage } from "./stage.js";
import type { Store } from "./state.js";
import { describeProvenance } from "./view-provenance.js";

export interface ExportUse {
  readonly store: Store;
  readonly stage: Stage;
  readonly current: () => Series | undefined;
  /** Before recording: nothing else may move the dates. */
  readonly starting: () => void;
  readonly failed: (error: unknown) => void;
}

/** Wires the button that records the map over all dates as a video file; while it records, the button cancels. */
export function createExportControl(use: ExportUse): void {
  const button = element("export", HTMLButtonElement);
  const count = element("export-count", HTMLOutputElement);
  let running: AbortController | undefined;
  button.hidden = !canFilm();
  const show = (text: string): void => {
    count.value = text;
    button.classList.toggle("busy", running !== undefined);
    for (const control of document.querySelectorAll<HTMLElement>(OTHERS)) control.inert = running !== undefined;
    const name = running === undefined ? "Save the dates as a video" : "Cancel the video";
    button.setAttribute("aria-label", name);
    button.title = name;
  };
  show("");
  button.addEventListener("click", () => {
    if (running !== undefined) return running.abort();
    const series = use.current();
    if (series === undefined || series.entries.length === 0) return;
    const run = (running = new AbortController());
    use.starting();
    show(progressText(0, series));
    const before = use.store.get().date;
    void record(use, series, { signal: run.signal, progress: (done) => show(progressText(done, series)) })
      .then((film) => save(film, fileName(series)))
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

function record(
  { store, stage, current }: ExportUse,
  series: Series,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (done: number) => void },
): Promise<Film> {
  const { entries, collection } = series;
  return recordFilm(
    {
      count: entries.length,
      credit: collection.credit,
      progress,
      grab: () => grabPicture(stage),
      async show(index) {
        const day = entries[index]?.day;
        if (day === undefined || current() !== series) throw new Error("The collection changed while it was recorded");
        await stage.preload("date", series, day);
        signal.throwIfAborted();
        store.set({ date: day });
        await stage.shown(signal);
        await pause(FADE_MS, signal);
        const provenance = stage.provenance();
        return [formatDay(day), provenance === undefined ? "" : describeProvenance(provenance)];
      },
    },
    signal,
  );
}

/** What would change the picture meanwhile. */
const OTHERS = "#panel, #dates, #stage, #clarity .switch";

/** One date goes over into the next on the map. */
const FADE_MS = 300;

/** A map's canvas holds its picture only until the browser has shown it. */
function grabPicture({ main: { map } }: Stage): Promise<HTMLCanvasElement> {
  return new Promise((resolve) => {
    void map.once("render", () => {
      const { width, height } = map.getCanvas();
      const copy = document.createElement("canvas");
      copy.width = width;
      copy.height = height;
      copy.getContext("2d")?.drawImage(map.getCanvas(), 0, 0);
      resolve(copy);
    });
    map.triggerRepaint();
  });
}

function save({ blob, extension }: Film, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name}.${extension}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function fileName({ collection, entries }: Series): string {
  const id = collection.id.replaceAll(/[^\w.-]+/g, "_");
  return [id, entries[0]?.day, entries.at(-1)?.day].join("_");
}

function progressText(done: number, { entries }: Series): string {
  return `${done} / ${entries.length}`;
}

/** A film of dates, as a browser can record it. */
export interface Film {
  readonly blob: Blob;
  /** "webm" or "mp4". */
  readonly extension: string;
}

export interface FilmScript {
  /** How many pictures, one a date. */
  readonly count: number;
  /** Brings a date on the map; resolves when it is there, with what is written on its picture. */
  readonly show: (index: number) => Promise<readonly [title: string, note: string]>;
  /** Gives the map's canvas while it holds a picture. */
  readonly grab: () => Promise<HTMLCanvasElement>;
  readonly credit: string;
  readonly progress: (done: number) => void;
}

/** How long a date stays, and how often the recorder sees it meanwhile. */
const HOLD_MS = 900;
const TICK_MS = 100;
const MAX_SIDE_PX = 1280;
const BITS_PER_S = 6_000_000;
const TYPES = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];

/** True where this browser can record. */
export function canFilm(): boolean {
  return typeof MediaRecorder === "function" && TYPES.some((type) => MediaRecorder.isTypeSupported(type));
}

/** Shows the dates one after another and records them; while a date loads, the film stands still. Throws when aborted. */
export async function recordFilm(script: FilmScript, signal: AbortSignal): Promise<Film> {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? "";
  let recording: Recording | undefined;
  try {
    for (let i = 0; i < script.count; i++) {
      const [title, note] = await script.show(i);
      signal.throwIfAborted();
      const picture = await script.grab();
      recording ??= startRecording(sizeFor(picture), mimeType);
      drawPicture(recording.context, picture, { title, note, credit: script.credit });
      await hold(recording, signal);
      script.progress(i + 1);
    }
    if (recording === undefined) throw new Error("There is no date to record");
    return { blob: await recording.finish(), extension: mimeType.startsWith("video/mp4") ? "mp4" : "webm" };
  } finally {
    recording?.stop();
  }
}

interface Recording {
  readonly context: CanvasRenderingContext2D;
  readonly recorder: MediaRecorder;
  /** Stops, and gives what was recorded. */
  finish(): Promise<Blob>;
  stop(): void;
}

/** A recorder at pause, of a canvas of its own. */
function startRecording({ width, height }: { width: number; height: number }, mimeType: string): Recording {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser has no canvas to draw the film on");
  const stream = canvas.captureStream(1000 / TICK_MS);
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_PER_S });
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const stop = (): void => {
    if (recorder.state !== "inactive") recorder.stop();
    for (const track of stream.getTracks()) track.stop();
  };
  recorder.start();
  recorder.pause();
  return {
    context,
    recorder,
    async finish() {
      const stopped = new Promise((done) => recorder.addEventListener("stop", done, { once: true }));
      stop();
      await stopped;
      return new Blob(parts, { type: mimeType.split(";")[0] ?? mimeType });
    },
    stop,
  };
}

/** Lets the recorder run over a picture that stands still: it only takes what has been drawn anew. */
async function hold({ context, recorder }: Recording, signal: AbortSignal): Promise<void> {
  recorder.resume();
  for (let ms = 0; ms < HOLD_MS; ms += TICK_MS) {
    context.drawImage(context.canvas, 0, 0);
    await new Promise((done) => setTimeout(done, TICK_MS));
    signal.throwIfAborted();
  }
  recorder.pause();
}

/** Even sides, which encoders want. */
function sizeFor({ width, height }: HTMLCanvasElement): { width: number; height: number } {
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(width, height));
  const even = (side: number): number => Math.max(2, Math.round((side * scale) / 2) * 2);
  return { width: even(width), height: even(height) };
}

function drawPicture(
  context: CanvasRenderingContext2D,
  picture: HTMLCanvasElement,
  written: { readonly title: string; readonly note: string; readonly credit: string },
): void {
  const { width, height } = context.canvas;
  const unit = Math.max(10, Math.round(Math.min(width, height) / 36));
  context.drawImage(picture, 0, 0, width, height);
  const shade = context.createLinearGradient(0, height - 6 * unit, 0, height);
  shade.addColorStop(0, "rgb(6 10 15 / 0%)");
  shade.addColorStop(1, "rgb(6 10 15 / 85%)");
  context.fillStyle = shade;
  context.fillRect(0, height - 6 * unit, width, 6 * unit);
  context.fillStyle = "#f4f8fb";
  context.textAlign = "left";
  context.font = `650 ${Math.round(unit * 1.6)}px system-ui, sans-serif`;
  context.fillText(written.title, unit, height - 2.2 * unit);
  context.font = `${Math.round(unit * 0.8)}px system-ui, sans-serif`;
  context.fillText(written.note, unit, height - 0.9 * unit, width / 2 - unit);
  context.textAlign = "right";
  context.fillText(written.credit, width - unit, height - 0.9 * unit, width / 2 - unit);
}

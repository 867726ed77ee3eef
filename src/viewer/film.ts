import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  QUALITY_HIGH,
  WebMOutputFormat,
} from "mediabunny";

/** A film of dates. */
export interface Film {
  readonly blob: Blob;
  readonly extension: "mp4" | "webm";
}

export interface FilmScript {
  /** How many pictures, one a date. */
  readonly count: number;
  /** How long each stays, seconds. */
  readonly holdS: number;
  /** Brings a date on the map and gives its picture when it is there whole. */
  readonly picture: (index: number) => Promise<FilmPicture>;
  readonly progress: (done: number) => void;
}

export interface FilmPicture {
  readonly width: number;
  readonly height: number;
  /** Over the whole of a canvas. */
  readonly draw: (context: CanvasRenderingContext2D) => void;
}

const MAX_SIDE_PX = 1280;
/** In the order of how many players know them. */
const CODECS = ["avc", "vp9", "av1", "vp8"] as const;

/**
 * Encodes the dates one after another, each for exactly its time however long it takes to come. Throws what to read where this browser has no
 * encoder, and when aborted.
 */
export async function encodeFilm(script: FilmScript, signal: AbortSignal): Promise<Film> {
  if (typeof VideoEncoder !== "function")
    throw new Error(
      isSecureContext
        ? "This browser can't encode videos (it has no WebCodecs). Save pictures instead"
        : "Browsers encode videos on secure pages only: open this one over https, or save pictures instead",
    );
  const first = await script.picture(0);
  signal.throwIfAborted();
  const { width, height } = sizeFor(first);
  const codec = await getFirstEncodableVideoCodec([...CODECS], { width, height });
  if (codec === null)
    throw new Error(
      `This browser encodes no video of ${width} x ${height} pixels (asked for ${CODECS.join(", ")}). Save pictures instead`,
    );
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) throw new Error("This browser has no canvas to draw the film on");
  const isMp4 = codec === "avc";
  const target = new BufferTarget();
  const output = new Output({
    format: isMp4 ? new Mp4OutputFormat({ fastStart: "in-memory" }) : new WebMOutputFormat(),
    target,
  });
  const source = new CanvasSource(canvas, { codec, bitrate: QUALITY_HIGH, keyFrameInterval: 2 });
  output.addVideoTrack(source, { frameRate: FRAMES_PER_S });
  try {
    await output.start();
    const frames = Math.max(1, Math.round(script.holdS * FRAMES_PER_S));
    for (let i = 0; i < script.count; i++) {
      const { draw } = i === 0 ? first : await script.picture(i);
      signal.throwIfAborted();
      draw(context);
      for (let k = 0; k < frames; k++) await source.add((i * frames + k) / FRAMES_PER_S, 1 / FRAMES_PER_S);
      script.progress(i + 1);
    }
    await output.finalize();
  } catch (error) {
    await output.cancel().catch(() => undefined);
    throw error;
  }
  if (target.buffer === null) throw new Error("The film came out empty");
  return {
    blob: new Blob([target.buffer], { type: isMp4 ? "video/mp4" : "video/webm" }),
    extension: isMp4 ? "mp4" : "webm",
  };
}

/** Few players like a film of one frame a second. */
const FRAMES_PER_S = 10;

/** Even sides, which encoders want. */
function sizeFor({ width, height }: FilmPicture): { width: number; height: number } {
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(width, height));
  const even = (side: number): number => Math.max(2, Math.round((side * scale) / 2) * 2);
  return { width: even(width), height: even(height) };
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Services } from "../../src/app/services.js";
import { BANDS } from "../../src/core/bands.js";
import type { LoadedModel } from "../../src/codec/loaded-model.js";
import { encodeImage } from "../../src/ingest/encode-image.js";
import type { Source } from "../../src/ingest/source.js";
import type { Forecast } from "../../src/tile/inpaint/inpaint.js";
import { gatherWindow, pixelsOf, synthesiseWindow, type GatheredWindow } from "../../src/tile/decode-window.js";
import { forecastWindow } from "../../src/tile/inpaint/forecast-window.js";
import { windowObservations } from "../../src/tile/window-observations.js";
import type { Dated, Place } from "./places.js";

/** A place's dates as the server has them: encoded. */
export interface LatentSeries {
  /** Of each date, digital numbers [bands][height][width]. */
  readonly decoded: readonly Float32Array[];
  /** Which pixels of each date serve others, 1 each: clear, and no cloud or shadow within 30 m. */
  readonly looks: readonly Uint8Array[];
  /** What the network expects of a date from the others; undefined where they can't serve. */
  forecast(date: number): Promise<Forecasted | undefined>;
}

export interface Forecasted extends Forecast {
  /** Expected error of each pixel, digital numbers. */
  readonly deviations: Float32Array;
}

const [CLEAR, CLOUD] = [4, 9];

/** Encodes all dates with TEC-FP, those that the folder doesn't have yet, and opens them; clouds are told as scene classes. */
export async function encodeSeries(
  place: Place,
  { folder, model, quality }: { readonly folder: string; readonly model: LoadedModel; readonly quality: number },
  services: Services,
): Promise<LatentSeries> {
  const { width, height } = place;
  const rect = { row: 0, column: 0, rows: Math.ceil(height / 16), columns: Math.ceil(width / 16) };
  const gathered: GatheredWindow[] = [];
  const decoded: Float32Array[] = [];
  for (const [k, date] of place.dates.entries()) {
    const file = join(folder, `${place.name.replaceAll(/\W+/g, "-")}-${k}.tif`);
    // A run that goes on finds them; one that was stopped while it wrote leaves none.
    if (!existsSync(file))
      await encodeImage(sourceOf(place, date, k), file, { ...services, model, quality, codec: "fp", references: [] });
    const container = await services.reader.open(file, place.name);
    gathered.push(await gatherWindow({ container, level: 0, rect }, services.reader));
  }
  const draw = async (window: GatheredWindow): Promise<Float32Array> => {
    const { pixels } = await synthesiseWindow(window, { rect, bands: BANDS }, services);
    return cut(pixels, 16 * rect.columns, { width, height });
  };
  for (const window of gathered) decoded.push(await draw(window));
  const whole = { x: 0, y: 0, width, height };
  const looksOf = (window: GatheredWindow, rule: "clear" | "valid"): Uint8Array => {
    const looks = windowObservations(window, whole, { rule, factor: 1 });
    return looks === "all" ? new Uint8Array(width * height).fill(1) : looks;
  };
  return {
    decoded,
    looks: gathered.map((window) => looksOf(window, "clear")),
    async forecast(date) {
      const others = place.dates.flatMap((other, k) => {
        const window = gathered[k];
        const days = other.days - (place.dates[date]?.days ?? 0);
        return k === date || window === undefined ? [] : [{ gathered: window, days, k }];
      });
      const found = await forecastWindow({ dates: others, rect, factor: 1 }, services.forecasts);
      if (found === undefined) return undefined;
      return {
        samples: await draw(found.gathered),
        clear: looksOf(found.gathered, "valid"),
        deviations: Float32Array.from(
          { length: width * height },
          (_, i) => found.deviations[(Math.floor(i / width) >> 4) * rect.columns + ((i % width) >> 4)] ?? Number.NaN,
        ),
      };
    },
  };
}

function cut(pixels: Float32Array, stride: number, { width, height }: { width: number; height: number }): Float32Array {
  const bands = BANDS.length;
  const rows = pixelsOf({ row: 0, column: 0, rows: Math.ceil(height / 16), columns: 1 }).height;
  const out = new Float32Array(bands * width * height);
  for (let b = 0; b < bands; b++) {
    for (let r = 0; r < height; r++) {
      const from = (b * rows + r) * stride;
      out.set(pixels.subarray(from, from + width), (b * height + r) * width);
    }
  }
  return out;
}

function sourceOf({ name, width, height, bands }: Place, { samples, clear, days }: Dated, k: number): Source {
  return {
    location: `${name}, date ${k}`,
    id: `date-${k}`,
    datetime: new Date(days * 86_400_000).toISOString(),
    grid: { width, height, transform: undefined, crs: undefined, geoKeys: undefined },
    units: { dtype: "uint16", scale: 1, offset: 0, nodata: undefined },
    hasClasses: true,
    fingerprint: `${name} ${k}`,
    warnings: [],
    properties: {},
    async read(window) {
      const pixels = window.width * window.height;
      const block = new Float32Array(bands * pixels);
      const classes = new Uint8Array(pixels);
      for (let i = 0; i < pixels; i++) {
        const at = (window.y + Math.floor(i / window.width)) * width + window.x + (i % window.width);
        classes[i] = clear[at] === 0 ? CLOUD : CLEAR;
        for (let b = 0; b < bands; b++) block[b * pixels + i] = samples[b * width * height + at] ?? 0;
      }
      const { width: w, height: h } = window;
      const valid = new Uint8Array(pixels).fill(1);
      return { raster: { kind: "raster", width: w, height: h, bands: [...BANDS], samples: block, valid }, classes };
    },
    async close() {},
  };
}

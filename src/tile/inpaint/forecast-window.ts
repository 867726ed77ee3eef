import { STRIDE, CHUNK_PX } from "../../core/geometry.js";
import { clearShares } from "../../codec/context/clear-shares.js";
import type { ReferenceChunk } from "../../codec/lapped/lapped-coder.js";
import { codecsOf } from "../../codec/loaded-model.js";
import { chunkSpan } from "../../core/latents.js";
import type { PixelWindow } from "../../core/raster.js";
import { sameAffine } from "../../geo/affine.js";
import { emptyChunk } from "../decode-chunk.js";
import type { OpenContainer } from "../chunk-reader.js";
import type { GatheredWindow } from "../decode-window.js";
import type { LatentRect, PlanLayer } from "../plan.js";
import { needsDetector, windowObservations } from "../window-observations.js";
import type { ForecastChunk, Forecasts } from "./forecasts.js";

/** Another date's latents and masks: the same level and rectangle as those to forecast. */
export interface ForecastDate {
  readonly gathered: GatheredWindow;
  /** Signed, from the date to forecast; not 0. */
  readonly days: number;
  /** Whether it may serve a chunk, by its row and column in the level; all of them unless given. */
  readonly serves?: ((chunk: { readonly row: number; readonly column: number }) => boolean) | undefined;
}

/** A forecast of a part of a window; drawn like a date whose observations, all that is valid, are those of the dates that it is made of. */
export interface ForecastWindow {
  readonly gathered: GatheredWindow;
  /** What was asked for. */
  readonly rect: LatentRect;
  /** Indices of the dates that served. */
  readonly dates: readonly number[];
  /** Expected error, digital numbers, [rect.rows][rect.columns]: root mean square over bands and a latent's pixels. */
  readonly deviations: Float32Array;
}

/** A date serves a chunk of which it shows at least this share, if there is one. */
const LEAST_CLEAR = 0.5;
const FULL = 127;

/**
 * Whether a date can serve a forecast of another: the same grid, level and model, scene classes (without them a cloud would be
 * taken for ground), and a model with TEC-TT.
 */
export function canForecast(
  base: { readonly layer: PlanLayer; readonly gathered: Pick<GatheredWindow, "container"> },
  date: { readonly layer: PlanLayer; readonly gathered: GatheredWindow },
): boolean {
  const [a, b] = [base.layer.item.grid, date.layer.item.grid];
  const [mine, other] = [base.gathered.container, date.gathered.container];
  return (
    a.width === b.width &&
    a.height === b.height &&
    a.crs === b.crs &&
    sameAffine(a.transform, b.transform) &&
    mine.model.id === other.model.id &&
    codecsOf(mine.model).includes("tt") &&
    !needsDetector(date.gathered)
  );
}

/**
 * Forecasts a part of a window from other dates, halo included. Each chunk is forecast from the nearest date before and the nearest after
 * that show most of it, or from two of one side; where no date shows anything of a chunk it stays empty.
 *
 * `dates` have latents of one model, level and rectangle, all of the latter around `rect`; undefined where none of them serves.
 */
export async function forecastWindow(
  {
    dates,
    rect,
    factor,
  }: { readonly dates: readonly ForecastDate[]; readonly rect: LatentRect; readonly factor: number },
  forecasts: Forecasts,
  signal?: AbortSignal,
): Promise<ForecastWindow | undefined> {
  const [first] = dates;
  if (first === undefined) return undefined;
  const { container, level, latents, masks } = first.gathered;
  const needed = chunksOf(rect, first.gathered);
  const shares = dates.map(({ gathered }) => sharesOf(gathered, needed));
  const used = new Set<number>();
  const found = await Promise.all(
    latents.chunks.map(async (_, i) => {
      const place = placeOf(first.gathered, i);
      const chosen = needed.has(i) ? chooseDates(dates, shares, { ...place, i }) : [];
      if (chosen.length === 0)
        return { latents: emptyChunk(place).latents, deviations: undefined, valid: "none" as const };
      for (const k of chosen) used.add(k);
      const chunk = await forecasts.chunk(
        {
          key: chosen.map((k) => keyOf(dates[k]?.gathered.container)).join(" ") + ` ${level}/${place.name}`,
          model: container.model,
          references: chosen.flatMap((k) => referenceOf(dates[k], shares[k], i)),
          location: `the forecast of chunk ${level}/${place.name}`,
        },
        signal,
      );
      return {
        ...chunk,
        valid: union(
          chosen.flatMap((k) => dates[k] ?? []),
          place.window,
          factor,
        ),
      };
    }),
  );
  if (used.size === 0) return undefined;
  return {
    gathered: {
      container,
      level,
      rect: first.gathered.rect,
      latents: { ...latents, chunks: found.map((chunk) => chunk.latents) },
      masks: { ...masks, chunks: masks.chunks.map((mask, i) => ({ ...mask, valid: found[i]?.valid ?? "none" })) },
      classes: masks.chunks.map(() => undefined),
    },
    rect,
    dates: [...used].toSorted((a, b) => a - b),
    deviations: deviationsOf(rect, first.gathered, found),
  };
}

/** Names a date's bytes, and how many of its tokens are read. */
function keyOf(container: OpenContainer | undefined): string {
  return container === undefined ? "" : `${container.key}/${container.tokens ?? "all"}`;
}

/** Indices of the gathered chunks that a rectangle and its halo lie in. */
function chunksOf(rect: LatentRect, { latents, container }: GatheredWindow): ReadonlySet<number> {
  const { halo } = container.model.transform;
  const [top, bottom] = chunkSpan(rect.row - halo, rect.rows + 2 * halo, latents.levelRows);
  const [left, right] = chunkSpan(rect.column - halo, rect.columns + 2 * halo, latents.levelColumns);
  const found = new Set<number>();
  for (let r = top; r <= bottom; r++)
    for (let c = left; c <= right; c++)
      found.add((r - latents.chunkRow) * latents.chunkColumns + c - latents.chunkColumn);
  return found;
}

interface Place {
  readonly name: string;
  /** Of the level, chunks. */
  readonly row: number;
  readonly column: number;
  readonly width: number;
  readonly height: number;
  readonly window: PixelWindow;
}

function placeOf({ latents, masks }: GatheredWindow, i: number): Place {
  const { width = 0, height = 0 } = masks.chunks[i] ?? {};
  const [row, column] = [Math.floor(i / latents.chunkColumns), i % latents.chunkColumns];
  const window = { x: masks.x + CHUNK_PX * column, y: masks.y + CHUNK_PX * row, width, height };
  const [r, c] = [latents.chunkRow + row, latents.chunkColumn + column];
  return { name: `${r}/${c}`, row: r, column: c, width, height, window };
}

/** Clear shares of each chunk's latents; undefined for those that aren't needed or are stored empty. */
function sharesOf(
  { latents, masks, classes }: GatheredWindow,
  needed: ReadonlySet<number>,
): readonly (Uint8Array | undefined)[] {
  return masks.chunks.map((mask, i) =>
    needed.has(i) && (latents.chunks[i]?.channels ?? 0) > 0 ? clearShares({ ...mask, classes: classes[i] }) : undefined,
  );
}

/** The nearest date on each side that shows enough of a chunk, the nearer first; without one side, two of the other; else the clearest date. */
function chooseDates(
  dates: readonly ForecastDate[],
  shares: readonly (readonly (Uint8Array | undefined)[])[],
  { i, row, column }: { readonly i: number; readonly row: number; readonly column: number },
): readonly number[] {
  const seen = dates
    .map(({ days, serves }, k) => ({
      k,
      days,
      clear: serves?.({ row, column }) === false ? 0 : meanOf(shares[k]?.[i]),
    }))
    .filter(({ clear }) => clear > 0)
    .toSorted((a, b) => Math.abs(a.days) - Math.abs(b.days));
  const good = seen.filter(({ clear }) => clear >= LEAST_CLEAR);
  if (good.length === 0)
    return seen
      .toSorted((a, b) => b.clear - a.clear)
      .slice(0, 1)
      .map(({ k }) => k);
  const [nearest, ...rest] = good;
  const other = rest.find(({ days }) => days < 0 !== (nearest?.days ?? 0) < 0) ?? rest[0];
  return [nearest, other].flatMap((date) => (date === undefined ? [] : [date.k]));
}

function meanOf(shares: Uint8Array | undefined): number {
  if (shares === undefined) return 0;
  let sum = 0;
  for (const share of shares) sum += share;
  return sum / (FULL * shares.length);
}

function referenceOf(
  date: ForecastDate | undefined,
  shares: readonly (Uint8Array | undefined)[] | undefined,
  i: number,
): readonly ReferenceChunk[] {
  const [latents, clear] = [date?.gathered.latents.chunks[i], shares?.[i]];
  return latents === undefined || clear === undefined ? [] : [{ latents, clear }];
}

/** Pixels of a chunk that one of the dates at least shows. */
function union(dates: readonly ForecastDate[], window: PixelWindow, factor: number): Uint8Array | "all" {
  const out = new Uint8Array(window.width * window.height);
  for (const { gathered } of dates) {
    const observations = windowObservations(gathered, window, { rule: "clear", factor });
    if (observations === "all") return "all";
    for (let p = 0; p < out.length; p++) if (observations[p] !== 0) out[p] = 1;
  }
  return out;
}

function deviationsOf(
  rect: LatentRect,
  { latents }: GatheredWindow,
  found: readonly { readonly latents: ForecastChunk["latents"]; readonly deviations: Float32Array | undefined }[],
): Float32Array {
  const out = new Float32Array(rect.rows * rect.columns).fill(Number.NaN);
  for (let r = 0; r < rect.rows; r++) {
    for (let c = 0; c < rect.columns; c++) {
      const [row, column] = [rect.row + r - STRIDE * latents.chunkRow, rect.column + c - STRIDE * latents.chunkColumn];
      const chunk = found[Math.floor(row / STRIDE) * latents.chunkColumns + Math.floor(column / STRIDE)];
      if (chunk?.deviations === undefined) continue;
      out[r * rect.columns + c] =
        chunk.deviations[(row % STRIDE) * chunk.latents.columns + (column % STRIDE)] ?? Number.NaN;
    }
  }
  return out;
}

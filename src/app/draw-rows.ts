import { layOutStrips } from "../container/striped-tiff.js";
import type { SampleType } from "../core/stored-numbers.js";
import type { CatalogItem } from "../catalog/types.js";
import type { RenderSpec } from "../render/render-spec.js";
import { shownCount, shownNames } from "../render/render-spec.js";
import { typeOfShown } from "../render/algorithms/apply-algorithm.js";
import { targetRows } from "../tile/crop-target.js";
import { drawingBytes } from "../tile/draw/drawing-bytes.js";
import { drawPlan } from "../tile/draw/draw-plan.js";
import type { FilledDrawing } from "../tile/draw/draw-filled.js";
import type { MosaicSpec } from "../tile/mosaic/mosaic-spec.js";
import { planPicture, type DateBound, type TargetGrid } from "../tile/plan.js";
import type { Services } from "./services.js";

/** A GeoTIFF that is drawn as it is sent. */
export interface RowsPicture {
  readonly bytes: number;
  /** Header and strips; each strip is drawn when it is asked for. */
  read(signal: AbortSignal): AsyncGenerator<Uint8Array>;
}

export interface RowsRequest {
  readonly target: TargetGrid;
  readonly spec: RenderSpec;
  readonly mosaic?: MosaicSpec | undefined;
  readonly tokens?: number | undefined;
  readonly limit?: DateBound | undefined;
  readonly items: readonly CatalogItem[];
}

/** Of a strip; some 20 MB while it is drawn. */
const STRIP_PX = 2 ** 20;
/** Strips begin at whole steps of the warp's lattice, so that two of them meet without a seam. */
const STEP_PX = 16;

/** A large picture in tif's values, bands and mask, uncompressed: drawn strip by strip, whatever its size, with the memory of one strip. */
export function drawRows(request: RowsRequest, use: FilledDrawing & Pick<Services, "drawing">): RowsPicture {
  const { target, spec, mosaic, limit, tokens, items } = request;
  const { width, height, transform, crs } = target;
  const rows = Math.max(STEP_PX, Math.floor(STRIP_PX / width / STEP_PX) * STEP_PX);
  const names = mosaic?.selection === "count" ? ["count"] : shownNames(spec);
  const bands = [...names, ...(spec.returnMask ? ["mask"] : [])];
  const dtype = typeOf(spec);
  const alpha = spec.returnMask ? shownCount(spec) : undefined;
  const plan = { width, height, transform, crs, geoKeys: undefined, bands, dtype, nodata: undefined, alpha };
  const { header, fileBytes } = layOutStrips(plan, rows);
  const values: RenderSpec = { ...spec, format: "npy" };
  return {
    bytes: fileBytes,
    async *read(signal) {
      yield header;
      for (let from = 0; from < height; from += rows) {
        const strip = targetRows(target, from, Math.min(rows, height - from));
        const bound = limit === undefined ? {} : { limit };
        const dates = mosaic === undefined ? {} : { mosaic };
        const drawn = planPicture(strip, { spec: values, ...dates, ...bound, tokens }, items);
        const length = header.length === 0 ? 0 : ((fileBytes - header.length) / height) * strip.height;
        if (drawn.layers.length === 0) {
          yield new Uint8Array(length);
          continue;
        }
        const picture = await use.drawing.hold(drawingBytes(drawn), () => drawPlan(drawn, use, signal), signal);
        yield picture.coverage === "none" ? new Uint8Array(length) : samplesOf(picture.bytes, alpha, strip);
      }
    },
  };
}

/** As values are typed in npy and tif. */
function typeOf(spec: RenderSpec): SampleType {
  return spec.rescale === undefined ? typeOfShown(spec) : "uint8";
}

/** What follows an npy's head, with a mask that is opaque at its type's greatest value. */
function samplesOf(npy: Uint8Array, alpha: number | undefined, { width, height }: TargetGrid): Uint8Array {
  const head = 10 + new DataView(npy.buffer, npy.byteOffset).getUint16(8, true);
  const isShort = new TextDecoder().decode(npy.subarray(10, 40)).includes("<u2");
  if (alpha === undefined || !isShort) return npy.subarray(head);
  const body = npy.slice(head);
  const plane = new Uint16Array(body.buffer, 2 * alpha * width * height, width * height);
  for (let i = 0; i < plane.length; i++) if (plane[i] !== 0) plane[i] = 65_535;
  return body;
}

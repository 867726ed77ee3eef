import { createHash } from "node:crypto";
import { drawRows } from "../app/draw-rows.js";
import type { FlatGeometry } from "../app/geometry-mask.js";
import type { CatalogItem } from "../catalog/types.js";
import { InvalidRequestError } from "../core/errors.js";
import { scaleAffine } from "../geo/affine.js";
import { MEDIA_TYPES } from "../render/encode-image.js";
import { looksAround } from "../render/algorithms/algorithms.js";
import type { RenderSpec } from "../render/render-spec.js";
import type { MosaicSpec } from "../tile/mosaic/mosaic-spec.js";
import { planPicture, type DateBound, type TargetGrid } from "../tile/plan.js";
import { cacheControlOf } from "./cache-control.js";
import { checkWhole, wantsRows } from "./crop-params.js";
import { placeHeaders } from "./place-headers.js";
import { limitHeader, sendPicture, type Answering } from "./send-picture.js";
import { matches } from "./etag.js";
import { writePieces } from "./write-pieces.js";

export interface Drawn {
  readonly spec: RenderSpec;
  readonly mosaic?: MosaicSpec | undefined;
  readonly tokens?: number | undefined;
  readonly limit?: DateBound | undefined;
  /** Pixels outside are holes; undefined: all are inside. */
  readonly cutline?: FlatGeometry | undefined;
  /** In order of precedence. */
  readonly items: readonly CatalogItem[];
}

/** Side of the grid on which a large picture is planned for its ETag: its own lattice would take a second to project. */
const SKETCH_PX = 256;

/** Answers with a picture of any grid; a large tif is drawn row by row as it goes out. @throws InvalidRequestError for one too large. */
export async function sendTarget(target: TargetGrid, drawn: Drawn, answering: Answering): Promise<void> {
  const { spec, tokens, items } = drawn;
  const mosaic = {
    ...(drawn.mosaic === undefined ? {} : { mosaic: drawn.mosaic }),
    ...(drawn.limit === undefined ? {} : { limit: drawn.limit }),
  };
  if (drawn.cutline !== undefined) {
    checkWhole(target);
    const { services, signal } = answering;
    const cutline = await services.areas.cutline(drawn.cutline, target, signal);
    const cut = { ...spec, cutline };
    const name = `${target.name}/${digestOf(drawn.cutline)}`;
    return sendPicture(planPicture({ ...target, name }, { spec: cut, ...mosaic, tokens }, items), answering);
  }
  if (!wantsRows(target, spec.format))
    return sendPicture(planPicture(target, { spec, ...mosaic, tokens }, items), answering);
  if (drawn.mosaic?.inferredPlane === true || drawn.mosaic?.uncertaintyPlane === true)
    throw new InvalidRequestError(
      "return_inferred and return_uncertainty are of pictures up to 2 megapixels; wanted a smaller one",
    );
  if (spec.algorithm !== undefined && looksAround(spec.algorithm))
    throw new InvalidRequestError(
      `algorithm=${spec.algorithm.name} is of pictures up to 2 megapixels; wanted a smaller one`,
    );
  const { services, request, response, signal } = answering;
  const { width, height } = target;
  const sketch = {
    ...target,
    width: SKETCH_PX,
    height: SKETCH_PX,
    transform: scaleAffine(target.transform, width / SKETCH_PX, height / SKETCH_PX),
  };
  const { etag, layers, limit } = planPicture(sketch, { spec, ...mosaic, tokens }, items);
  response.set({ ETag: etag, "Cache-Control": cacheControlOf(services.config, limit), ...placeHeaders(target) });
  // Drawn as it is sent: only the search's own bound is known by now.
  if (limit.isCut) response.set(limitHeader(limit));
  if (matches(request.get("If-None-Match"), etag)) return void response.status(304).end();
  if (layers.length === 0) return void response.status(204).end();
  const picture = drawRows({ target, ...drawn, items: layers.map(({ item }) => item) }, services);
  response.status(200).set({ "Content-Type": MEDIA_TYPES.tif, "Content-Length": String(picture.bytes) });
  if (request.method === "HEAD") return void response.end();
  await writePieces(picture.read(signal), response);
}

const digestOf = ({ degrees, chains }: FlatGeometry): string =>
  createHash("sha256").update(degrees).update(chains).digest("base64url");

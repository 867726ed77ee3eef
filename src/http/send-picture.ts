import type { Request, Response } from "express";
import { z } from "zod";
import { renderPicture } from "../app/render-picture.js";
import type { Services } from "../app/services.js";
import { parameter } from "../core/parameter.js";
import { blankImage, MEDIA_TYPES, type EncodedImage } from "../render/encode-image.js";
import { holdsValues } from "../render/render-spec.js";
import { drawingBytes } from "../tile/draw/drawing-bytes.js";
import { datesOf, type Picture, type Provenance } from "../tile/draw/provenance.js";
import type { DateBound, TilePlan } from "../tile/plan.js";
import { cacheControlOf } from "./cache-control.js";
import { matches } from "./etag.js";
import { queryOf } from "./params.js";
import { placeHeaders } from "./place-headers.js";

export const EMPTY_TILE = parameter({
  name: "empty_tile",
  description: "What a picture without anything is: nothing (204), or blank; default as the server is set",
  example: "blank",
  schema: z.enum(["204", "blank"]),
});

/** Whom an answer goes to. */
export interface Answering {
  readonly services: Services;
  readonly request: Request;
  readonly response: Response;
  readonly signal: AbortSignal;
}

/** 304 before any byte of imagery is read; 204 (or a blank picture) where the plan or the picture shows nothing. */
export async function sendPicture(plan: TilePlan, { services, request, response, signal }: Answering): Promise<void> {
  const emptyTile = EMPTY_TILE.of(queryOf(request)) ?? services.config.emptyTile;
  response.set({
    ETag: plan.etag,
    "Cache-Control": cacheControlOf(services.config, plan.limit),
    ...placeHeaders(plan.shown),
  });
  const cached = services.tiles.peek(plan.etag);
  if (matches(request.get("If-None-Match"), plan.etag)) {
    // Of a picture no longer here only the client knows what it was made of.
    if (cached !== undefined) response.set(provenanceHeaders(plan, cached.provenance));
    response.status(304).end();
    return;
  }
  const draw = (): Promise<Picture> => renderPicture(plan, services, signal);
  const image = await (cached !== undefined ? draw() : services.drawing.hold(drawingBytes(plan), draw, signal));
  response.set(provenanceHeaders(plan, image.provenance));
  if (image.coverage !== "none") {
    send(response, image);
    return;
  }
  if (emptyTile === "204" || holdsValues(plan.spec.format)) {
    response.status(204).end();
    return;
  }
  send(response, await blank(plan));
}

/** What was seen and what was inferred, as shares of the tile's pixels; exposed to pages by cors.ts. */
function provenanceHeaders(
  { layers, mosaic, limit }: TilePlan,
  told: Provenance | undefined,
): Readonly<Record<string, string>> {
  const { observed, inferred, dates, method, isCut } = told ?? {
    observed: Number.NaN,
    inferred: Number.NaN,
    dates: datesOf(layers.map(({ item }) => item)),
    method: mosaic.selection,
    isCut: false,
  };
  return {
    "Tectile-Observed": observed.toFixed(3),
    "Tectile-Inferred": inferred.toFixed(3),
    "Tectile-Dates": dates.join(","),
    "Tectile-Method": method,
    ...(isCut === true ? limitHeader(limit) : {}),
  };
}

/** Says that dates which might add pixels were not read. */
export function limitHeader({ dates }: DateBound): Readonly<Record<string, string>> {
  return { "Tectile-Limit": `maxItemsPerTile=${dates}` };
}

function send(response: Response, image: EncodedImage): void {
  response.status(200).set({ "Content-Type": image.mediaType, "Content-Length": String(image.bytes.length) });
  response.end(image.bytes);
}

async function blank({ spec, shown }: TilePlan): Promise<EncodedImage> {
  const format = spec.format === "jpeg" || spec.format === "webp" ? spec.format : "png";
  return { bytes: await blankImage(shown, format), mediaType: MEDIA_TYPES[format], coverage: "none" };
}

import type { RequestHandler } from "express";
import { TILE_MATRIX_SETS, tileMatrixSet, tileMatrixSetDocument } from "../../geo/tile-matrix-sets.js";
import { baseOf } from "../base-url.js";
import { answerDocument, DOCUMENT_F, DOCUMENT_TYPES } from "../document-page.js";
import type { RouteGroup } from "../route.js";
import { pathParam } from "../sending-documents.js";
import { JSON_TYPE } from "../stac-documents.js";

/** OGC API - Tiles: the sets (20-057). */
export const TILE_MATRIX_SET_ROUTES: RouteGroup<unknown> = {
  title: "Tiles",
  routes: [
    {
      method: "get",
      paths: ["/tileMatrixSets"],
      operationId: "getTileMatrixSetsList",
      summary: "Tile matrix sets in which tiles are drawn",
      parameters: [DOCUMENT_F],
      types: DOCUMENT_TYPES,
      handle: () => sendSets,
    },
    {
      method: "get",
      paths: ["/tileMatrixSets/{tms}"],
      operationId: "getTileMatrixSet",
      summary: "A tile matrix set",
      parameters: [DOCUMENT_F],
      types: DOCUMENT_TYPES,
      handle: () => (request, response) => {
        const set = tileMatrixSet(pathParam(request, "tms"));
        answerDocument(request, response, set.title, tileMatrixSetDocument(set));
      },
    },
  ],
};

const sendSets: RequestHandler = (request, response) => {
  const base = baseOf(response);
  answerDocument(request, response, "Tile matrix sets", {
    tileMatrixSets: TILE_MATRIX_SETS.map(({ id, title, crsUri }) => ({
      id,
      title,
      uri: tileMatrixSetUri(id),
      crs: crsUri,
      links: [{ rel: "self", href: `${base}/tileMatrixSets/${id}`, type: JSON_TYPE, title }],
    })),
    links: [{ rel: "self", href: `${base}/tileMatrixSets`, type: JSON_TYPE }],
  });
};

/** As OGC names a set. */
export const tileMatrixSetUri = (id: string): string => `http://www.opengis.net/def/tilematrixset/OGC/1.0/${id}`;

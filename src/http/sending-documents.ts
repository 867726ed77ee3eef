import type { Request, Response } from "express";
import { z } from "zod";
import type { StacJson } from "../catalog/types.js";
import { JSON_TYPE } from "./stac-documents.js";

/** Documents may be kept but must be checked again: ingest changes them at any time. */
export function sendDocument(response: Response, document: StacJson, type: string = JSON_TYPE): void {
  response.set("Cache-Control", "no-cache").type(type).send(JSON.stringify(document));
}

/** A parameter of the path, decoded. */
export function pathParam(request: Request, name: string): string {
  return z.string().parse(request.params[name]);
}

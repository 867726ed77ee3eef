import type { Request, Response } from "express";
import { z } from "zod";
import type { StacJson } from "../catalog/types.js";
import { parameter } from "../core/parameter.js";
import { escapeXml } from "./escape-xml.js";
import { queryOf, wholeQueryOf } from "./params.js";
import { allowPage } from "./security-headers.js";
import { sendDocument } from "./sending-documents.js";
import { JSON_TYPE } from "./stac-documents.js";

/** Of documents that are pages too. */
export const DOCUMENT_F = parameter({
  name: "f",
  description: "json, or html for a page; default what Accept says",
  example: "json",
  schema: z
    .enum(["json", "html", "application/json", "text/html"])
    .transform((word) => (word.endsWith("html") ? ("html" as const) : ("json" as const))),
  wanted: "json or html",
});
export const DOCUMENT_TYPES: readonly string[] = [JSON_TYPE, "text/html"];

/** Answers with a document: to browsers, as TiTiler does, with a page that shows it and leads where its links do. @throws InvalidRequestError */
export function answerDocument(request: Request, response: Response, title: string, document: StacJson): void {
  const format = DOCUMENT_F.of(queryOf(request)) ?? request.accepts(["json", "html"]);
  response.vary("Accept");
  if (format !== "html") return sendDocument(response, document);
  const query = wholeQueryOf(request);
  query.set("f", "json");
  const page = documentPage(title, document, `?${query}`);
  allowPage(response, page, []);
  response.set("Cache-Control", "no-cache").type("html").send(page);
}

function documentPage(title: string, document: StacJson, json: string): string {
  const text = escapeXml(JSON.stringify(document, undefined, 2));
  // URLs of the document itself, templates apart.
  const linked = text.replaceAll(
    /&quot;(https?:\/\/(?:(?!&quot;)[^\s{\\])+)&quot;/g,
    '&quot;<a href="$1">$1</a>&quot;',
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escapeXml(title)}</title>
    <link rel="icon" href="data:," />
    <style>
      body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }
      pre { font-size: 14px; white-space: pre-wrap; overflow-wrap: anywhere; }
      a { color: #0b5cad; }
      @media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1d20; } a { color: #7db7f0; } }
    </style>
  </head>
  <body>
    <h1>${escapeXml(title)}</h1>
    <p><a href="${escapeXml(json)}">JSON</a></p>
    <pre>${linked}</pre>
  </body>
</html>
`;
}

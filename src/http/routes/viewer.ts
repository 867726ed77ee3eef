import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import express, { Router, type RequestHandler, type Response } from "express";
import { z } from "zod";
import { NotFoundError } from "../../core/errors.js";
import { baseOf } from "../base-url.js";
import { queryOf } from "../params.js";
import { allowPage } from "../security-headers.js";
import { param } from "./tiles.js";

/**
 * What the page at "/" loads, under /viewer: our modules and style sheet (checked again each time), and MapLibre from
 * node_modules under its version (kept for a year, gzipped once).
 */
export function viewerRouter(): Router {
  const router = Router();
  const packed = new Map<string, Promise<PackedFile>>();
  router.get("/viewer/vendor/:version/:file", async (request, response) => {
    const { version, file } = vendorParams.parse(request.params);
    const type = VENDOR_FILES.get(file);
    if (type === undefined || version !== (await mapLibreVersion())) {
      throw new NotFoundError(`${request.path.slice(0, 100)} isn't a file of the viewer`);
    }
    const loading = packed.get(file) ?? packFile(fileURLToPath(import.meta.resolve(`maplibre-gl/dist/${file}`)));
    packed.set(file, loading);
    loading.catch(() => packed.delete(file));
    sendPacked(response, { file: await loading, type, gzipped: request.acceptsEncodings("gzip") === "gzip" });
  });
  // Where TiTiler has a map page of a collection.
  router.get(
    ["/collections/:collection/:tms/map.html", "/collections/:collection/map.html", "/collections/:collection/map"],
    (request, response) =>
      response.redirect(307, `${baseOf(response)}/#collection=${encodeURIComponent(param(request, "collection"))}`),
  );
  // The compiled modules lie beside this file's; the page and its style sheet are not compiled and stay in src.
  for (const folder of [COMPILED, SOURCES]) {
    router.use(
      "/viewer",
      express.static(fileURLToPath(folder), { index: false, cacheControl: false, setHeaders: checkAgain }),
    );
  }
  return router;
}

/** The page itself. Its URLs are relative, so below a mount path without a slash at its end it first sends the browser there. */
export const viewerPage: RequestHandler = async (request, response) => {
  const [path = "/"] = request.originalUrl.split("?");
  if (!path.endsWith("/")) {
    const query = queryOf(request).toString();
    response.redirect(307, `./${basename(path)}/${query === "" ? "" : `?${query}`}`);
    return;
  }
  const [html, version] = await Promise.all([readPage(), mapLibreVersion()]);
  const page = html.replaceAll("{{maplibre}}", version);
  allowPage(response, page);
  response.set("Cache-Control", "no-cache").type("html").send(page);
};

const COMPILED = new URL("../../viewer/", import.meta.url);
const SOURCES = new URL("../../../../src/viewer/", import.meta.url);

const VENDOR_FILES: ReadonlyMap<string, string> = new Map([
  ["maplibre-gl.mjs", "text/javascript; charset=utf-8"],
  ["maplibre-gl-worker.mjs", "text/javascript; charset=utf-8"],
  ["maplibre-gl.css", "text/css; charset=utf-8"],
]);

const vendorParams = z.object({ version: z.string(), file: z.string() });

interface PackedFile {
  readonly plain: Uint8Array;
  readonly gzipped: Uint8Array;
  readonly etag: string;
}

async function packFile(path: string): Promise<PackedFile> {
  const plain = await readFile(path);
  const etag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
  return { plain, gzipped: await promisify(gzip)(plain), etag };
}

function sendPacked(
  response: Response,
  sent: { readonly file: PackedFile; readonly type: string; readonly gzipped: boolean },
): void {
  const { file, type, gzipped } = sent;
  response
    .set({ "Cache-Control": "public, max-age=31536000, immutable", ETag: file.etag })
    .vary("Accept-Encoding")
    .type(type);
  if (gzipped) response.set("Content-Encoding", "gzip");
  response.send(Buffer.from(gzipped ? file.gzipped : file.plain));
}

async function mapLibreVersion(): Promise<string> {
  const text = await readFile(fileURLToPath(import.meta.resolve("maplibre-gl/package.json")), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

async function readPage(): Promise<string> {
  const place = (folder: URL): string => fileURLToPath(new URL("index.html", folder));
  return readFile(place(COMPILED), "utf8").catch(() => readFile(place(SOURCES), "utf8"));
}

function checkAgain(response: { setHeader(name: string, value: string): unknown }): void {
  response.setHeader("Cache-Control", "no-cache");
}

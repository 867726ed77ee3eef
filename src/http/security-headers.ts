import { createHash } from "node:crypto";
import type { RequestHandler, Response } from "express";

/**
 * What every answer says to browsers: its type is what it says, nothing in it runs, only these pages may frame it. Pages that run scripts
 * of ours widen it with `allowPage`.
 */
export function securityHeaders(frameAncestors: readonly string[]): RequestHandler {
  const frames = frameAncestors.length === 0 ? "'none'" : frameAncestors.join(" ");
  return (_request, response, next) => {
    response.locals[KEY] = frames;
    response.set({
      "X-Content-Type-Options": "nosniff",
      "Content-Security-Policy": `default-src 'none'; frame-ancestors ${frames}`,
      "Referrer-Policy": "strict-origin-when-cross-origin",
      "Cross-Origin-Resource-Policy": "cross-origin",
    });
    next();
  };
}

const KEY = "tectileFrames";

/**
 * A page of ours: its own scripts, workers and pictures, the inline scripts of exactly this text, and pictures from the origins where its
 * basemap lies.
 */
export function allowPage(response: Response, html: string, origins: readonly string[]): void {
  const inline = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
  );
  const rules = [
    "default-src 'none'",
    `script-src 'self' ${inline.join(" ")}`.trim(),
    // MapLibre starts its workers from blobs where modules can't be.
    "worker-src 'self' blob:",
    "child-src blob:",
    "style-src 'self' 'unsafe-inline'",
    ["img-src 'self' data: blob:", ...origins].join(" "),
    "media-src blob:",
    "font-src 'self'",
    // MapLibre fetches the pictures that it draws.
    ["connect-src 'self' data: blob:", ...origins].join(" "),
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${framesOf(response)}`,
  ];
  response.set("Content-Security-Policy", rules.join("; "));
}

function framesOf(response: Response): string {
  const frames: unknown = response.locals[KEY];
  return typeof frames === "string" ? frames : "'self'";
}

/** Types that browsers show without running anything in them. */
const HARMLESS =
  /^(?:image\/(?:tiff|png|jpeg|webp|gif|avif|jp2|jxl|vnd\.stac\.geotiff)|application\/(?:json|geo\+json|schema\+json|x-binary|x-hdf5|x-hdf|vnd\.[\w.+-]*tec[\w.+-]*)|text\/(?:plain|csv)|video\/(?:mp4|webm))(?:\s*;|$)/i;

/** A file of a catalog, whose type and content somebody else decided: what a browser might run becomes a download. */
export function fileHeaders(type: string | undefined, name: string): Readonly<Record<string, string>> {
  const stated = type?.trim() ?? "";
  const sound = /^[\w.+-]+\/[\w.+-]+(?:\s*;[\x20-\x7e]*)?$/.test(stated) ? stated : "application/octet-stream";
  const safeName = name.replaceAll(/[^\w.-]/g, "_").slice(-100);
  return {
    "Content-Type": sound,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    ...(HARMLESS.test(sound) ? {} : { "Content-Disposition": `attachment; filename="${safeName}"` }),
  };
}

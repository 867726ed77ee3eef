import compression from "compression";
import type { RequestHandler } from "express";

const TEXT = /^(?:text\/|application\/(?:[\w.+-]*json|javascript|xml|[\w.-]+\+xml)\b)/;

/**
 * Compresses text (JSON, pages, scripts, style sheets, XML) of 1 kB and more; images and arrays go as they are.
 *
 * So does what has a strong ETag, which stands for bytes, and a part of a file, whose range counts the file's own bytes.
 */
const compressed = compression({
  filter(request, response) {
    const etag = response.getHeader("ETag");
    if (typeof etag === "string" && !etag.startsWith("W/")) return false;
    // A 304 has no type left but must vary like the answer that it stands for; strong ETags, as tiles have them, came to nothing above.
    if (response.statusCode === 304) response.vary("Accept-Encoding");
    return request.headers.range === undefined && TEXT.test(String(response.getHeader("Content-Type") ?? ""));
  },
});

/** The same; "*" of Accept-Encoding is taken for gzip, since who sends it (urllib3 without its brotli) may know no brotli. */
export const compress: RequestHandler = (request, response, next) => {
  const accepted = request.headers["accept-encoding"];
  if (accepted?.includes("*") === true)
    request.headers["accept-encoding"] = accepted.replace(/\*(?!\s*;\s*q=0(\.0*)?\s*(,|$))/g, "gzip");
  compressed(request, response, next);
};

import compression from "compression";

const TEXT = /^(?:text\/|application\/(?:[\w.+-]*json|javascript|xml|[\w.-]+\+xml)\b)/;

/**
 * Compresses text (JSON, pages, scripts, style sheets, XML) of 1 kB and more; images and arrays go as they are.
 *
 * So does what has a strong ETag, which stands for bytes, and a part of a file, whose range counts the file's own bytes.
 */
export const compress = compression({
  filter(request, response) {
    const etag = response.getHeader("ETag");
    if (typeof etag === "string" && !etag.startsWith("W/")) return false;
    // A 304 has no type left but must vary like the answer that it stands for; strong ETags, as tiles have them, came to nothing above.
    if (response.statusCode === 304) response.vary("Accept-Encoding");
    return request.headers.range === undefined && TEXT.test(String(response.getHeader("Content-Type") ?? ""));
  },
});

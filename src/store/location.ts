import { dirname, isAbsolute, resolve, win32 } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidRequestError } from "../core/errors.js";
import { printable } from "../core/printable.js";

export type Location =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "http"; readonly url: URL }
  | { readonly kind: "other"; readonly scheme: string };

/** What a string points to. A scheme has two letters or more, so that C:\x is a path. */
export function parseLocation(location: string): Location {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: "file", path: location };
  if (scheme === "file") return { kind: "file", path: fileURLToPath(parseUrl(location)) };
  if (scheme === "http" || scheme === "https") return { kind: "http", url: parseUrl(location) };
  return { kind: "other", scheme };
}

/** Lower case, without the colon; "file" for a plain path. */
export function schemeOf(location: string): string {
  const parsed = parseLocation(location);
  if (parsed.kind === "other") return parsed.scheme;
  return parsed.kind === "http" ? parsed.url.protocol.slice(0, -1) : "file";
}

/** True for everything but paths and file: URLs. */
export function isRemote(location: string): boolean {
  return parseLocation(location).kind !== "file";
}

/** True for http: and https: URLs. */
export function isHttpUrl(location: string): boolean {
  return parseLocation(location).kind === "http";
}

/** A STAC href against the document that holds it: absolute paths and URLs stay, relative ones hang on the document's folder. */
export function resolveHref(base: string, href: string): string {
  if (parseLocation(href).kind !== "file" || href.startsWith("file:")) return href;
  const document = parseLocation(base);
  if (document.kind === "http") return new URL(href, document.url).href;
  if (document.kind === "other") return new URL(href, base).href;
  if (isAbsolute(href)) return href;
  return resolve(document.kind === "file" ? dirname(document.path) : ".", href);
}

/**
 * Whether a file at `base` may make its reader open `href`: a local file only by a relative path, without any scheme or drive; a remote
 * one only on its own scheme and host (of s3: the bucket). Files come from anywhere; the reader's disk and network aren't theirs.
 */
export function mayLeanOn(base: string, href: string): boolean {
  if (!isRemote(base)) return !/^[a-z][a-z0-9+.-]*:/i.test(href) && !win32.isAbsolute(href);
  try {
    const [from, to] = [new URL(base), new URL(resolveHref(base, href))];
    return to.protocol === from.protocol && to.host === from.host;
  } catch {
    return false;
  }
}

/** The last path segment, decoded, without query: "B02.tif". */
export function fileNameOf(location: string): string {
  return segmentsOf(location).at(-1) ?? "";
}

/** For messages: the last two path segments, without host, query or credentials: "2020-01-13/B02.tif". */
export function shortLocation(location: string): string {
  const short = printable(segmentsOf(location).slice(-2).join("/"));
  return short === "" ? "/" : short;
}

function segmentsOf(location: string): readonly string[] {
  const parsed = parseLocation(location);
  if (parsed.kind === "file") return parsed.path.split(/[/\\]/).filter((segment) => segment !== "" && segment !== ".");
  const path =
    parsed.kind === "http" ? parsed.url.pathname : location.replace(/^[^:]+:\/*/, "").replace(/[?#].*$/s, "");
  return path
    .split("/")
    .filter((segment) => segment !== "")
    .map(decodeSegment);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw new InvalidRequestError(`"${text.slice(0, 80)}" is not a URL`, { cause });
  }
}

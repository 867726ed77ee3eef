import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { RequestHandler } from "express";
import type { Config } from "../../app/config.js";
import { NotFoundError } from "../../core/errors.js";
import { pageFile, readPage } from "../page-files.js";
import { wholeQueryOf } from "../params.js";
import type { RouteGroup } from "../route.js";
import { allowPage } from "../security-headers.js";
import { param } from "./tiles.js";

/** What the page at "/" loads, under /viewer: files that scripts/build.mjs has named by their content, so that browsers keep them for a year. */
export const VIEWER_ROUTES: RouteGroup<unknown> = {
  title: "Viewer",
  routes: [
    {
      method: "get",
      paths: ["/viewer/{file}"],
      summary: "A file of the viewer",
      types: ["*/*"],
      handle: () => sendFile,
    },
  ],
};

const sendFile: RequestHandler = async (request, response) => {
  const file = param(request, "file");
  const type = TYPES.get(/\.\w+$/.exec(file)?.[0] ?? "");
  if (type === undefined || !/^[\w-]+-[A-Z0-9]{8}\.\w+$/.test(file))
    throw new NotFoundError(`${request.path.slice(0, 100)} isn't a file of the viewer`);
  const packed = PACKED.find(({ encoding }) => request.acceptsEncodings(encoding) === encoding);
  const bytes = await readFile(pageFile(`${file}${packed?.extension ?? ""}`)).catch(() => {
    throw new NotFoundError(`${request.path.slice(0, 100)} isn't a file of this version's viewer`);
  });
  response
    .set({ "Cache-Control": "public, max-age=31536000, immutable", ETag: `"${file}${packed?.extension ?? ""}"` })
    .vary("Accept-Encoding")
    .type(type);
  if (packed !== undefined) response.set("Content-Encoding", packed.encoding);
  response.send(bytes);
};

/** The page itself. Its URLs are relative, so below a mount path without a slash at its end it first sends the browser there. */
export function viewerPage({ basemap }: Pick<Config, "basemap">): RequestHandler {
  const elsewhere = basemap === undefined ? [] : [new URL(basemap.url.replaceAll(/[{}]/g, "")).origin];
  return async (request, response) => {
    const [path = "/"] = request.originalUrl.split("?");
    if (!path.endsWith("/")) {
      const query = wholeQueryOf(request).toString();
      response.redirect(307, `./${basename(path)}/${query === "" ? "" : `?${query}`}`);
      return;
    }
    const page = await readPage("index.html");
    allowPage(response, page, elsewhere);
    response.set("Cache-Control", "no-cache").type("html").send(page);
  };
}

const TYPES: ReadonlyMap<string, string> = new Map([
  [".js", "text/javascript; charset=utf-8"],
  [".json", "application/json; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
]);

/** What the build has packed beside each file, the smallest first. */
const PACKED = [
  { encoding: "br", extension: ".br" },
  { encoding: "gzip", extension: ".gz" },
] as const;

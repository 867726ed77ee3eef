import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { RequestHandler } from "express";
import type { Services } from "../../app/services.js";
import type { OpenContainer } from "../../tile/chunk-reader.js";
import { openItem } from "../../tile/open-item.js";
import { withTokens } from "../../tile/tokens.js";
import { isVirtualAsset, virtualAsset } from "../../app/virtual-assets.js";
import type { CatalogItem } from "../../catalog/types.js";
import { parseLocation } from "../../store/location.js";
import { sendRanges } from "../byte-ranges.js";
import { QUALITY, queryOf } from "../params.js";
import type { RouteGroup } from "../route.js";
import { cacheControlOf } from "../cache-control.js";
import { requestSignal } from "../signal.js";
import { COG_MEDIA_TYPE } from "../virtual-asset-documents.js";
import { param, withItem } from "./tiles.js";

/** Bytes of virtual COGs differ between these: raise it when layout or decoding changes. */
const LAYOUT_VERSION = 1;

/** Every band of an item, its true colour and its masks, as Cloud Optimized GeoTIFFs that are decoded as they are read. */
export const VIRTUAL_ASSET_ROUTES: RouteGroup<Services> = {
  title: "Files",
  routes: [
    {
      method: "get",
      paths: ["/collections/{collection}/items/{item}/assets/{name}.tif"],
      summary: "A band, true colour or mask of an item as a Cloud Optimized GeoTIFF, by byte ranges",
      parameters: [QUALITY],
      types: [COG_MEDIA_TYPE],
      handle: sendVirtualAsset,
    },
  ],
};

function sendVirtualAsset(services: Services): RequestHandler {
  return async (request, response, next) => {
    const name = param(request, "name");
    if (!isVirtualAsset(name)) return next("route");
    const signal = requestSignal(request, response);
    const tokens = QUALITY.of(queryOf(request));
    await withItem(request, services, async (item) => {
      // A file of that name which somebody put there goes first.
      if (Object.hasOwn(item.assetHrefs, `${name}.tif`)) return next("route");
      const opened = await openItem(item, services.reader, signal);
      const asset = virtualAsset(tokens === undefined ? opened : withTokens(opened, tokens), name, services);
      const file = {
        bytes: asset.cog.fileBytes,
        mediaType: COG_MEDIA_TYPE,
        etag: etagOf(item, [name, tokens ?? "all"]),
        lastModified: await modifiedAt(item, opened),
        cacheControl: cacheControlOf(services.config),
        read: (from: number, to: number) => asset.read(from, to, signal),
      };
      await sendRanges(file, request, response, (bytes, job) =>
        services.drawing.hold(bytes + asset.decodingBytes, job, signal),
      );
    });
  };
}

/** Changes when the item, its file or those that it leans on do. */
function etagOf(item: CatalogItem, parts: readonly (string | number)[]): string {
  const identity = JSON.stringify([
    LAYOUT_VERSION,
    item.collection,
    item.id,
    item.checksum,
    item.modelSha256,
    ...parts,
  ]);
  return `"${createHash("sha256").update(identity).digest("base64url").slice(0, 27)}"`;
}

/** Of an open file: one that is replaced is opened anew. */
const writtenAt = new WeakMap<OpenContainer, Date>();

/** When the item's file was written; of a file at a URL, what the item says. */
async function modifiedAt({ href, json }: CatalogItem, opened: OpenContainer): Promise<Date | undefined> {
  const location = parseLocation(href);
  if (location.kind === "file") {
    const known = writtenAt.get(opened) ?? new Date(Math.floor((await stat(location.path)).mtimeMs / 1000) * 1000);
    writtenAt.set(opened, known);
    return known;
  }
  const { updated } = json["properties"] as { readonly updated?: unknown };
  const at = new Date(typeof updated === "string" ? updated : Number.NaN);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
